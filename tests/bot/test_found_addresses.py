"""Typed addresses: what was found is confirmed, what was not becomes a town and a pin."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import pytest

from bot import order_dialogue
from bot.app import Reception, build
from bot.dialogue import Chosen, Draft, Event, Pinned, Said, Step
from bot.order_dialogue import Known
from bot.visit import Desk
from rules.geo import Place
from rules.geocoding import Exactness, Found, Spot
from tests.bot.conftest import GENEROUS, Person, Rows, RunningBot, Simulator

TODAY = date(2026, 6, 1)
TVER = Place(
    "Тверь", "Tver", "Тверская область", "Tver Oblast", 56.86, 35.9, 400_000, "Europe/Moscow"
)
KIROV = replace(TVER, name_ru="Киров", name_en="Kirov")
FOUND = Found("Тверь, Садовая улица, 5", 56.8601, 35.9012, Exactness.HOUSE, "ru")
HOUSE = Spot(FOUND, TVER, 0.5)
OTHER = Spot(replace(FOUND, label="Тверь, Садовая улица, 5а"), TVER, 0.7)
VILLAGE = Spot(replace(FOUND, label="Канарейкино", exactness=Exactness.TOWN), TVER, 30.0)
MINSK = Spot(replace(FOUND, label="Минск, улица Ленина, 1", country="by"), TVER, 700.0)
REPAIR = ("repair", "repair.pump", "pump_replace")


def chosen(value: str) -> Chosen:
    return Chosen(value, TODAY)


def after(*events: Event) -> Draft:
    draft = order_dialogue.begin("d", Known())
    for event in (*map(chosen, REPAIR), *events):
        draft = order_dialogue.advance(draft, event).draft
    return draft


def said(*spots: Spot, towns: tuple[Place, ...] = (TVER,)) -> Said:
    return Said("Тверь, Садовая 5", towns, spots)


YES, NO, SECOND = chosen("yes"), chosen("no"), chosen("1")


@pytest.mark.parametrize(
    ("events", "step", "is_address"),
    [
        ((said(HOUSE),), Step.FOUND, None),
        ((said(HOUSE), YES), Step.WISH, True),
        ((said(HOUSE), NO), Step.PIN, False),
        ((said(HOUSE, towns=(TVER, KIROV)), NO), Step.WHICH_PLACE, None),
        ((said(HOUSE, towns=()), NO), Step.PLACE, None),
        ((said(HOUSE), Pinned(56.8, 35.9, TVER, 3.0)), Step.WISH, False),
        ((said(HOUSE), said()), Step.PIN, False),
        ((said(HOUSE, OTHER),), Step.WHICH_PLACE, None),
        ((said(HOUSE, OTHER), SECOND), Step.WISH, True),
        ((said(VILLAGE, towns=()),), Step.PIN, False),
        ((said(VILLAGE, towns=()), chosen("skip")), Step.WISH, False),
        ((said(MINSK, towns=()),), Step.FAR_PIN, None),
        ((said(MINSK, towns=()), YES), Step.WISH, True),
        ((said(HOUSE, MINSK), SECOND), Step.FAR_PIN, None),
    ],
)
def test_a_found_address_is_confirmed_and_a_town_asks_for_a_pin(
    events: tuple[Event, ...], step: Step, is_address: bool | None
) -> None:
    draft = after(*events)

    assert draft.step is step
    assert draft.answers.get("is_address") is is_address
    kept = {"label", "exactness"} & set(draft.answers)
    assert not kept, "what was only said of the finding is no answer"


def test_a_confirmed_address_is_where_the_geocoder_says_and_what_the_client_typed() -> None:
    answers = after(said(HOUSE), YES).answers

    assert (answers["latitude"], answers["longitude"]) == (56.8601, 35.9012)
    assert (answers["address"], answers["town"]) == ("Тверь, Садовая 5", "Тверь")
    assert answers["exact"] is False


@dataclass
class SlowAddresses:
    """A finder that answers when it is let; counts what it was asked."""

    found: tuple[Found, ...] = (FOUND,)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[str] = field(default_factory=list)

    async def find(self, text: str, language: str, now: datetime) -> tuple[Found, ...]:
        assert language in ("ru", "en")
        assert now.tzinfo is not None
        self.asked.append(text)
        await self.may_answer.wait()
        return self.found


@pytest.fixture
def addresses() -> SlowAddresses:
    return SlowAddresses()


@pytest.fixture
async def bot(desk: Desk, addresses: SlowAddresses) -> AsyncIterator[RunningBot]:
    running = RunningBot(build(replace(desk, addresses=addresses), Reception(), GENEROUS))
    running.start()
    yield running
    await running.end()


async def at_the_place(person: Person) -> None:
    """As far as the question where the plot is."""
    await person.text("📝 Новая заявка", is_tap=True)
    for button in ("Ремонт", "Ремонт насоса", "Заменить насос"):
        await person.tap(button)
    await person.sees("Где участок?")


async def to_the_end(person: Person) -> None:
    """From the question when, to the order."""
    for button in ("Как можно скорее", "Пропустить"):
        await person.tap(button)
    await person.sees("Как с вами связаться?")
    await person.contact()
    await person.tap("📨 Отправить")
    await person.sees("принята")


REQUEST = "SELECT latitude, precision, address, town FROM order_requests"


async def test_who_waits_is_told_and_confirms_what_was_found(
    simulator: Simulator, bot: RunningBot, addresses: SlowAddresses, rows: Rows
) -> None:
    anna = await simulator.person("Анна", phone_number="+79161234567")
    await at_the_place(anna)
    await anna.text("Тверь, Садовая 5")
    await anna.sees("Ищу адрес")
    addresses.may_answer.set()
    await anna.sees("Нашли: Тверь, Садовая улица, 5")
    await anna.tap("Да, верно")
    await to_the_end(anna)

    assert addresses.asked == ["Тверь, Садовая 5"]
    assert await rows(REQUEST) == [(56.8601, "address", "Тверь, Садовая 5", "Тверь")]


async def test_without_an_answer_it_is_the_town_and_a_pin_and_a_pin_asks_nobody(
    simulator: Simulator, bot: RunningBot, addresses: SlowAddresses, rows: Rows
) -> None:
    """What an outage comes to: the finder has nothing to say."""
    addresses.found = ()
    addresses.may_answer.set()
    anna = await simulator.person("Анна", phone_number="+79161234567")
    await at_the_place(anna)
    await anna.text("Тверь, Садовая 5")
    await anna.sees("Тверь: город нашли, а участок нет")
    # The town is known; the street alone is enough now.
    await anna.text("Виноградная 77")
    await anna.sees("Не нашли такое место")
    await anna.location(56.8, 35.9)
    await to_the_end(anna)
    assert addresses.asked == ["Тверь, Садовая 5", "Тверь, Виноградная 77"]
    assert await rows(REQUEST) == [(56.8, "pin", "Тверь, Садовая 5", "Тверь")]

    boris = await simulator.person("Борис")
    await at_the_place(boris)
    await boris.text("Тверь")
    await boris.sees("Тверь: город нашли")
    assert len(addresses.asked) == 2, "a town's name needs no geocoder"
