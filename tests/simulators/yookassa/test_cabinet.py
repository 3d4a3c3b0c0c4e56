"""The cabinet: a person sees all and acts as the shop's staff and as the bank."""

import httpx
import pytest

from tests.simulators.yookassa.harness import UNKNOWN_ID, Receiver, Simulator, until


def act(simulator: Simulator, path: str, **form: str) -> httpx.Response:
    """Press a button of the cabinet."""
    return simulator.client.post(f"/cabinet{path}", data=form)


def seen(simulator: Simulator, path: str = "", lang: str = "ru") -> str:
    """What a page of the cabinet says."""
    answer = simulator.client.get(f"/cabinet{path}", params={"lang": lang})
    assert answer.status_code == 200
    return answer.text


def test_staff_capture_a_part_refund_it_and_the_bank_takes_the_rest(shared: Simulator) -> None:
    payment_id = shared.held()
    page = f"/payments/{payment_id}"
    assert "Деньги удержаны" in seen(shared, page)
    assert "Money is held" in seen(shared, page, "en")

    assert act(shared, page, action="capture", amount="1500").status_code == 303
    assert act(shared, page, action="refund", amount="500,50").status_code == 303
    assert act(shared, page, action="chargeback", amount="999.50").status_code == 303

    shown = shared.payment(payment_id)
    assert (shown["amount"]["value"], shown["refunded_amount"]["value"]) == ("1500.00", "500.50")
    refund = next(one for one in shared.listing("refunds") if one["payment_id"] == payment_id)
    assert refund["source"] == "cabinet"
    assert [one["amount"]["value"] for one in shared.listing("chargebacks")] == ["999.50"]
    for text in (seen(shared), seen(shared, page)):
        assert "отозвано банком" in text.lower()
    assert "из кабинета" in seen(shared, "/refunds")


@pytest.mark.parametrize(
    ("action", "party"), [("cancel", "merchant"), ("bank_cancel", "payment_network")]
)
def test_a_hold_is_let_go_by_staff_or_bank(shared: Simulator, action: str, party: str) -> None:
    payment_id = shared.held()

    act(shared, f"/payments/{payment_id}", action=action)

    assert shared.payment(payment_id)["cancellation_details"]["party"] == party


@pytest.mark.parametrize(
    ("action", "amount", "said"),
    [
        ("refund", "2000.01", "Сумма больше"),
        ("refund", "много", "Сумма больше"),
        ("refund", "", "Сумма больше"),
        ("chargeback", "2000.01", "Сумма больше"),
        ("capture", "1.00", "В этом состоянии"),
        ("cancel", "", "В этом состоянии"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(
    shared: Simulator, action: str, amount: str, said: str
) -> None:
    payment_id = shared.captured()
    before = shared.payment(payment_id)

    answer = act(shared, f"/payments/{payment_id}", action=action, amount=amount)

    assert (answer.status_code, said in answer.text) == (409, True)
    assert shared.payment(payment_id) == before


@pytest.mark.parametrize("end", ["succeeded", "canceled"])
def test_a_refund_on_its_way_is_ended_by_a_button(shared: Simulator, end: str) -> None:
    payment_id = shared.captured()
    shared.sim("/faults", operation="refund", kind="refund_pending")
    refund_id = shared.refund(payment_id, "10.00").json()["id"]
    assert "В пути" in seen(shared, f"/payments/{payment_id}")

    for _ in range(2):
        act(shared, f"/refunds/{refund_id}", action=end)

    assert shared.get(f"/refunds/{refund_id}").json()["status"] == end


def test_notices_are_listed_and_sent_again(own: Simulator, receiver: Receiver) -> None:
    payment_id = own.captured()
    until(lambda: receiver.told(payment_id) == ["payment.succeeded"])
    assert "payment.succeeded" in seen(own, "/events")

    act(own, f"/events/{own.listing('webhooks')[0]['seq']}")

    until(lambda: receiver.told(payment_id) == ["payment.succeeded"] * 2)


def test_faults_clock_and_notices_are_set_by_buttons(own: Simulator) -> None:
    payment_id = own.create()["id"]
    act(own, "/faults", action="plant", operation="me.get", kind="http_403", count="2")
    assert own.get("/me").status_code == 403
    assert "http_403" in seen(own, "/faults")
    act(own, "/faults", action="clear")
    assert own.get("/me").status_code == 200
    act(own, "/faults", action="dropped")
    assert own.client.get("/sim/webhooks").json()["mode"] == "dropped"

    act(own, "/faults", action="hour")

    assert own.payment(payment_id)["status"] == "canceled"


def test_the_cabinet_is_closed_to_other_sites_and_knows_no_strangers(shared: Simulator) -> None:
    payment_id = shared.held()
    form = {"action": "cancel"}
    answer = shared.client.post(
        f"/cabinet/payments/{payment_id}", data=form, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert answer.status_code == 403
    assert shared.payment(payment_id)["status"] == "waiting_for_capture"
    for unknown in (UNKNOWN_ID, "short"):
        assert shared.client.get(f"/cabinet/payments/{unknown}").status_code == 404
        assert act(shared, f"/payments/{unknown}", **form).status_code == 404


def test_the_list_goes_on_page_by_page(own: Simulator) -> None:
    made = [own.create()["id"] for _ in range(51)]
    first = seen(own)

    assert made[1] in first
    assert made[0] not in first
    cursor = first.partition("cursor=")[2].partition('"')[0]
    second = own.client.get("/cabinet", params={"cursor": cursor}).text
    assert made[0] in second
    assert made[1] not in second
