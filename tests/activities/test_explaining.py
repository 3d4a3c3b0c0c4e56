"""Why, and why not me: the same facts for support and, about himself, for each contractor."""

from dataclasses import replace

import pytest

from bot.handlers.search_commands import waves_of
from models.database import Database
from models.queries.explaining import place_of
from models.queries.offers import order_offers
from rules.catalog import ServiceType
from rules.explaining import Place
from rules.orders import OfferState, Order
from rules.policy import POLICY_V1
from tests.activities.conftest import Books
from tests.activities.test_offers import send, terms_for
from tests.activities.test_quotas import set_row
from tests.factories import NOON, contractor, person, placed
from texts.explain import wave_lines, why_not_lines
from texts.language import Language

RU, EN = Language.RU, Language.EN


async def told(database: Database, order: Order, who: int) -> str:
    async with database.reading() as session:
        place = await place_of(session, order.order_id, who)
    lines = [" ".join(why_not_lines(place, lang)) for lang in (RU, EN)]
    # Nobody else is named, in no language.
    assert not any("C-" in line for line in lines)
    return lines[0]


async def test_everybody_is_told_his_own_reason_and_support_all_of_them(
    database: Database, books: Books
) -> None:
    client = await person(database)
    old = {"completed": 9, "joined_at": NOON}
    chosen = await contractor(database, **old)
    lower = await contractor(database, latitude=57.0, **old)
    newcomer = await contractor(database, latitude=57.1)
    far = await contractor(database, latitude=57.9, **old)
    full = await contractor(database, busy=1, **old)
    asleep = await contractor(database, utc_offset_minutes=-600, **old)
    refused = await contractor(database, **old)
    away = await contractor(database, online=False, **old)
    other_trade = await contractor(database, ServiceType.SEWAGE, **old)
    few_points = await contractor(database, rating=1.0, points=80, **old)
    suspect = await contractor(database, fraud_score=99, **old)
    own = await contractor(database, user_id=client, **old)
    order = await placed(database, client)
    await send(database, terms_for(order, asked=(refused,)))
    await set_row(database, "contractors", far, online=False)

    expected = {
        chosen: "Заявку вам предлагали. 1-е место",
        lower: "Вы подходили и были на 3-м месте из 3, а спросили 1",
        newcomer: "Вам помогла надбавка новичка: 0,10",
        far: "дальше вашего круга",
        full: "не было свободного времени",
        asleep: "была ночь",
        refused: "Вас уже спрашивали",
        away: "не на линии",
        other_trade: "Такой работы нет среди ваших",
        few_points: "Мало баллов",
        suspect: "Ваш профиль проверяют",
        own: "ваш собственный заказ",
    }
    for who, words in expected.items():
        assert words in await told(database, order, who), words

    async with database.reading() as session:
        waves = waves_of(await order_offers(session, order.order_id))
    (lines,) = [wave_lines(one, RU) for one in waves]
    head = f"Волна 1 (поиск 1), правила v1, жребий {order.order_id}:1:1."
    assert lines[0] == head
    assert [line.split(",")[0] for line in lines[1:4]] == [
        f"C-{one}" for one in (chosen, newcomer, lower)
    ]
    assert "ждём ответа" in lines[1]
    assert "новичок 0,10" in lines[2]
    for words in ("слишком далеко – 1", "не работают ночью – 1", "уже спрашивали – 1"):
        assert words in lines[-1]


async def test_exploration_is_told_to_whom_it_helped_and_to_whom_it_passed(
    database: Database,
) -> None:
    policy = replace(POLICY_V1, exploration_permille=1000)
    best = await contractor(database, completed=50)
    newcomer = await contractor(database, latitude=57.2)
    order = await placed(database, policy=policy)
    await send(database, terms_for(order, explore=True))

    assert "чтобы новичок получил работу" in await told(database, order, newcomer)
    assert "новичок: так у всех есть шанс" in await told(database, order, best)


async def test_a_wave_that_asked_nobody_says_why(database: Database) -> None:
    await contractor(database, busy=1)
    order = await placed(database)
    await send(database, terms_for(order))

    async with database.reading() as session:
        waves = waves_of(await order_offers(session, order.order_id))
    lines = [wave_lines(one, RU) for one in waves]
    assert lines == [
        ["Волна 1 (поиск 1): никого не спросили.", "Не подошли: нет свободного времени – 1."]
    ]


@pytest.mark.parametrize("became", [OfferState.LOST, OfferState.WON])
def test_what_became_of_an_offer_is_part_of_the_answer(became: OfferState) -> None:
    terms = {"proximity": 0.2}
    place = Place(1, 2, 1, 0.2, terms, chosen=True, became=became.value)
    (line,) = why_not_lines(place, RU)

    told = "Заявку вам предлагали. Другая бригада ответила раньше"
    begins = {"lost": told, "won": "Заявка ваша."}
    assert line.startswith(begins[became.value])
