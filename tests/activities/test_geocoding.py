"""Questions to a geocoder: what is kept, for how long, and an hour without any answer."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from temporalio.exceptions import ApplicationError

from activities.gateways.online_geocoders import OnlineGeocoder
from activities.geocoding import ATTEMPTS_MAX, Answered, GeocodingActivities
from activities.geocoding_book import AddressBook
from local.simulators.geocoder.server import KEY, Fault, GeocoderSimulator, simulating
from models.database import Database
from rules.geocoding import Found, Provider
from tests.activities.conftest import Books
from tests.factories import NOON, at
from workflows.geocoding_door import Addresses

STREET = "Тверь, Садовая 5"
DOWN = Fault(500)


@dataclass
class Search:
    """The door to addresses on a clock that is moved by hand; activities run in this process."""

    database: Database
    simulator: GeocoderSimulator
    provider: Provider = Provider.NOMINATIM
    now: datetime = NOON
    raised: list[ApplicationError] = field(default_factory=list)
    attempts: int = 1

    def __post_init__(self) -> None:
        geocoder = OnlineGeocoder(self.provider, url=self.simulator.url, key=KEY, seconds=10)
        self.activities = GeocodingActivities(self.database, geocoder)
        self.book = AddressBook(self.database, self.provider)

    async def ask(self, question: str, attempt: int = 1) -> Answered:
        """One attempt of the activity."""
        environment = at(self.now)
        environment.info = replace(environment.info, attempt=attempt)
        return await environment.run(self.activities.ask_geocoder, question)

    async def _asked(self, question: str) -> None:
        for attempt in range(1, self.attempts + 1):
            try:
                await self.ask(question, attempt)
                return
            except ApplicationError as error:
                self.raised.append(error)

    async def find(self, text: str = STREET) -> tuple[Found, ...]:
        return await Addresses(self.book, self._asked).find(text, "ru", self.now)

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    @property
    def asked(self) -> int:
        """How many questions the geocoder has got."""
        return len(self.simulator.asked)


@pytest.fixture
def simulator() -> Iterator[GeocoderSimulator]:
    with simulating() as running:
        yield running


@pytest.fixture
def search(database: Database, simulator: GeocoderSimulator) -> Search:
    return Search(database, simulator)


async def questions(books: Books) -> list[dict[str, Any]]:
    return await books.rows("SELECT * FROM geocoding_requests")


async def test_an_answer_is_kept_and_the_address_is_not(
    search: Search, books: Books, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    [found] = await search.find()
    again = await search.find("  ТВЕРЬ, Садовая   5.")

    assert again == (found,)
    assert found.label == "Тверь, Садовая улица, 5"
    assert search.asked == 1
    assert await questions(books) == []
    [kept] = await books.rows("SELECT * FROM geocoding_answers")
    assert STREET not in str(kept)
    said = "\n".join(f"{one.getMessage()} {vars(one)}" for one in caplog.records)
    spelled = (STREET, "Садовая", found.label, quote("Садовая"), quote_plus(STREET))
    assert not [word for word in spelled if word in said], "nor is it logged on its way"


async def test_the_activity_run_twice_asks_and_writes_once(search: Search, books: Books) -> None:
    question = await search.book.question(STREET, "ru", search.now)
    same = await search.book.question(STREET, "ru", search.now)
    assert question is not None
    assert same == question, "two people who ask the same share one question"

    await search.ask(question)
    before = await books.rows("SELECT * FROM geocoding_answers")
    await search.ask(question)

    assert search.asked == 1
    assert await books.rows("SELECT * FROM geocoding_answers") == before


@pytest.mark.parametrize(
    ("provider", "text", "kept_for"),
    [
        (Provider.NOMINATIM, "Нигдеево", timedelta(minutes=10)),
        (Provider.YANDEX, STREET, timedelta(days=30)),
        (Provider.NOMINATIM, STREET, None),
    ],
)
async def test_answers_expire_as_their_provider_says(
    search: Search, provider: Provider, text: str, kept_for: timedelta | None
) -> None:
    search.provider = provider
    search.__post_init__()
    await search.find(text)
    for moment in (timedelta(seconds=1), (kept_for or timedelta(days=2000)) / 2):
        search.now = NOON + moment
        await search.find(text)
    assert search.asked == 1

    if kept_for is not None:
        search.now = NOON + kept_for
        await search.find(text)
        assert search.asked == 2


async def test_an_hour_without_answers_costs_five_failures_and_a_probe_a_minute(
    search: Search, simulator: GeocoderSimulator, books: Books
) -> None:
    [kept] = await search.find()
    simulator.asked.clear()
    simulator.fault = DOWN

    for second in range(0, 3600, 10):
        search.now = NOON + timedelta(seconds=second)
        # Different people with different addresses; nobody sees a failure.
        assert await search.find(f"Тверь, Новая {second}") == ()
        if second == 40:
            assert search.asked == 5, "five failures open it"
        if second in (50, 90):
            assert search.asked == 5, "then it is left alone for a minute"
    assert await search.find() == (kept,), "what is kept is found all the same"
    assert search.asked == 5 + (3600 - 50) // 60, "one probe a minute"
    assert await books.value("SELECT opened_at FROM geocoder_health") == NOON + timedelta(
        seconds=40
    )

    simulator.fault = None
    search.later(seconds=60)
    assert len(await search.find("Тверь, Советская улица")) == 1, "a probe closes it"
    assert len(await search.find("Тверь, Луговая 1")) == 2, "and everybody may ask"
    assert await books.value("SELECT opened_at FROM geocoder_health") is None


async def test_while_it_is_open_only_one_is_let_through(
    search: Search, simulator: GeocoderSimulator
) -> None:
    simulator.fault = DOWN
    first = [await search.book.question(f"Тверь {one}", "ru", search.now) for one in range(9)]
    for one in first[:5]:
        with suppress(ApplicationError):
            await search.ask(str(one))
    assert await search.ask(str(first[5])) is Answered.UNAVAILABLE
    search.later(seconds=61)
    for one in first[6:]:
        assert await search.ask(str(one)) is Answered.UNAVAILABLE

    assert search.asked == 6


async def test_a_failing_question_is_asked_again_and_then_forgotten(
    search: Search, simulator: GeocoderSimulator, books: Books
) -> None:
    simulator.fault = DOWN
    search.attempts = ATTEMPTS_MAX

    assert await search.find() == ()

    assert search.asked == ATTEMPTS_MAX
    assert [error.type for error in search.raised] == ["GeocoderDown"] * (ATTEMPTS_MAX - 1)
    assert not any(error.non_retryable for error in search.raised)
    assert await questions(books) == [], "the address is not left behind"


async def test_a_geocoder_that_wants_a_pause_gets_it_from_everybody(
    search: Search, simulator: GeocoderSimulator
) -> None:
    simulator.fault = Fault(429, headers={"Retry-After": "30"})
    assert await search.find() == ()
    [error] = search.raised
    assert error.next_retry_delay == timedelta(seconds=30)
    simulator.fault = None

    search.later(seconds=29)
    assert await search.find() == ()
    assert search.asked == 1
    search.later(seconds=1)
    assert len(await search.find()) == 1


async def test_a_wrong_key_is_asked_with_once_and_a_refused_text_is_remembered(
    search: Search, simulator: GeocoderSimulator, books: Books
) -> None:
    search.attempts = ATTEMPTS_MAX
    simulator.fault = Fault(401)
    question = await search.book.question(STREET, "ru", search.now)
    with pytest.raises(ApplicationError) as raised:
        await search.ask(str(question))
    assert raised.value.non_retryable
    assert await questions(books) == []

    simulator.fault = Fault(400)
    assert await search.find("Тверь ?") == ()
    assert await search.find("Тверь ?") == ()
    assert search.asked == 2


async def test_a_question_that_nobody_answered_is_forgotten_after_an_hour(
    search: Search, books: Books
) -> None:
    await search.book.question(STREET, "ru", search.now)
    search.later(hours=1, seconds=1)
    await search.book.question("Тверь, Советская", "ru", search.now)

    assert [one["text"] for one in await questions(books)] == ["Тверь, Советская"]
