"""Each money operation: one effect at the provider and in the books, whatever is repeated."""

import json

import pytest

from rules.payments import AttemptState, Method, Op, Refund, RefundState
from tests.activities.conftest import Books
from tests.activities.till import PUBLIC_URL, Till

pytestmark = pytest.mark.money
REFUSED_CARD = "5555555555554600"  # insufficient_funds


async def test_creating_a_payment_twice_has_one_effect(till: Till, books: Books) -> None:
    first = await till.run(Op.CREATE)
    before = await books.snapshot()
    second = await till.run(Op.CREATE)

    assert first == second
    assert await books.snapshot() == before
    assert (first.state, first.provider_id) == (AttemptState.PENDING, till.payment()["id"])
    assert first.confirmation_url is not None
    assert len(till.payments()) == 1
    operation = before["payment_operations"][0]
    sent = json.loads(operation["request_bytes"])
    secret = before["orders"][0]["secret"]
    assert sent["confirmation"]["return_url"] == f"{PUBLIC_URL}/o/{secret}"
    assert sent["capture"] is False
    assert sent["metadata"] == {
        "order": till.order.order_id,
        "number": str(till.order.number),
        "attempt": "1",
        "op": str(operation["key"]),
    }
    assert (operation["status"], operation["sends"]) == ("done", 1)
    assert before["orders"][0]["money"]["payment_url"] == first.confirmation_url


async def test_a_hold_is_seen_reserved_and_captured_once(till: Till, books: Books) -> None:
    held = await till.held()
    assert held.state is AttemptState.HELD
    assert held.hold_ends_at is not None
    assert await books.balances() == {}
    assert (await books.rows("SELECT money FROM orders"))[0]["money"][
        "held_kopecks"
    ] == till.kopecks

    first = await till.run(Op.CAPTURE)
    before = await books.snapshot()
    second = await till.run(Op.CAPTURE)

    assert first == second
    assert first.state is AttemptState.CAPTURED
    assert await books.snapshot() == before
    fee = next(one for one in before["payment_operations"] if one["op"] == "capture")["response"]
    kept = fee["amount_kopecks"] - fee["income_kopecks"]
    assert await books.balances() == {
        "psp:clearing": till.kopecks - kept,
        "psp_fee": kept,
        f"order:{till.order.order_id}:deposit": till.kopecks,
    }


async def test_looking_twice_has_one_effect(till: Till, books: Books) -> None:
    await till.held()
    before = await books.snapshot()

    await till.run(Op.GET)

    assert await books.snapshot() == before


async def test_sbp_is_charged_at_once(till: Till, books: Books) -> None:
    till.method = Method.SBP
    await till.run(Op.CREATE)
    await till.pay()

    seen = await till.run(Op.GET)

    assert seen.state is AttemptState.CAPTURED
    kinds = {one["kind"] for one in await books.rows("SELECT kind FROM journals")}
    assert kinds == {"captured", "psp_fee"}


async def test_voiding_twice_has_one_effect(till: Till, books: Books) -> None:
    await till.held()
    till.released = True

    first = await till.run(Op.VOID)
    before = await books.snapshot()
    second = await till.run(Op.VOID)

    assert first == second
    assert first.state is AttemptState.VOIDED
    assert await books.snapshot() == before
    assert await books.balances() == {}
    assert till.payment()["status"] == "canceled"
    assert [one["notice"] for one in before["outbox"] if one["notice"]] == ["refund_sent"]


async def test_refunding_twice_has_one_effect(till: Till, books: Books) -> None:
    await till.captured()

    first = await till.refund(100_00)
    before = await books.snapshot()
    second = await till.refund(100_00)

    assert first == second
    refund = till.refunds()[0]
    assert first.refund == Refund(1, 100_00, RefundState.SUCCEEDED, refund["id"])
    assert len(till.refunds()) == 1
    assert await books.snapshot() == before
    deposit = f"order:{till.order.order_id}:deposit"
    assert (await books.balances())[deposit] == till.kopecks - 100_00
    assert before["orders"][0]["money"]["refunded_kopecks"] == 100_00
    assert [one["notice"] for one in before["outbox"] if one["notice"]] == ["refund_sent"]


async def test_a_pending_refund_is_looked_at_until_it_ends(till: Till, books: Books) -> None:
    await till.captured()
    till.fault("refund", "refund_pending")

    pending = await till.refund(100_00)
    refund_id = till.refunds()[0]["id"]
    still = await till.run(Op.GET_REFUND, amount_kopecks=100_00, refund_seq=1)
    till.provider.sim(f"/refunds/{refund_id}/end", status="canceled", reason="general_decline")
    failed = await till.run(Op.GET_REFUND, amount_kopecks=100_00, refund_seq=1)
    before = await books.snapshot()
    again = await till.run(Op.GET_REFUND, amount_kopecks=100_00, refund_seq=1)

    assert pending == still
    assert pending.refund == Refund(1, 100_00, RefundState.PENDING, refund_id)
    assert failed == again
    assert failed.refund == Refund(1, 100_00, RefundState.FAILED, refund_id)
    assert await books.snapshot() == before
    assert (await books.balances())[f"order:{till.order.order_id}:deposit"] == till.kopecks
    second = await till.refund(100_00, seq=2)
    assert second.refund is not None
    assert second.refund.state is RefundState.SUCCEEDED


async def test_a_declined_card_is_told_once(till: Till, books: Books) -> None:
    await till.run(Op.CREATE)
    await till.pay(REFUSED_CARD)

    seen = await till.run(Op.GET)
    await till.run(Op.GET)

    assert (seen.state, seen.decline_reason) == (AttemptState.DECLINED, "insufficient_funds")
    notices = await books.rows("SELECT notice FROM outbox WHERE kind = 'notice'")
    assert notices == [{"notice": "payment_declined"}]
    money = await books.value("SELECT money FROM orders")
    assert money["decline_reason"] == "insufficient_funds"


async def test_an_unpaid_page_and_an_uncaptured_hold_expire(till: Till, books: Books) -> None:
    await till.run(Op.CREATE)
    till.provider.sim("/clock", advance_seconds=3700)
    unpaid = await till.run(Op.GET)
    till.attempt = 2
    await till.held()
    till.provider.sim("/clock", advance_seconds=8 * 86_400)

    lost = await till.run(Op.CAPTURE)

    assert unpaid.state is AttemptState.EXPIRED
    assert lost.state is AttemptState.EXPIRED
    kinds = [one["kind"] for one in await books.rows("SELECT kind FROM journals ORDER BY id")]
    assert kinds == ["held", "voided"]
    assert await books.balances() == {}


async def test_voiding_what_was_captured_meanwhile_is_seen_as_captured(
    till: Till, books: Books
) -> None:
    seen = await till.held()
    answer = till.provider.post(f"/payments/{seen.provider_id}/capture")
    assert answer.status_code == 200
    till.released = True

    found = await till.run(Op.VOID)

    assert found.state is AttemptState.CAPTURED
    deposit = f"order:{till.order.order_id}:deposit"
    assert (await books.balances())[deposit] == till.kopecks


async def test_money_that_comes_after_the_order_gave_up_goes_to_suspense_and_back(
    till: Till, books: Books
) -> None:
    till.method = Method.SBP
    await till.run(Op.CREATE)
    await till.pay()
    till.released = True

    await till.run(Op.GET)
    late = await books.balances()
    # What the workflow believed at the time does not choose the account.
    await till.refund(till.kopecks)

    assert late["suspense"] == till.kopecks
    assert f"order:{till.order.order_id}:deposit" not in late
    assert "suspense" not in await books.balances()
    notices = await books.rows("SELECT notice FROM outbox WHERE kind = 'notice'")
    assert notices == [{"notice": "late_money_returned"}]
    assert await books.value("SELECT late FROM payment_attempts")


async def test_a_late_hold_is_let_go_without_touching_the_deposit(till: Till, books: Books) -> None:
    await till.run(Op.CREATE)
    await till.pay()
    till.released = True
    await till.run(Op.GET)

    await till.run(Op.VOID)

    accounts = {one["account"] for one in await books.rows("SELECT account FROM entries")}
    assert accounts == {"psp:clearing", "suspense"}
    assert await books.balances() == {}
    notices = await books.rows("SELECT notice FROM outbox WHERE kind = 'notice'")
    assert notices == [{"notice": "late_money_returned"}]


async def test_a_late_answer_never_lowers_what_is_known(till: Till, books: Books) -> None:
    created = await till.run(Op.CREATE)
    await till.pay()
    await till.run(Op.GET)
    await till.run(Op.CAPTURE)

    # The create's answer comes once more, as from a thread that was given up.
    again = await till.run(Op.CREATE)

    assert created.state is AttemptState.PENDING
    assert again.state is AttemptState.CAPTURED
    assert await books.value("SELECT count(*) FROM journals WHERE kind = 'captured'") == 1
