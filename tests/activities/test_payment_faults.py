"""A provider that drops, fails, crawls, forgets or lies: money moves once or not at all."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.ports import PaymentGateway, ProviderPayment, ProviderRefund
from models.database import Database
from rules import troubles
from rules.payments import AttemptState, Op, RefundState
from runtime.failpoints import FailpointReached, configure_failpoints
from tests.activities.conftest import Books
from tests.activities.till import Till, gateway
from tests.factories import placed
from tests.simulators.yookassa.harness import Simulator

pytestmark = pytest.mark.money

OPERATIONS = {Op.CREATE: "create", Op.CAPTURE: "capture", Op.VOID: "cancel", Op.REFUND: "refund"}
ENDS = {
    Op.CREATE: AttemptState.PENDING,
    Op.CAPTURE: AttemptState.CAPTURED,
    Op.VOID: AttemptState.VOIDED,
    Op.REFUND: AttemptState.CAPTURED,
}
FAULTS = ["refuse_before", "commit_then_drop", "http_500", "commit_then_500", "202", "html_502"]
DAY = timedelta(hours=23)


async def ready_for(till: Till, op: Op) -> dict[str, Any]:
    """Bring the till to where the operation comes next."""
    if op in (Op.CAPTURE, Op.VOID):
        await till.held()
    if op is Op.REFUND:
        await till.captured()
        return {"amount_kopecks": 100_00, "refund_seq": 1}
    return {}


def moved(till: Till, op: Op) -> None:
    """The provider did it once, and our books say the same."""
    assert len(till.payments()) == 1
    assert len(till.refunds()) == (1 if op is Op.REFUND else 0)


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("op", list(OPERATIONS))
async def test_a_failed_exchange_is_repeated_under_the_same_key(
    till: Till, books: Books, op: Op, kind: str
) -> None:
    fields = await ready_for(till, op)
    till.fault(OPERATIONS[op], kind)

    with pytest.raises(ApplicationError) as failed:
        await till.run(op, **fields)
    seen = await till.run(op, **fields)

    assert failed.value.type in ("Unknown", "NotSent")
    assert not failed.value.non_retryable
    assert seen.state is ENDS[op]
    moved(till, op)
    operation = await books.rows(
        "SELECT key, sends, status FROM payment_operations WHERE op = :op", op=op.value
    )
    assert [(one["sends"], one["status"]) for one in operation] == [(2, "done")]


async def test_a_crawling_provider_is_left_and_asked_again(
    database: Database, simulator: Simulator
) -> None:
    till = Till(database, simulator, await placed(database), gateway(simulator, 0.3))
    till.fault("create", "slow", seconds=0.8)

    with pytest.raises(ApplicationError) as slow:
        await till.run(Op.CREATE)
    await asyncio.sleep(0.8)
    seen = await till.run(Op.CREATE)

    assert slow.value.type == "Unknown"
    assert seen.state is AttemptState.PENDING
    assert len(till.payments()) == 1


async def test_a_busy_provider_says_when_to_come_back(till: Till) -> None:
    till.fault("create", "429")

    with pytest.raises(ApplicationError) as busy:
        await till.run(Op.CREATE)

    assert busy.value.type == "ProviderBusy"
    assert busy.value.next_retry_delay is not None
    assert busy.value.next_retry_delay >= timedelta(seconds=1)
    assert (await till.run(Op.CREATE)).state is AttemptState.PENDING


@pytest.fixture
def dying(tmp_path: Path) -> Iterator[Any]:
    def die_at(name: str) -> None:
        configure_failpoints(f"{name}=raise", data_dir=tmp_path, production=False)

    yield die_at
    configure_failpoints(None, data_dir=tmp_path, production=False)


@pytest.mark.parametrize("op", list(OPERATIONS))
async def test_dying_between_success_and_record_moves_money_once(
    till: Till, books: Books, dying: Any, op: Op
) -> None:
    fields = await ready_for(till, op)
    before = await books.rows("SELECT * FROM journals WHERE kind <> 'refund_requested'")
    dying(f"payment.{op.value}.sent")

    with pytest.raises(FailpointReached):
        await till.run(op, **fields)
    unrecorded = await books.rows("SELECT * FROM journals WHERE kind <> 'refund_requested'")
    seen = await till.run(op, **fields)

    assert unrecorded == before
    assert seen.state is ENDS[op]
    moved(till, op)


@pytest.mark.parametrize("op", list(OPERATIONS))
async def test_after_23_hours_what_happened_is_found_by_reading(
    till: Till, books: Books, dying: Any, op: Op
) -> None:
    fields = await ready_for(till, op)
    dying(f"payment.{op.value}.sent")
    with pytest.raises(FailpointReached):
        await till.run(op, **fields)
    till.now += DAY

    seen = await till.run(op, **fields)

    assert seen.state is ENDS[op]
    if op is Op.REFUND:
        assert seen.refund is not None
        assert seen.refund.state is RefundState.SUCCEEDED
    moved(till, op)
    posts = await books.value("SELECT sum(sends) FROM payment_operations WHERE op = :o", o=op.value)
    assert posts == 1


@pytest.mark.parametrize("op", [Op.CREATE, Op.CAPTURE, Op.VOID])
async def test_after_23_hours_what_is_proven_absent_is_asked_for_under_a_new_key(
    till: Till, books: Books, op: Op
) -> None:
    await ready_for(till, op)
    till.fault(OPERATIONS[op], "http_500")
    with pytest.raises(ApplicationError):
        await till.run(op)
    till.now += DAY

    seen = await till.run(op)

    assert seen.state is ENDS[op]
    moved(till, op)
    rows = await books.rows(
        "SELECT seq, status FROM payment_operations WHERE op = :o ORDER BY seq", o=op.value
    )
    assert [(one["seq"], one["status"]) for one in rows] == [(0, "refused"), (1, "done")]


async def test_after_23_hours_an_absent_refund_has_failed_and_the_next_has_another_number(
    till: Till, books: Books
) -> None:
    await till.captured()
    till.fault("refund", "http_500")
    with pytest.raises(ApplicationError):
        await till.refund(till.kopecks)
    till.now += DAY

    seen = await till.refund(till.kopecks)
    again = await till.refund(till.kopecks, seq=2)

    assert seen.refund is not None
    assert seen.refund.state is RefundState.FAILED
    assert again.refund is not None
    assert again.refund.state is RefundState.SUCCEEDED
    assert len(till.refunds()) == 1
    assert f"order:{till.order.order_id}:deposit" not in await books.balances()


async def test_a_payment_that_the_provider_refuses_has_failed(till: Till, books: Books) -> None:
    till.order = replace(till.order, prepayment_kopecks=50)  # below the provider's least

    seen = await till.run(Op.CREATE)
    again = await till.run(Op.CREATE)

    assert seen == again
    assert (seen.state, seen.decline_reason) == (AttemptState.FAILED, "invalid_request")
    assert till.payments() == []
    notices = await books.rows("SELECT notice FROM outbox WHERE kind = 'notice'")
    assert notices == [{"notice": "payment_declined"}]


async def test_more_than_was_captured_can_never_be_refunded(till: Till, books: Books) -> None:
    await till.captured()
    half = till.kopecks // 2 + 1

    answers = await asyncio.gather(*(till.refund(half, seq=seq) for seq in (1, 2, 3)))

    assert sorted(one.trouble for one in answers) == ["", troubles.TOO_HIGH, troubles.TOO_HIGH]
    assert len(till.refunds()) == 1
    assert await books.value("SELECT count(*) FROM refunds") == 1


async def test_a_refund_of_what_staff_refunded_in_the_cabinet_fails_and_theirs_is_written_once(
    till: Till, books: Books
) -> None:
    seen = await till.captured()
    roubles = f"{(till.kopecks - 100) // 100}.00"
    till.provider.sim("/refunds", payment_id=seen.provider_id, amount=roubles)

    answers = [await till.refund(till.kopecks, seq=seq) for seq in (1, 2)]
    refund = answers[0].refund

    assert refund is not None
    assert refund.state is RefundState.FAILED
    assert len(till.refunds()) == 1
    assert [one.amount_kopecks for one in answers[0].outside] == [till.kopecks - 100]
    assert (answers[1].trouble, answers[1].outside) == (troubles.TOO_HIGH, answers[0].outside)
    assert (await books.balances())[f"order:{till.order.order_id}:deposit"] == 100


class Lying:
    """A provider whose answers about payments are about something else."""

    def __init__(self, real: PaymentGateway, **lies: Any) -> None:
        self._real, self._lies = real, lies

    def post(self, path: str, body: bytes, key: str) -> ProviderPayment | ProviderRefund:
        return self._real.post(path, body, key)

    def get_payment(self, payment_id: str) -> ProviderPayment:
        return replace(self._real.get_payment(payment_id), **self._lies)

    def get_refund(self, refund_id: str) -> ProviderRefund:
        return self._real.get_refund(refund_id)

    def list_payments(self, created_after: datetime, limit: int = 100) -> list[ProviderPayment]:
        return self._real.list_payments(created_after, limit)

    def list_refunds(self, payment_id: str) -> list[ProviderRefund]:
        return self._real.list_refunds(payment_id)


LIES: list[dict[str, Any]] = [
    {"id": "2c5d0b1e-000f-5000-9000-1db2a5e3a111"},
    {"amount_kopecks": 1_00},
    {"test": False},
    {"metadata": {}},
]


@pytest.mark.parametrize("lies", LIES, ids=lambda lies: next(iter(lies)))
async def test_an_answer_about_something_else_is_never_believed(
    till: Till, books: Books, lies: dict[str, Any]
) -> None:
    await till.run(Op.CREATE)
    await till.pay()
    before = await books.snapshot()
    liar = Till(till.database, till.provider, till.order, Lying(till.gateway, **lies))

    seen = await liar.run(Op.GET)

    assert (seen.state, seen.trouble) == (AttemptState.PENDING, troubles.BREACH)
    assert await books.snapshot() == before
    assert (await till.run(Op.GET)).state is AttemptState.HELD
