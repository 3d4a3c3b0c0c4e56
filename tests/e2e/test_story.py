"""Whole orders through taps alone, on the real processes."""

import pytest

from local.phones import Phone
from rules.orders import OrderState
from tests.e2e.house import House, Village
from tests.e2e.orders import newest_order, service, urgent
from texts import signs
from texts.catalogue import say
from texts.language import Language


@pytest.mark.money
def test_an_order_is_refused_accepted_paid_by_card_done_rated_and_settled(
    house: House, village: Village
) -> None:
    first, second = village.stranger("Иван"), village.stranger("Пётр")
    for crew in (first, second):
        crew.say("/work")
        crew.choose_each("keep", "repair", "ready")
        crew.share("location")
        crew.choose_each("25")
        crew.share("contact")
        crew.choose_each("send")
        crew.sees("C-")
        crew.say(say("menu.online", Language.RU))
        crew.sees(say("work.online", Language.RU).split("\n")[0])
    client = village.stranger("Анна")
    client.say("/new")
    client.choose_each("repair", "repair.no_water", "symptom_hums")
    client.share("location")
    client.choose_each("skip")
    client.share("contact")
    client.choose_each("send")
    order = newest_order(house, client)

    asked = _who_sees(signs.ACCEPT, first, second)
    asked.touch(signs.REFUSE)
    asked.press("decline_r0", order.number)
    winner = first if asked is second else second
    winner.touch(signs.ACCEPT)
    order.pay("card")
    order.until(OrderState.BOOKED)
    assert [one["status"] for one in order.payments()] == ["waiting_for_capture"]
    winner.touch(signs.ON_THE_WAY)
    winner.touch(signs.START)
    winner.touch(signs.DONE)
    winner.choose_each("skip")
    client.touch(signs.ACCEPT_WORK)
    client.touch(f"{signs.RATE} 5")
    winner.touch(f"{signs.RATE} 5")
    money = order.closed()

    assert order.row()["state"] == OrderState.COMPLETED
    assert (money.captured, money.refunded) == (1000_00, 0)
    assert (money.platform, money.contractor) == (250_00, 750_00)
    assert order.count("offers") == 2
    assert order.count("ratings") == 2
    client.sees(f"D-{order.number}")


def _who_sees(sign: str, *people: Phone) -> Phone:
    from tests.e2e.people import eventually

    return eventually(lambda: next((one for one in people if one.button(sign)), None), sign, *people)
