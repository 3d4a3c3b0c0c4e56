"""Telegram at its worst: every update twice, late and out of order, every tap sent again."""

from rules.orders import OrderState
from tests.e2e.house import House, Village
from tests.e2e.orders import Order, urgent
from tests.e2e.people import eventually
from tests.money import Money

BAD_DAY = {"copies": 2, "shuffle": True, "delay_ms": 400, "seed": 7, "retap": True}


def test_updates_twice_late_and_reordered_have_the_effects_of_a_good_day(
    house: House, village: Village
) -> None:
    crew = village.crew()
    client = village.client()
    house.tell_telegram("/delivery", **BAD_DAY)
    order = urgent(village, client)
    order.book(crew)
    order.work(crew)
    order.finish(crew)
    money = order.closed()
    _all_served(house)

    assert money == Money(captured=1000_00, platform=250_00, contractor=750_00)
    assert order.row()["state"] == OrderState.COMPLETED
    sent = (
        "SELECT count(*) FROM orders o JOIN users u ON u.id = o.client_id WHERE telegram_id = :id"
    )
    assert house.value(sent, id=client.id) == 1
    _once_each(order)
    # What was said of the sent order stays true although the button was tapped again.
    assert client.counts(f"D-{order.number} принята") >= 1
    assert client.counts("не отправлена") == 0


def _once_each(order: Order) -> None:
    assert len(order.payments()) == 1
    assert order.count("payment_attempts") == 1
    assert order.count("offers") == order.count("offers", "state = 'won'") == 1
    assert order.count("ratings") == 2
    journals = order.house.read(
        "SELECT kind, count(*) AS times FROM journals WHERE order_id = :id GROUP BY kind",
        id=order.order_id,
    )
    assert {row["kind"]: row["times"] for row in journals} == {
        "held": 1, "captured": 1, "psp_fee": 1, "settled": 1,
    }  # fmt: skip
    told = order.house.read(
        "SELECT event, count(*) AS times FROM order_events WHERE order_id = :id"
        " AND event NOT IN ('rated', 'wave_sent') GROUP BY event HAVING count(*) > 1",
        id=order.order_id,
    )
    assert told == []
    notices = order.house.read(
        "SELECT chat_user_id, notice FROM outbox WHERE order_id = :id AND kind = 'notice'"
        " GROUP BY chat_user_id, notice HAVING count(*) > 1",
        id=order.order_id,
    )
    assert notices == []


def _all_served(house: House) -> None:
    def served() -> bool:
        waiting = house.value("SELECT count(*) FROM telegram_updates WHERE state = 'new'")
        bot = house.telegram.get("/sim/updates").json()
        return waiting == 0 and all(one["state"] != "pending" for one in bot)

    eventually(served, "every update is served")
    failed = house.read("SELECT kind, error FROM telegram_updates WHERE state = 'failed'")
    assert failed == []
