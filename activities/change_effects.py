"""What one decided change does to the tables, inside the transaction that writes its story row.

A change whose story row exists already has had its effects; they are never repeated.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from activities import (
    break_outside,
    credit,
    ledger,
    outbox,
    quote_records,
    ratings,
    receipt_records,
    standing,
    story,
)
from activities.messages import Written
from models.offers import OfferRow
from models.orders import OrderEventRow
from models.queries import quotas as quota_queries
from rules import quotas
from rules.catalog import Service
from rules.changes import OfferOutcome
from rules.errors import NoCapacity, OrderTaken
from rules.orders import OfferState, OrderEvent, OrderState, Role

_WAITING = (OfferState.LIVE, OfferState.QUOTED)


@dataclass
class Writing:
    """One order locked for writing, and what has been found out about it."""

    session: AsyncSession
    order_id: str
    client_id: int
    policy_version: str
    service: Service
    state: OrderState
    version: int
    created_at: datetime
    contractors: dict[int, standing.Contractor] = field(default_factory=dict)
    # For the metrics, counted only once the transaction is committed.
    entered: list[OrderState] = field(default_factory=list)
    ended_offers: list[OfferState] = field(default_factory=list)
    # Whose live offers ended because the order stopped searching.
    swept: set[int] = field(default_factory=set)
    distribution_seconds: float | None = None
    # What of the client's credit was reserved for the prepayment.
    credit_kopecks: int = 0


async def apply(writing: Writing, change: Written) -> Written | None:
    """Write one change with all it means, as it stands then; None if it was written before.

    Raises:
        OrderTaken, NoCapacity, QuotaReached: The database has the last word about the winner.
    """
    is_won = change.winner is not None and await _has_won(writing, change.winner)
    if not await _tell_story(writing, change):
        return None
    if change.winner is not None and not is_won:
        await _win(writing, change, change.winner)
    freed = change.frees if await _holds_slot(writing, change) else None
    await _end_offers(writing, change)
    if freed is not None:
        await standing.free_slot(writing.session, freed)
    journals = await break_outside.fitting(
        writing.session,
        writing.order_id,
        change.journals,
        closes=change.event is OrderEvent.CLOSED,
    )
    for journal in journals:
        await ledger.post(writing.session, journal, writing.order_id, change.at)
    await receipt_records.owe_earned(writing.session, writing.order_id, journals, change.at)
    change = await _use_credit(writing, change)
    await quote_records.write(writing.session, change.view, change.at)
    await ratings.write(writing.session, writing.order_id, change)
    await standing.award(
        writing.session, writing.order_id, change.points, writing.policy_version, change.at
    )
    await outbox.owe(writing.session, list(_messages(writing, change)))
    if change.view.state is not writing.state:
        writing.entered.append(change.view.state)
        writing.state = change.view.state
    if change.event is OrderEvent.ACCEPTED and change.round == 1:
        writing.distribution_seconds = (change.at - writing.created_at).total_seconds()
    return change


async def _use_credit(writing: Writing, change: Written) -> Written:
    """The credit's part of the prepayment: asked for, then used or let go with the payment."""
    session, order_id, client_id = writing.session, writing.order_id, writing.client_id
    waiting, state = OrderState.AWAITING_PREPAYMENT, change.view.state
    if writing.state is waiting and state is not waiting:
        paid = change.event is OrderEvent.PREPAID
        await credit.resolve(session, order_id, client_id, change.at, paid=paid)
    if not change.credit_max_kopecks:
        return change
    order = (order_id, change.view.version)
    kopecks = await credit.reserve(session, order, client_id, change.credit_max_kopecks, change.at)
    writing.credit_kopecks = kopecks
    return replace(change, view=replace(change.view, credit_kopecks=kopecks))


async def _tell_story(writing: Writing, change: Written) -> bool:
    written = await writing.session.exec(
        insert(OrderEventRow)
        .values(
            order_id=writing.order_id,
            version=change.view.version,
            at=change.at,
            event=change.event,
            by_role=change.by,
            actor_id=change.actor_id,
            note=change.note,
            params=story.params_of(change),
        )
        .on_conflict_do_nothing(index_elements=["order_id", "version", "event"])
        .returning(col(OrderEventRow.id))
    )
    return written.scalar_one_or_none() is not None


async def _has_won(writing: Writing, winner: int) -> bool:
    found = await writing.session.exec(
        select(OfferRow.contractor_id).where(
            OfferRow.order_id == writing.order_id, OfferRow.state == OfferState.WON
        )
    )
    won = found.one_or_none()
    if won is not None and won != winner:
        raise OrderTaken()
    return won == winner


async def _win(writing: Writing, change: Written, winner: int) -> None:
    """The second fence: a unique index allows one won offer, a check keeps the capacity.

    The contractor's row is locked, so what he has taken cannot grow meanwhile.
    """
    if change.quota is not None:
        job_class = change.quota.job_class
        taken = await quota_queries.taken(writing.session, winner, job_class, change.at)
        quotas.check(change.quota, taken)
    if not await standing.take_slot(writing.session, writing.order_id, winner, change.at):
        raise NoCapacity()
    outcome = OfferOutcome(winner, change.round, OfferState.WON)
    await _write_outcomes(writing, change, [outcome])


async def _end_offers(writing: Writing, change: Written) -> None:
    ended = [
        one
        for one in change.offers
        if one.contractor_id in writing.contractors and one.state is not OfferState.WON
    ]
    await _write_outcomes(writing, change, ended)
    gone = [one.contractor_id for one in ended]
    if change.view.state is OrderState.SEARCHING:
        await standing.release_holds(writing.session, writing.order_id, gone)
        return
    # Nobody is asked any more, whatever a wave that was under way may have written.
    swept = await writing.session.exec(
        update(OfferRow)
        .where(col(OfferRow.order_id) == writing.order_id, col(OfferRow.state).in_(_WAITING))
        .values(state=OfferState.LOST, answered_at=change.at)
        .returning(col(OfferRow.contractor_id))
    )
    writing.swept = set(swept.scalars().all())
    await standing.release_holds(writing.session, writing.order_id)


async def _write_outcomes(writing: Writing, change: Written, outcomes: list[OfferOutcome]) -> None:
    if not outcomes:
        return
    view = change.view
    rows = [
        {
            "order_id": writing.order_id,
            "round": one.round,
            "contractor_id": one.contractor_id,
            "wave": view.wave,
            "state": one.state,
            "reason": one.reason,
            "visit_at": view.visit_at or change.at,
            "until": change.at,
            "created_at": change.at,
            "answered_at": change.at,
            "terms": {},
        }
        for one in outcomes
    ]
    statement = insert(OfferRow).values(rows)
    new = statement.excluded
    await writing.session.exec(
        statement.on_conflict_do_update(
            index_elements=["order_id", "round", "contractor_id"],
            set_={"state": new.state, "reason": new.reason, "answered_at": new.answered_at},
        )
    )
    writing.ended_offers += [one.state for one in outcomes]


async def _holds_slot(writing: Writing, change: Written) -> bool:
    """Whether the contractor whom this change frees still has the slot that he won here."""
    if change.frees is None:
        return False
    # An acceptance that was refused took no slot, though the order was ended meanwhile.
    won = await writing.session.exec(
        select(OfferRow.contractor_id).where(
            OfferRow.order_id == writing.order_id,
            OfferRow.contractor_id == change.frees,
            OfferRow.state == OfferState.WON,
        )
    )
    if won.first() is None:
        return False
    # Accepting the work gave the slot back, or a dispute's end did; nobody does it again.
    freed = await writing.session.exec(
        select(OrderEventRow.id).where(
            OrderEventRow.order_id == writing.order_id,
            col(OrderEventRow.event).in_((OrderEvent.WORK_ACCEPTED, OrderEvent.DISPUTE_RESOLVED)),
            OrderEventRow.version < change.view.version,
        )
    )
    return freed.first() is None


def _messages(writing: Writing, change: Written) -> Iterator[outbox.Owed]:
    """Cards of everybody whom the change concerns, then notices, which may refer to them."""
    order_id, known = writing.order_id, writing.contractors
    yield outbox.client_card(order_id, writing.client_id)
    for contractor_id in sorted((concerned(change) | writing.swept) & known.keys()):
        yield outbox.contractor_card(order_id, contractor_id, known[contractor_id].user_id)
    for told in change.tellings:
        match told.role:
            case Role.CLIENT:
                params = dict(told.params)
                yield outbox.client_notice(order_id, writing.client_id, told.notice, **params)
            case Role.CONTRACTOR if told.contractor_id in known:
                one = known[told.contractor_id]
                yield outbox.contractor_notice(order_id, one.id, one.user_id, told.notice)
            case Role.SUPPORT:
                yield outbox.support_notice(order_id, told.notice, **dict(told.params))
            case _:
                pass


def concerned(change: Written) -> set[int]:
    """The contractors whose card shows this change."""
    ids = {change.winner, change.frees, change.view.contractor_id}
    return {one for one in ids if one} | {one.contractor_id for one in change.offers}


def touched(change: Written) -> set[int]:
    """All contractors whom this change may write about."""
    told = {one.contractor_id for one in change.tellings if one.contractor_id}
    return concerned(change) | told | {one.contractor_id for one in change.points}


def restood(change: Written) -> set[int]:
    """The contractors whose cached figures this change may alter."""
    ids = {one.contractor_id for one in change.points}
    ids |= {one.contractor_id for one in change.offers}
    if change.event in (OrderEvent.CLOSED, OrderEvent.RATED, OrderEvent.WORK_ACCEPTED):
        ids |= {change.view.contractor_id or 0}
    return ids


async def live_contractors(session: AsyncSession, order_id: str) -> set[int]:
    """The contractors whose offer or quote of this order waits for an answer."""
    found = await session.exec(
        select(OfferRow.contractor_id).where(
            OfferRow.order_id == order_id, col(OfferRow.state).in_(_WAITING)
        )
    )
    return set(found.all())
