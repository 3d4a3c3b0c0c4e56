"""Whole orders through taps alone, on the real processes."""

import httpx
import pytest

from rules.orders import OrderState
from tests.e2e.house import House, Village
from tests.e2e.orders import newest_order, service, urgent
from tests.e2e.people import eventually, who_sees
from tests.money import Money
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

    asked = who_sees(signs.ACCEPT, first, second)
    assert asked.button(signs.REFUSE)
    asked.confirm("decline", "decline_r0", order.number)
    winner = first if asked is second else second
    winner.touch(signs.ACCEPT)
    order.pay("card")
    order.until(OrderState.BOOKED)
    assert [one["status"] for one in order.payments()] == ["waiting_for_capture"]
    winner.touch(signs.ON_THE_WAY)
    winner.touch(signs.START)
    winner.touch(signs.DONE)
    order.priced(winner)
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


@pytest.mark.money
def test_a_charge_by_sbp_is_kept_for_the_contractor_when_the_work_is_done(village: Village) -> None:
    crew = village.crew()
    order = urgent(village)
    order.book(crew, "sbp")
    assert [one["status"] for one in order.payments()] == ["succeeded"]
    order.work(crew)
    order.finish(crew)

    assert order.closed() == Money(captured=1000_00, platform=250_00, contractor=750_00)
    assert order.row()["state"] == OrderState.COMPLETED


@pytest.mark.money
def test_an_invoice_paid_inside_telegram_is_charged_verified_and_settled(village: Village) -> None:
    crew = village.crew()
    order = urgent(village)
    crew.press("accept", order.number)
    order.client.press("pay_telegram", order.number)
    route, form = f"/sim/people/{order.client.id}/pay", {"email": "anna@mail.ru"}

    def paid() -> bool:
        answer = order.client.http.post(route, json=form)
        return bool(answer.status_code == httpx.codes.OK and answer.json()["ok"])

    eventually(paid, "the invoice is paid", order.client)
    order.until(OrderState.BOOKED)
    assert order.payments() == [], "the provider knows it under Telegram's metadata only"
    order.work(crew)
    order.finish(crew)

    assert order.closed() == Money(captured=1000_00, platform=250_00, contractor=750_00)
    assert order.count("native_invoices") == 1


@pytest.mark.money
def test_a_hold_is_let_go_when_the_client_cancels_in_time(village: Village) -> None:
    crew = village.crew()
    order = service(village)
    order.book(crew)
    order.cancel()

    assert order.closed() == Money()
    assert [one["status"] for one in order.payments()] == ["canceled"]
    assert order.row()["state"] == OrderState.CANCELLED


@pytest.mark.money
def test_a_late_cancellation_pays_the_claimed_costs_and_returns_the_rest(village: Village) -> None:
    crew = village.crew()
    order = urgent(village)
    order.book(crew)
    crew.press("set_off", order.number)
    order.cancel()
    crew.confirm("claim", "claim_r0", order.number)
    crew.choose_each("50", "skip", "send")
    order.client.confirm("claim_yes", "sure_claim_yes", order.number)

    # Half of the prepayment can be claimed; half of that was.
    assert order.closed() == Money(captured=1000_00, refunded=750_00, contractor=250_00)
    assert sorted(one["amount"]["value"] for one in order.refunds()) == ["250.00", "500.00"]


@pytest.mark.money
def test_a_withdrawal_finds_another_contractor_and_keeps_the_payment(village: Village) -> None:
    crews = village.crews(2)
    order = urgent(village)
    first = who_sees(signs.ACCEPT, *crews)
    second = crews[1 - crews.index(first)]
    order.book(first)
    first.confirm("withdraw", "withdraw_r0", order.number)
    second.press("accept", order.number)
    second.press("set_off", order.number)
    order.until(OrderState.BOOKED)
    for action in ("start", "done"):
        second.press(action, order.number)
    order.priced(second)
    order.finish(second)
    money = order.closed()

    assert (money.captured, money.refunded, len(order.payments())) == (1000_00, 0, 1)
    assert (money.platform, money.contractor) == (250_00, 750_00)
    assert (money.compensation, money.penalty) == (100_00, 100_00)
