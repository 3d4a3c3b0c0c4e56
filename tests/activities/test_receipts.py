"""The queue of receipts at a real provider's simulator: made once, watched, never in the way."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.gateways.yookassa_receipts import YooKassaReceipts
from activities.payment_records import Shop
from activities.payment_requests import capture_path, capture_request
from activities.payments import PaymentActivities, PaymentTerms
from activities.receipt_records import owe_earned
from activities.receipts import Drained, Draining, ReceiptActivities
from local.simulators.yookassa.terms import Terms
from models.database import Database
from models.queries import receipts as queries
from rules import ledger
from rules.money import Shares
from rules.payments import AttemptState, Op, RefundState
from rules.receipts import ReceiptState, Tax
from tests.activities.conftest import Books
from tests.activities.till import PUBLIC_URL, Till, gateway
from tests.factories import NOON, at, placed
from tests.receipts import ASK_FOR_EMAIL, NEEDS_PERSON, made, rows
from tests.simulators.yookassa.harness import SECRET, SHOP, Simulator, simulating

EMAIL = "anna@mail.ru"
TAX = Tax(vat_code=4)
PAID = "full_prepayment"
EARNED = "full_payment"


@dataclass
class Clerk:
    """Drains one order's receipts at the till; `till.now` is the business clock."""

    till: Till
    books: Books
    activities: ReceiptActivities = field(init=False)

    def __post_init__(self) -> None:
        loop, url = asyncio.get_running_loop(), f"{self.till.provider.url}/v3"
        terms = PaymentTerms("test", SHOP, PUBLIC_URL, expect_test=True, tax=TAX)
        till = self.till
        till.activities = PaymentActivities(till.database, till.gateway, loop, terms)
        gateway = YooKassaReceipts(SHOP, SECRET, url, read_timeout=5.0)
        shop = Shop("test", SHOP, TAX)
        self.activities = ReceiptActivities(till.database, gateway, loop, shop)

    async def drain(self) -> Drained:
        draining = Draining(self.till.order.order_id)
        environment = at(self.till.now)
        return await asyncio.to_thread(environment.run, self.activities.drain_receipts, draining)

    async def registered(self) -> None:
        """Sent, answered by the tax service, seen."""
        for _ in range(3):
            await self.drain()
            await self.later(seconds=3)
        await self.drain()

    async def later(self, **time: float) -> None:
        span = timedelta(**time)
        self.till.now += span
        seconds = span.total_seconds()
        await asyncio.to_thread(self.till.provider.sim, "/clock", advance_seconds=seconds)

    async def rows(self) -> list[Any]:
        return await rows(self.books, self.till.order.order_id)

    async def row(self) -> Any:
        (row,) = await self.rows()
        return row

    async def states(self) -> list[tuple[str, str]]:
        return [(row["kind"], row["state"]) for row in await self.rows()]

    def made(self) -> list[tuple[str, str, int]]:
        payment = next(one for one in self.till.payments() if one["status"] == "succeeded")
        return made(self.till.provider, payment["id"])

    def requests(self, path: str = "/v3/receipts") -> list[dict[str, Any]]:
        asked = self.till.provider.listing("requests")
        return [one for one in asked if one["path"] == path and one["method"] == "POST"]

    async def told(self, notice: str) -> int:
        return int(
            await self.books.value(
                "SELECT count(*) FROM outbox WHERE order_id = :id AND notice = :notice",
                id=self.till.order.order_id,
                notice=notice,
            )
        )

    async def knows(self, email: str | None = EMAIL) -> None:
        async with self.till.database.transaction() as session:
            await queries.give_email(session, self.till.order.client_id, email or "", self.till.now)

    async def earned(self, kopecks: int) -> None:
        """The order closes: so much of the deposit is settled."""
        order_id = self.till.order.order_id
        journal = ledger.settled(order_id, 1, Shares(kopecks // 4, kopecks - kopecks // 4))
        async with self.till.database.transaction() as session:
            await owe_earned(session, order_id, [journal], self.till.now)

    async def nothing_happens_twice(self) -> None:
        """Draining once more changes neither our rows nor the provider's."""
        before, known = await self.rows(), self.till.provider.listing("receipts")
        await self.drain()
        await self.drain()
        still = ("state", "provider_id", "reason", "generation", "key", "person_since")
        for old, new in zip(before, await self.rows(), strict=True):
            assert [new[name] for name in still] == [old[name] for name in still]
        assert self.till.provider.listing("receipts") == known


@pytest.fixture
async def clerk(till: Till, books: Books) -> Clerk:
    till.now = max(NOON, datetime.now(UTC))
    return Clerk(till, books)


async def test_a_known_client_gets_three_receipts_that_add_up(clerk: Clerk) -> None:
    till = clerk.till
    await clerk.knows()
    await till.captured()
    await till.refund(300_00)
    await clerk.earned(till.kopecks - 300_00)
    await clerk.earned(till.kopecks - 300_00)
    await clerk.registered()

    assert await clerk.states() == [
        ("prepayment", "registered"),
        ("refund", "registered"),
        ("settlement", "registered"),
    ]
    assert clerk.made() == [
        ("payment", PAID, till.kopecks),
        ("refund", PAID, 300_00),
        ("payment", EARNED, till.kopecks - 300_00),
    ]
    (alone,) = clerk.requests()
    said = json.loads(alone["body"])
    assert said["settlements"][0]["type"] == "prepayment"
    assert said["customer"] == {"email": EMAIL}
    assert said["items"][0]["vat_code"] == TAX.vat_code
    assert till.payment()["receipt_registration"] == "succeeded"
    assert {bytes(row["request_bytes"]) for row in await clerk.rows()} == {b""}
    await clerk.nothing_happens_twice()


async def test_what_goes_back_after_the_work_is_told_as_paid(clerk: Clerk) -> None:
    till = clerk.till
    await clerk.knows()
    await till.captured()
    await clerk.earned(till.kopecks)
    await till.refund(100_00)
    await clerk.registered()

    assert sorted(clerk.made()) == [
        ("payment", EARNED, till.kopecks),
        ("payment", PAID, till.kopecks),
        ("refund", EARNED, 100_00),
    ]


async def test_a_client_without_an_address_is_asked_once_and_pays_all_the_same(
    clerk: Clerk,
) -> None:
    seen = await clerk.till.captured()
    assert seen.state is AttemptState.CAPTURED
    assert "receipt" not in json.loads(clerk.requests("/v3/payments")[-1]["body"])
    await clerk.drain()
    await clerk.drain()
    assert await clerk.states() == [("prepayment", "awaiting_contact")]
    assert await clerk.told(ASK_FOR_EMAIL) == 1

    await clerk.knows()
    await clerk.registered()

    assert await clerk.states() == [("prepayment", "registered")]
    assert clerk.made() == [("payment", PAID, clerk.till.kopecks)]
    assert await clerk.told(ASK_FOR_EMAIL) == 1
    assert await clerk.told(NEEDS_PERSON) == 0
    await clerk.nothing_happens_twice()


async def test_whoever_gives_no_address_leaves_it_to_a_person(clerk: Clerk) -> None:
    await clerk.till.captured()
    await clerk.drain()
    async with clerk.till.database.transaction() as session:
        await queries.skip_email(session, clerk.till.order.client_id, clerk.till.now)
    await clerk.drain()

    row = await clerk.row()
    assert (row["state"], row["reason"]) == ("needs_person", "no_contact")
    assert await clerk.told(NEEDS_PERSON) == 1
    async with clerk.till.database.transaction() as session:
        assert await queries.done_by_hand(session, row["id"], 1001, clerk.till.now)
        assert not await queries.done_by_hand(session, row["id"], 1001, clerk.till.now)
    assert (await clerk.row())["state"] == "done_by_hand"
    await clerk.nothing_happens_twice()


@pytest.mark.parametrize("kind", ["commit_then_drop", "commit_then_500", "undo_then_500", "202"])
async def test_an_unknown_end_is_asked_for_again_under_the_same_key(
    clerk: Clerk, kind: str
) -> None:
    await clerk.till.captured()
    await clerk.knows()
    clerk.till.fault("receipts.create", kind)
    await clerk.drain()
    assert await clerk.states() == [("prepayment", "sent")]
    await clerk.registered()

    assert await clerk.states() == [("prepayment", "registered")]
    assert clerk.made() == [("payment", PAID, clerk.till.kopecks)]
    key = str((await clerk.row())["key"])
    sent = [one for one in clerk.requests() if one["key"] == key]
    assert len(sent) == 2
    assert len({one["body"] for one in sent}) == 1


async def test_a_dead_key_is_looked_up_and_never_sent_again(clerk: Clerk) -> None:
    await clerk.till.captured()
    await clerk.knows()
    clerk.till.fault("receipts.create", "commit_then_drop")
    await clerk.drain()
    await clerk.later(hours=25)
    await clerk.registered()

    row = await clerk.row()
    assert (row["state"], row["generation"]) == ("registered", 0)
    assert clerk.made() == [("payment", PAID, clerk.till.kopecks)]


async def test_proven_absent_under_a_dead_key_it_is_made_under_a_new_one(clerk: Clerk) -> None:
    await clerk.till.captured()
    await clerk.knows()
    clerk.till.fault("receipts.create", "refuse_before")
    await clerk.drain()
    first = (await clerk.row())["key"]
    await clerk.later(hours=25)
    await clerk.registered()

    row = await clerk.row()
    assert (row["state"], row["generation"]) == ("registered", 1)
    assert row["key"] != first
    assert clerk.made() == [("payment", PAID, clerk.till.kopecks)]


async def test_a_canceled_registration_is_a_persons_task_and_can_be_sent_again(
    clerk: Clerk,
) -> None:
    clerk.till.fault("receipts.create", "receipt_canceled")
    await clerk.knows()
    await clerk.till.captured()
    await clerk.registered()

    row = await clerk.row()
    assert (row["state"], row["reason"]) == ("needs_person", "canceled")
    assert await clerk.told(NEEDS_PERSON) == 1
    async with clerk.till.database.reading() as session:
        listed = await queries.needing_person(session)
        assert (await queries.counts(session))[ReceiptState.NEEDS_PERSON] == 1
    assert [(one.id, one.amount_kopecks) for one in listed] == [(row["id"], clerk.till.kopecks)]
    await clerk.nothing_happens_twice()

    async with clerk.till.database.transaction() as session:
        assert await queries.send_again(session, row["id"], clerk.till.now)
    await clerk.registered()
    row = await clerk.row()
    assert (row["state"], row["person_since"]) == ("registered", None)
    assert clerk.made() == [("payment", PAID, clerk.till.kopecks)]


async def test_a_refusal_is_a_persons_task_and_bad_weather_is_not(clerk: Clerk) -> None:
    await clerk.till.captured()
    await clerk.knows()
    clerk.till.fault("receipts.create", "http_401")
    clerk.till.fault("receipts.create", "http_400", skip=1)
    await clerk.drain()
    assert await clerk.states() == [("prepayment", "sent")]
    await clerk.drain()

    row = await clerk.row()
    assert (row["state"], row["reason"]) == ("needs_person", "refused")
    assert await clerk.told(NEEDS_PERSON) == 1


async def test_a_registration_of_more_than_a_day_is_told_once_and_watched_on(clerk: Clerk) -> None:
    clerk.till.fault("receipts.create", "receipt_pending")
    await clerk.knows()
    await clerk.till.captured()
    await clerk.drain()
    assert (await clerk.row())["person_since"] is None
    await clerk.later(hours=25)
    await clerk.drain()
    await clerk.drain()
    row = await clerk.row()
    assert (row["state"], row["reason"]) == ("pending", "late")
    assert await clerk.told(NEEDS_PERSON) == 1

    provider = clerk.till.provider
    provider.sim(f"/receipts/{row['provider_id']}/end", status="succeeded")
    await clerk.drain()
    row = await clerk.row()
    assert (row["state"], row["person_since"], row["reason"]) == ("registered", None, "")


async def test_a_receipt_inside_cannot_hold_up_a_payment_or_a_refund(
    database: Database, books: Books, tmp_path: Path
) -> None:
    """A shop whose till writes e-mails only, and a client of whom only the phone is known."""
    terms = Terms(receipts_need_email=True)
    with simulating(tmp_path / "picky.sqlite", terms=terms) as provider:
        clerk = await _with_a_phone(database, books, provider)
        with pytest.raises(ApplicationError, match="receipt"):
            await clerk.till.captured()
        await clerk.till.captured()
        assert [one["status"] for one in clerk.till.payments()] == ["succeeded"]
        await clerk.drain()
        await clerk.drain()
        assert await clerk.states() == [("prepayment", "awaiting_contact")]
        assert await clerk.told(ASK_FOR_EMAIL) == 1

        refused = await clerk.till.refund(100_00)
        assert refused.refund is not None
        assert refused.refund.state is RefundState.FAILED
        again = await clerk.till.refund(100_00, seq=2)
        assert again.refund is not None
        assert again.refund.state is RefundState.SUCCEEDED

        await clerk.knows()
        await clerk.registered()
        assert [state for _, state in await clerk.states()][::2] == ["registered"] * 2
        assert clerk.made() == [("payment", PAID, clerk.till.kopecks), ("refund", PAID, 100_00)]


async def _with_a_phone(database: Database, books: Books, provider: Simulator) -> Clerk:
    till = Till(database, provider, await placed(database), gateway(provider))
    till.now = max(NOON, datetime.now(UTC))
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("UPDATE users SET phone_verified_at = now()")
    return Clerk(till, books)


async def test_a_shop_without_receipts_writes_none(till: Till, books: Books) -> None:
    await till.captured()
    await till.refund(100_00)

    assert await rows(books, till.order.order_id) == []


async def test_a_receipt_tells_of_what_was_taken_of_a_hold(clerk: Clerk) -> None:
    till = clerk.till
    held = await till.held()
    part = till.kopecks // 2
    till.gateway.post(
        capture_path(str(held.provider_id)),
        capture_request(part),
        f"by-a-person-{held.provider_id}",
    )

    await till.run(Op.CAPTURE)

    row = await clerk.row()
    assert (row["state"], row["amount_kopecks"]) == ("due", part)
