"""Proven costs with pictures: claimed, contested, decided, appealed; the books hold at each end."""

import httpx
import pytest
from sqlalchemy import text as sql

from rules.orders import OrderState
from tests.activities.test_file_store import png
from tests.e2e.house import House, Village
from tests.e2e.orders import Order, urgent
from tests.e2e.people import Person, eventually
from tests.money import Money


def support(village: Village) -> Person:
    """Somebody who may decide."""
    person, house = village.client(), village.house

    async def appoint() -> None:
        async with house.database.transaction() as session:
            statement = sql("UPDATE users SET is_support = true WHERE telegram_id = :id")
            await (await session.connection()).execute(statement, {"id": person.id})

    house.run(appoint())
    person.say("/help")
    person.sees("")
    return person


def photograph(person: Person, content: bytes, kind: str = "photo") -> None:
    """Send a picture from the phone, or a document."""
    answer = person.http.post(f"/sim/people/{person.id}/{kind}", files={"file": content})
    assert answer.status_code == httpx.codes.OK, answer.text


def pictures(person: Person) -> list[bytes]:
    """What the bot has shown to somebody."""
    urls = [
        one["photo"]["url"]
        for one in person.messages()
        if one["from"] == "bot" and one.get("photo")
    ]
    return [person.http.get(url).content for url in urls]


def page_shows_the_proof(house: House, order_id: str) -> None:
    """The client's page has the picture, without a login and never cached."""
    secret = house.value("SELECT secret FROM orders WHERE id = :id", id=order_id)
    file_id = house.value("SELECT id FROM files WHERE order_id = :id", id=order_id)
    url = f"/o/{secret}/files/{file_id}"
    page = house.api.get(f"/o/{secret}", headers={"Authorization": ""})
    assert url in page.text
    picture = house.api.get(url, headers={"Authorization": ""})
    assert (picture.status_code, picture.headers["cache-control"]) == (200, "no-store")
    assert b"canary" not in picture.content


@pytest.mark.money
def test_costs_are_proven_contested_decided_and_appealed(house: House, village: Village) -> None:
    crew = village.crew()
    olga, pavel, rita = (support(village) for _ in range(3))
    order = urgent(village)
    order.book(crew)
    crew.press("set_off", order.number)
    order.cancel()

    # Half of the prepayment may be claimed: 250 roubles with a picture, and half of the rest.
    crew.confirm("claim", "claim_r0", order.number)
    crew.choose_each("50")
    crew.sees("Есть фото чека")
    photograph(crew, b"MZ, called a receipt", "document")
    crew.sees("Такой файл не подходит")
    photograph(crew, png())
    crew.sees("Получили 1")
    crew.choose_each("skip", "add", "materials", "50", "skip")
    crew.sees("Проверьте расходы")
    crew.choose_each("send")

    order.client.sees("дорога 250")
    order.client.press("claim_files", order.number)
    [shown] = eventually(lambda: pictures(order.client), "the client sees the proof", order.client)
    assert b"canary" in png()
    assert b"canary" not in shown
    page_shows_the_proof(house, order.order_id)
    order.client.confirm("claim_no", "object_r1", order.number)
    crew.sees("слишком много")

    olga.say(f"/claim D-{order.number}")
    olga.sees("Материалы 125")
    eventually(lambda: pictures(olga), "support sees the proof", olga)
    olga.say(f"/claim D-{order.number} 200")
    decided = Money(captured=1000_00, refunded=800_00, contractor=200_00)
    assert order.closed() == decided
    crew.sees("поддержка решила: вам за расходы 200")
    order.client.sees("поддержка решила: бригаде за расходы 200")

    appealed_and_decided_anew(house, order, crew, (olga, pavel, rita))
    # The order's own books stay as they were closed; all invariants hold.
    assert order.closed() == decided
    assert order.row()["state"] == OrderState.CANCELLED


def appealed_and_decided_anew(
    house: House, order: Order, crew: Person, people: tuple[Person, Person, Person]
) -> None:
    """The first person may not decide again, and the second's word needs a third."""
    olga, pavel, rita = people
    crew.press("appeal", order.number)
    crew.sees("Жалоба принята")
    crew.say("Чек настоящий")
    olga.sees("Чек настоящий")
    olga.say(f"/appeal D-{order.number} 300")
    olga.sees("Подтвердить должен другой человек")
    pavel.say(f"/appeal D-{order.number} 300")
    crew.sees("изменил решение о расходах")
    order.client.sees("изменил решение о расходах")
    named = "SELECT id FROM reconciliation_breaks WHERE order_id = :id AND kind = 'appeal'"
    number = house.value(named, id=order.order_id)
    pavel.say(f"/approve B-{number}")
    pavel.sees("Подтвердить должен другой человек")
    rita.say(f"/approve B-{number}")
    owed = (
        "SELECT posted_kopecks FROM account_balances WHERE account ="
        r" (SELECT 'contractor\:' || contractor_id || '\:payable' FROM orders WHERE id = :id)"
    )
    eventually(lambda: house.value(owed, id=order.order_id) == 300_00, "the rest is owed", rita)
