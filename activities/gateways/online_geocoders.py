"""Geocoders on the network through geopy: Nominatim and Yandex, one question, one honest answer.

No address leaves by an error or a log: geopy writes the whole question, key included, into both.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from geopy import exc
from geopy.adapters import URLLibAdapter
from geopy.geocoders import Nominatim, Yandex
from geopy.location import Location

from activities.ports import AddressRefused, GeocoderDown, GeocoderThrottled, GeocoderUnusable
from rules.geocoding import LABEL_CHARACTERS_MAX, Exactness, Found, Provider

USER_AGENT = "DrillFlow/0.1 (address search of a marketplace for well drilling)"
"""Public Nominatim refuses whoever does not say who he is."""
ANSWER_SECONDS = 5.0
ASKED_MAX = 8

_HOSTS = {
    Provider.NOMINATIM: "https://nominatim.openstreetmap.org",
    Provider.YANDEX: "https://geocode-maps.yandex.ru",
}
_YANDEX_LANGUAGE = {"ru": "ru_RU", "en": "en_RU"}
_NEVER_RETRIED = (
    exc.GeocoderAuthenticationFailure,
    exc.GeocoderInsufficientPrivileges,
    exc.GeocoderParseError,
    exc.ConfigurationError,
)
# An answer of another shape than the geocoder's own.
_STRANGE = (KeyError, TypeError, ValueError, AttributeError, IndexError)
_SETTLEMENTS = ("city", "town", "village", "hamlet", "isolated_dwelling")
_WITHIN = ("suburb", "road", "house_number", "state")
_YANDEX_HOUSES = ("house", "entrance")
_YANDEX_STREETS = ("street", "vegetation", "metro", "route", "railway_station")
_YANDEX_HOUSE_PRECISION = ("exact", "number", "near")

Ask = Callable[[str, str], list[Location] | None]


class OnlineGeocoder:
    """One provider; synchronous, keeps nothing between calls, so threads may share it."""

    def __init__(
        self,
        provider: Provider,
        *,
        url: str | None = None,
        key: str = "",
        seconds: float = ANSWER_SECONDS,
    ) -> None:
        """`url` is another server of that provider, `seconds` the longest wait for an answer."""
        # Its debug lines hold the address, and Yandex's the key.
        logging.getLogger("geopy").setLevel(logging.CRITICAL)
        self.provider = provider
        where = urlsplit(url or _HOSTS[provider])
        # geopy would otherwise take a proxy from the environment even for a server of our own.
        common: dict[str, Any] = {
            "scheme": where.scheme,
            "domain": f"{where.netloc}{where.path}".rstrip("/"),
            "user_agent": USER_AGENT,
            "timeout": seconds,
            "adapter_factory": URLLibAdapter,
        }
        if where.scheme == "http":
            common["proxies"] = {}
        self._ask = _nominatim(common) if provider is Provider.NOMINATIM else _yandex(common, key)
        self._read = _READERS[provider]

    def find(self, text: str, language: str) -> tuple[Found, ...]:
        """Everything that the text may mean, the best first; empty when nothing is known.

        Raises:
            GeocoderDown: No answer in time, or a fault of the server.
            GeocoderThrottled: Too many questions; with the wait that was asked for.
            GeocoderUnusable: A wrong key, or answers that cannot be read.
            AddressRefused: This text is refused; another may be answered.
        """
        try:
            locations = self._ask(text, language) or []
            return tuple(self._read(one) for one in locations[:ASKED_MAX])
        except exc.GeopyError as error:
            mapped = _mapped(error)
        except _STRANGE as error:
            mapped = GeocoderUnusable(type(error).__name__)
        # Outside of the handler: the original carries the question in its words.
        raise mapped


def _mapped(error: exc.GeopyError) -> Exception:
    kind = type(error).__name__
    if isinstance(error, exc.GeocoderQuotaExceeded):
        return GeocoderThrottled(getattr(error, "retry_after", None))
    if isinstance(error, _NEVER_RETRIED):
        return GeocoderUnusable(kind)
    if isinstance(error, exc.GeocoderQueryError):
        return AddressRefused(kind)
    return GeocoderDown(kind)


def _nominatim(common: Mapping[str, Any]) -> Ask:
    geocoder = Nominatim(**common)

    def ask(text: str, language: str) -> list[Location] | None:
        found: list[Location] | None = geocoder.geocode(
            text, exactly_one=False, limit=ASKED_MAX, addressdetails=True, language=language
        )
        return found

    return ask


def _yandex(common: Mapping[str, Any], key: str) -> Ask:
    geocoder = Yandex(key, **common)

    def ask(text: str, language: str) -> list[Location] | None:
        lang = _YANDEX_LANGUAGE.get(language)
        found: list[Location] | None = geocoder.geocode(text, exactly_one=False, lang=lang)
        return found

    return ask


def _read_nominatim(one: Location) -> Found:
    address: Mapping[str, Any] = one.raw.get("address") or {}
    if "house_number" in address:
        exactness = Exactness.HOUSE
    elif "road" in address or one.raw.get("class") in ("highway", "building", "amenity"):
        exactness = Exactness.STREET
    else:
        exactness = Exactness.TOWN
    return _found(one, exactness, address.get("country_code"), _short(address))


def _short(address: Mapping[str, Any]) -> str:
    """Its own label names the post office and the federal district, too."""
    town = next((str(address[kind]) for kind in _SETTLEMENTS if address.get(kind)), "")
    parts = (town, *(str(address.get(kind) or "") for kind in _WITHIN))
    return ", ".join(part for part in parts if part) if town else ""


def _read_yandex(one: Location) -> Found:
    told: Mapping[str, Any] = one.raw["metaDataProperty"]["GeocoderMetaData"]
    kind, precision = told.get("kind"), told.get("precision")
    if kind in _YANDEX_HOUSES:
        sure = precision in _YANDEX_HOUSE_PRECISION
        exactness = Exactness.HOUSE if sure else Exactness.STREET
    else:
        exactness = Exactness.STREET if kind in _YANDEX_STREETS else Exactness.TOWN
    return _found(one, exactness, (told.get("Address") or {}).get("country_code"))


def _found(one: Location, exactness: Exactness, country: object, short: str = "") -> Found:
    code = country.lower()[:2] if isinstance(country, str) else ""
    label = (short or str(one.address or ""))[:LABEL_CHARACTERS_MAX]
    return Found(label, float(one.latitude), float(one.longitude), exactness, code)


_READERS: Mapping[Provider, Callable[[Location], Found]] = {
    Provider.NOMINATIM: _read_nominatim,
    Provider.YANDEX: _read_yandex,
}
