"""Comparing the mirror with our rows, and keeping what differs: each break once, until it ends."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.orders import OrderRow
from models.queries import reconciliation as queries
from models.reconciliation import ReconciliationBreakRow
from models.telegram import OutboxKind, OutboxRow
from rules import reconciliation as rules
from rules.attempts import AttemptState, RefundState
from rules.orders import Role
from rules.reconciliation import (
    ADOPTED_FROM,
    OPEN_STATES,
    Break,
    BreakClass,
    BreakState,
    OurRefund,
    Ours,
    Remedy,
    Span,
    TheirRefund,
    Theirs,
)
from texts.catalogue import say
from texts.formatting import money, order_number
from texts.language import Language

PATIENCE = timedelta(minutes=10)
"""A broken invariant that comes and goes with what is just being written is told to nobody."""

_SEEN_ANEW = (BreakClass.INVARIANT, BreakClass.CHARGEBACK, BreakClass.MISSING_THERE)
"""What a comparison does not look at again: it neither finds nor ends them."""


@dataclass
class Comparison:
    """What differs, and the provider's ids of everything that was looked at."""

    found: list[Break] = field(default_factory=list)
    looked: set[str] = field(default_factory=set)

    def add(self, object_id: str, one: Break | None) -> None:
        """Note what came of looking at an object."""
        self.looked.add(object_id)
        if one is not None:
            self.found.append(one)


async def compare(
    session: AsyncSession, since: datetime, span: Span | None, now: datetime, *, expect_test: bool
) -> Comparison:
    """Everything that differs in what was seen since `since`, plus what `span` lacks of ours."""
    comparison = Comparison()
    await _payments(session, comparison, since, now, expect_test=expect_test)
    await _refunds(session, comparison, since, now)
    comparison.found += await _duplicates(session)
    if span is not None:
        rows = await queries.rows(
            session, queries.UNLISTED, since=span.since, until=span.until - rules.MISSING_AFTER
        )
        missing = (rules.missing_there(_attempt(row), now) for row in rows)
        comparison.found += [one for one in missing if one is not None]
    return comparison


async def _payments(
    session: AsyncSession,
    comparison: Comparison,
    since: datetime,
    now: datetime,
    *,
    expect_test: bool,
) -> None:
    for row in await queries.rows(session, queries.PAYMENT_PAIRS, since=since):
        if row["order_id"] is None and row["is_foreign"]:
            # It lies in suspense; a person finds out whose it is and returns it in the cabinet.
            continue
        theirs = Theirs(
            row["id"],
            row["status"],
            row["amount_kopecks"],
            row["income_kopecks"],
            row["refunded_kopecks"],
            expect_test if row["test"] is None else row["test"],
            row["created_at"],
            row["known_order"],
            row["attempt"],
            row["is_awaited"],
        )
        ours = None
        if row["order_id"] is not None:
            ours = Ours(
                row["order_id"],
                row["number"],
                AttemptState(row["state"]),
                row["ours_kopecks"],
                row["id"],
                row["ours_created_at"],
                # Adopted money is ours alone, whatever its order still does.
                row["is_closed"] or row["number"] >= ADOPTED_FROM,
                fee_kopecks=row["fee_kopecks"],
            )
        one = rules.payment_break(theirs, ours, now, expect_test=expect_test)
        comparison.add(row["id"], one)


async def _refunds(
    session: AsyncSession, comparison: Comparison, since: datetime, now: datetime
) -> None:
    for row in await queries.rows(session, queries.REFUND_PAIRS, since=since):
        # One that we asked for and have no answer about is most likely this one.
        if row["order_id"] is None and (row["is_asked"] or row["is_foreign"]):
            comparison.add(row["id"], None)
            continue
        theirs = TheirRefund(
            row["id"],
            row["payment_id"],
            row["status"],
            row["amount_kopecks"],
            row["created_at"],
            row["payer"],
        )
        ours = None
        if row["order_id"] is not None:
            ours = OurRefund(
                row["order_id"],
                row["attempt"],
                row["seq"],
                RefundState(row["state"]),
                row["ours_kopecks"],
                row["id"],
                row["ours_created_at"],
                row["is_closed"] or row["attempt"] >= ADOPTED_FROM,
            )
        one = rules.refund_break(theirs, ours, now)
        comparison.add(row["id"], one)


async def _duplicates(session: AsyncSession) -> list[Break]:
    by_order: dict[str, list[Ours]] = {}
    for row in await queries.rows(session, queries.DUPLICATED):
        by_order.setdefault(row["order_id"], []).append(
            _attempt(row, is_owned=not row["released"], returned=row["returned_kopecks"])
        )
    return [one for attempts in by_order.values() for one in rules.duplicates(tuple(attempts))]


def _attempt(row: Any, *, is_owned: bool = True, returned: int = 0) -> Ours:
    return Ours(
        row["order_id"],
        row["number"],
        AttemptState(row["state"]),
        row["amount_kopecks"],
        row["provider_id"],
        row["created_at"],
        row["is_closed"],
        is_owned,
        refunded_or_reserved_kopecks=returned,
    )


async def keep(session: AsyncSession, found: Sequence[Break], now: datetime) -> None:
    """Write breaks down; a known one only gets the newest figures, a dismissed one stays so."""
    for one in found:
        statement = insert(ReconciliationBreakRow).values(
            kind=one.kind,
            subject=one.subject,
            remedy=one.remedy,
            state=BreakState.OPEN,
            order_id=one.order_id,
            attempt=one.attempt,
            refund_seq=one.refund_seq,
            provider_id=one.provider_id,
            ours_kopecks=one.ours_kopecks,
            theirs_kopecks=one.theirs_kopecks,
            first_seen=now,
            last_seen=now,
        )
        new, known = statement.excluded, ReconciliationBreakRow
        is_given = (col(known.remedy) == Remedy.PERSON) & (col(known.note) != "")
        await session.exec(
            statement.on_conflict_do_update(
                index_elements=["kind", "subject"],
                index_where=text("state <> 'repaired'"),
                set_={
                    "last_seen": new.last_seen,
                    # What was given to a person stays his, or he would never be told.
                    "remedy": case((is_given, col(known.remedy)), else_=new.remedy),
                    "order_id": new.order_id,
                    "ours_kopecks": new.ours_kopecks,
                    "theirs_kopecks": new.theirs_kopecks,
                },
            )
        )


async def end_healed(session: AsyncSession, comparison: Comparison, now: datetime) -> int:
    """Breaks that are not there any more have been repaired, by whomever; how many.

    A run that did not look at an object says nothing about its break.
    """
    still = {(one.kind, one.subject) for one in comparison.found}
    known = await session.exec(
        select(ReconciliationBreakRow)
        .where(col(ReconciliationBreakRow.state).in_(OPEN_STATES))
        .where(col(ReconciliationBreakRow.kind).not_in(_SEEN_ANEW))
        .with_for_update()
    )
    ended = 0
    for row in known:
        looked = row.subject in comparison.looked or row.kind is BreakClass.DUPLICATE_CAPTURE
        if looked and (row.kind, row.subject) not in still:
            row.state, row.closed_at = BreakState.REPAIRED, now
            ended += 1
    return ended


async def end(session: AsyncSession, break_id: int, now: datetime) -> None:
    """This break has been repaired."""
    await session.exec(
        update(ReconciliationBreakRow)
        .where(col(ReconciliationBreakRow.id) == break_id)
        .values(state=BreakState.REPAIRED, closed_at=now)
    )


async def tell_support(session: AsyncSession, now: datetime) -> int:
    """Tell the support group of each break that needs a person, once; how many."""
    rows = await session.exec(
        select(ReconciliationBreakRow)
        .where(col(ReconciliationBreakRow.state).in_(OPEN_STATES))
        .where(col(ReconciliationBreakRow.told_at).is_(None))
        .where(
            (col(ReconciliationBreakRow.kind) != BreakClass.INVARIANT)
            | (col(ReconciliationBreakRow.first_seen) <= now - PATIENCE)
        )
        .where(
            col(ReconciliationBreakRow.remedy).in_(
                (Remedy.PERSON, Remedy.REFUND, Remedy.POST_CHARGEBACK, Remedy.POST_GOODWILL)
            )
        )
        .with_for_update()
    )
    told = list(rows)
    for row in told:
        row.told_at = now
        order = await session.get(OrderRow, row.order_id) if row.order_id else None
        params = {
            "number": f"B-{row.id}",
            "kind": say(f"break.{row.kind.value}", Language.RU),
            "subject": order_number(order.number) if order is not None else row.subject,
            "ours": money(row.ours_kopecks, Language.RU),
            "theirs": money(row.theirs_kopecks, Language.RU),
        }
        notice = "text.breaks.found"
        if row.kind is BreakClass.INVARIANT:
            notice, params = "text.breaks.invariant", {"name": row.subject, "note": row.note}
        values = {"order_id": row.order_id, "role": Role.SUPPORT, "notice": notice}
        await session.exec(
            insert(OutboxRow).values(kind=OutboxKind.NOTICE, params=params, **values)
        )
    return len(told)
