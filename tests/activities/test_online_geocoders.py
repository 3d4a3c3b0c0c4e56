"""Both geocoders through geopy against the simulator: answers, faults, and nothing told of them."""

import json
import logging
import traceback
from collections.abc import Iterator

import pytest

from activities.gateways.online_geocoders import USER_AGENT, OnlineGeocoder
from activities.ports import AddressRefused, GeocoderDown, GeocoderThrottled, GeocoderUnusable
from local.simulators.geocoder.server import KEY, Fault, GeocoderSimulator, simulating
from rules.geocoding import Exactness, Provider

BOTH = pytest.mark.parametrize("provider", tuple(Provider))
SECRET_STREET = "Тверь, Канареечная улица, 77"


@pytest.fixture(scope="module")
def running() -> Iterator[GeocoderSimulator]:
    with simulating() as simulator:
        yield simulator


@pytest.fixture
def simulator(running: GeocoderSimulator) -> Iterator[GeocoderSimulator]:
    yield running
    running.fault = None


def geocoder(
    simulator: GeocoderSimulator, provider: Provider, *, key: str = KEY, seconds: float = 10.0
) -> OnlineGeocoder:
    return OnlineGeocoder(provider, url=simulator.url, key=key, seconds=seconds)


@BOTH
def test_a_house_a_street_a_village_and_nothing(
    simulator: GeocoderSimulator, provider: Provider
) -> None:
    ours = geocoder(simulator, provider)

    [house] = ours.find("Тверь, ул. Садовая 5", "ru")
    [street] = ours.find("Тверь, Советская улица", "ru")
    [village] = ours.find("деревня Канарейкино".removeprefix("деревня "), "ru")

    assert (house.label, house.exactness) == ("Тверь, Садовая улица, 5", Exactness.HOUSE)
    assert (house.latitude, house.longitude, house.country) == (56.8601, 35.9012, "ru")
    assert [street.exactness, village.exactness] == [Exactness.STREET, Exactness.TOWN]
    assert ours.find("Нигдеево", "en") == ()
    assert len(ours.find("Тверь, Луговая 1", "ru")) == 2
    assert simulator.agents[-1] == USER_AGENT


@BOTH
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(500), GeocoderDown),
        (Fault(502), GeocoderDown),
        (Fault(503), GeocoderDown),
        (Fault(drop=True), GeocoderDown),
        (Fault(429), GeocoderThrottled),
        (Fault(400), AddressRefused),
        (Fault(401), GeocoderUnusable),
        (Fault(403, SECRET_STREET), GeocoderUnusable),
        (Fault(body='{"broken": '), GeocoderUnusable),
        (Fault(body=SECRET_STREET), GeocoderUnusable),
        (Fault(body=json.dumps({"an": ["other", "shape"]})), GeocoderUnusable),
        (Fault(body=json.dumps([["other"]])), GeocoderUnusable),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_each_fault_says_what_may_be_done_next_and_nothing_of_the_address(
    simulator: GeocoderSimulator,
    provider: Provider,
    fault: Fault,
    expected: type[Exception],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    simulator.fault = fault

    with pytest.raises(expected) as raised:
        geocoder(simulator, provider).find(SECRET_STREET, "ru")

    told = "".join(traceback.format_exception(raised.value)) + caplog.text
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    assert not [word for word in ("Канареечная", "%D0%9A", KEY) if word in told]


@BOTH
def test_a_pause_that_is_asked_for_is_passed_on(
    simulator: GeocoderSimulator, provider: Provider
) -> None:
    simulator.fault = Fault(429, headers={"Retry-After": "17"})

    with pytest.raises(GeocoderThrottled) as raised:
        geocoder(simulator, provider).find("Тверь", "ru")

    assert raised.value.retry_after_seconds == 17


@BOTH
def test_a_slow_geocoder_is_down(simulator: GeocoderSimulator, provider: Provider) -> None:
    simulator.fault = Fault(seconds=600)

    with pytest.raises(GeocoderDown):
        geocoder(simulator, provider, seconds=0.2).find("Тверь", "ru")


def test_nobody_listening_is_down_and_a_wrong_key_is_unusable(
    simulator: GeocoderSimulator,
) -> None:
    nobody = OnlineGeocoder(Provider.NOMINATIM, url="http://127.0.0.1:9", seconds=5)
    with pytest.raises(GeocoderDown):
        nobody.find("Тверь", "ru")

    with pytest.raises(GeocoderUnusable):
        geocoder(simulator, Provider.YANDEX, key="wrong").find("Тверь", "ru")
