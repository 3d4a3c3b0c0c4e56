"""What is made of a geocoder's answer."""

from datetime import UTC, datetime, timedelta

import pytest

from rules.geo import Place
from rules.geocoding import (
    Exactness,
    Found,
    Provider,
    cache_key,
    expires_at,
    normalised,
    spots,
)

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TVER = Place(
    "Тверь", "Tver", "Тверская область", "Tver Oblast", 56.86, 35.9, 400_000, "Europe/Moscow"
)
HOUSE = Found("Тверь, Садовая улица, 5", 56.8601, 35.9012, Exactness.HOUSE, "ru")
STREET = Found("Тверь, Советская улица", 56.8589, 35.912, Exactness.STREET, "ru")
PIECE = Found("Тверь, Советская улица, у реки", 56.859, 35.913, Exactness.STREET, "ru")
TOWN = Found("Тверь", 56.86, 35.9, Exactness.TOWN, "ru")
ELSEWHERE = Found("Клин, Садовая улица, 5", 56.33, 36.73, Exactness.HOUSE, "ru")
NOWHERE = Found("Нигде", 0.0, 0.0, Exactness.HOUSE)


def nearest(latitude: float, longitude: float) -> tuple[Place, float]:
    return TVER, 0.0 if longitude == 35.9012 else 3.0


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Тверь, ул. Садовая, 5", "  тверь ул садовая 5 ", True),
        ("Берёзовка", "БЕРЕЗОВКА", True),
        ("Садовая 1/2", "Садовая 12", False),
        ("Садовая 5-а", "Садовая 5а", False),
        ("Садовая 5", "Садовая 6", False),
    ],
)
def test_an_address_written_another_way_is_the_same_address(
    one: str, other: str, is_same: bool
) -> None:
    assert (normalised(one) == normalised(other)) is is_same


def test_a_kept_answer_is_found_by_provider_language_and_text_and_names_none_of_them() -> None:
    keys = {
        cache_key(provider, language, text)
        for provider in Provider
        for language in ("ru", "en")
        for text in ("Тверь", "Клин")
    }

    assert len(keys) == 8
    assert all(len(key) == 64 and set(key) <= set("0123456789abcdef") for key in keys)


@pytest.mark.parametrize(
    ("provider", "is_found", "kept"),
    [
        (Provider.YANDEX, True, timedelta(days=30)),
        (Provider.NOMINATIM, True, None),
        (Provider.YANDEX, False, timedelta(minutes=10)),
        (Provider.NOMINATIM, False, timedelta(minutes=10)),
    ],
)
def test_answers_are_kept_as_long_as_the_provider_lets_us(
    provider: Provider, is_found: bool, kept: timedelta | None
) -> None:
    until = expires_at(provider, is_found=is_found, now=NOW)

    assert until == (None if kept is None else NOW + kept)


@pytest.mark.parametrize(
    ("found", "towns", "shown"),
    [
        ((HOUSE,), (TVER,), [HOUSE]),
        ((), (TVER,), []),
        # Our own table knows the town; the geocoder has nothing better.
        ((TOWN,), (TVER,), []),
        ((TOWN,), (), [TOWN]),
        ((TOWN, HOUSE), (), [HOUSE]),
        # The same name in another town is not meant, if it is in this one, too.
        ((ELSEWHERE, HOUSE), (TVER,), [HOUSE]),
        ((ELSEWHERE,), (TVER,), [ELSEWHERE]),
        ((ELSEWHERE, HOUSE), (), [ELSEWHERE, HOUSE]),
        ((HOUSE, HOUSE), (), [HOUSE]),
        # A long street comes in pieces.
        ((STREET, PIECE), (), [STREET]),
        ((NOWHERE,), (), []),
    ],
)
def test_what_of_an_answer_is_worth_showing(
    found: tuple[Found, ...], towns: tuple[Place, ...], shown: list[Found]
) -> None:
    assert [one.found for one in spots(found, towns, nearest)] == shown


def test_what_is_far_from_everything_or_abroad_is_doubtful() -> None:
    [near] = spots((HOUSE,), (), nearest)
    [abroad] = spots((Found("Минск", 53.9, 27.56, Exactness.HOUSE, "by"),), (), nearest)
    [at_sea] = spots((HOUSE,), (), lambda *_: (TVER, 400.0))

    assert [one.is_doubtful for one in (near, abroad, at_sea)] == [False, True, True]
