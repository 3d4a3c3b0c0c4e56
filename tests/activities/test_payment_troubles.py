"""Definite answers that are no use: told as a trouble, looked into, and never believed."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from typing_extensions import override

from activities.payment_requests import capture_path, capture_request
from activities.ports import (
    IntegrityBreach,
    PaymentGateway,
    ProviderPayment,
    ProviderRefund,
    Refused,
)
from rules import troubles
from rules.payments import AttemptState, Op, RefundState
from tests.activities.conftest import Books
from tests.activities.till import Till
from tests.factories import at

pytestmark = pytest.mark.money


class Refusing:
    """A provider that refuses what is posted, or answers it with another id."""

    def __init__(self, real: PaymentGateway, *, foreign: bool = False) -> None:
        self._real, self._foreign = real, foreign

    def post(self, path: str, body: bytes, key: str) -> ProviderPayment | ProviderRefund:
        if not self._foreign:
            raise Refused("invalid_request")
        self._real.post(path, body, key)
        raise IntegrityBreach("the answer is about something else")

    def get_payment(self, payment_id: str) -> ProviderPayment:
        return self._real.get_payment(payment_id)

    def get_refund(self, refund_id: str) -> ProviderRefund:
        return self._real.get_refund(refund_id)

    def list_payments(self, created_after: datetime, limit: int = 100) -> list[ProviderPayment]:
        return self._real.list_payments(created_after, limit)

    def list_refunds(self, payment_id: str) -> list[ProviderRefund]:
        return self._real.list_refunds(payment_id)


class Listing(Refusing):
    """A provider that may be read only."""

    @override
    def post(self, path: str, body: bytes, key: str) -> ProviderPayment | ProviderRefund:
        raise AssertionError(f"posted to {path}")


def refusing(till: Till, **how: Any) -> Till:
    """The same till before a provider that refuses."""
    return Till(till.database, till.provider, till.order, Refusing(till.gateway, **how))


async def test_a_payment_made_by_a_lost_send_is_found_before_its_refusal_counts(
    till: Till, books: Books
) -> None:
    till.fault("create", "commit_then_drop")
    with pytest.raises(ApplicationError):
        await till.run(Op.CREATE)

    seen = await refusing(till).run(Op.CREATE)

    assert (seen.state, seen.trouble) == (AttemptState.PENDING, "")
    assert seen.provider_id == till.payment()["id"]
    assert await books.value("SELECT status FROM payment_operations") == "done"


async def test_a_payment_that_was_never_made_is_refused_for_good(till: Till) -> None:
    till.fault("create", "http_500")
    with pytest.raises(ApplicationError):
        await till.run(Op.CREATE)

    seen = await refusing(till).run(Op.CREATE)

    assert seen.state is AttemptState.FAILED
    assert till.payments() == []


@pytest.mark.parametrize("op", [Op.CAPTURE, Op.VOID])
async def test_a_refusal_while_the_hold_stands_is_a_trouble_and_the_next_try_has_its_own_key(
    till: Till, books: Books, op: Op
) -> None:
    await till.held()
    hopeless = refusing(till)

    refused = [await hopeless.run(op), await hopeless.run(op)]
    seen = await till.run(op)

    told = [(one.state, one.trouble) for one in refused]
    assert told == [(AttemptState.HELD, troubles.REFUSED)] * 2
    assert seen.trouble == ""
    assert seen.state is (AttemptState.CAPTURED if op is Op.CAPTURE else AttemptState.VOIDED)
    rows = await books.rows(
        "SELECT seq, status FROM payment_operations WHERE op = :op ORDER BY seq", op=op.value
    )
    assert [one["status"] for one in rows] == ["refused", "refused", "done"]


async def test_a_payment_that_the_provider_does_not_know_is_a_trouble(till: Till) -> None:
    await till.run(Op.CREATE)

    seen = await till.run(Op.GET, provider_id="2c5d0b1e-000f-5000-9000-1db2a5e3a111")

    assert seen.trouble == troubles.NOT_FOUND


async def test_a_payment_whose_first_answer_was_foreign_is_found_by_looking(till: Till) -> None:
    frozen = await refusing(till, foreign=True).run(Op.CREATE)

    seen = await till.run(Op.GET)

    assert (frozen.state, frozen.trouble) == (AttemptState.REQUESTED, troubles.BREACH)
    assert (seen.state, seen.trouble) == (AttemptState.PENDING, "")


async def test_a_refund_whose_first_answer_was_foreign_is_found_by_looking(till: Till) -> None:
    await till.captured()
    fields = {"amount_kopecks": 100_00, "refund_seq": 1}
    frozen = await refusing(till, foreign=True).run(Op.REFUND, **fields)

    seen = await till.run(Op.GET_REFUND, **fields)

    assert frozen.trouble == troubles.BREACH
    assert seen.refund is not None
    assert seen.refund.state is RefundState.SUCCEEDED
    assert len(till.refunds()) == 1


async def test_a_look_at_what_is_not_there_tells_so(till: Till) -> None:
    till.fault("create", "http_500")
    with pytest.raises(ApplicationError):
        await till.run(Op.CREATE)

    assert (await till.run(Op.GET)).trouble == troubles.NOT_FOUND


async def test_a_part_captured_in_the_cabinet_is_posted_as_taken_and_bounds_the_refunds(
    till: Till, books: Books
) -> None:
    held = await till.held()
    part = till.kopecks // 2
    body = capture_request(part)
    till.gateway.post(capture_path(str(held.provider_id)), body, f"by-a-person-{held.provider_id}")

    seen = await till.run(Op.CAPTURE)
    too_much = await till.refund(part + 1)
    back = await till.refund(part, seq=2)

    assert (seen.state, seen.captured_kopecks) == (AttemptState.CAPTURED, part)
    assert too_much.trouble == troubles.TOO_HIGH
    assert back.refund is not None
    assert back.refund.state is RefundState.SUCCEEDED
    posted = "SELECT captured_kopecks, held_kopecks FROM order_money WHERE order_id = :id"
    assert await books.rows(posted, id=till.order.order_id) == [
        {"captured_kopecks": part, "held_kopecks": 0}
    ]


async def test_a_refund_that_waited_for_a_worker_longer_than_its_key_lives_is_looked_for_first(
    till: Till,
) -> None:
    await till.captured()
    till.fault("refund", "commit_then_drop")
    with pytest.raises(ApplicationError):
        await till.refund(till.kopecks)
    reading = Till(till.database, till.provider, till.order, Listing(till.gateway))
    environment = at(till.now + timedelta(hours=22))
    late = till.now + timedelta(hours=25)
    environment.info = replace(environment.info, started_time=late)
    step = till.step(Op.REFUND, refund_seq=1)

    seen = await asyncio.to_thread(environment.run, reading.activities.create_refund, step)

    assert seen.refund is not None
    assert seen.refund.state is RefundState.SUCCEEDED
    assert len(till.refunds()) == 1
