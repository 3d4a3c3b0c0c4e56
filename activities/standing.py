"""A contractor's capacity and standing: slots, points, rating and what is cached of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Double, Integer, case, column, func, update, values
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.contractors import ContractorRow
from models.offers import HoldRow, OfferRow
from models.orders import OrderRow
from models.points import PointsEntryRow, RatingRow
from rules.orders import OfferState, OrderState, Role
from rules.points import PointsChange, points_now, rating_now

ANSWERS_COUNTED = timedelta(days=90)
# Offers that ended without a word of the contractor's tell nothing about how he answers.
_UNANSWERED = (OfferState.LIVE, OfferState.LOST, OfferState.SKIPPED, OfferState.QUOTED)
_TAKEN = (OfferState.WON, OfferState.WITHDRAWN)


@dataclass(frozen=True)
class Contractor:
    """What the writers need to know of one contractor; his row is locked meanwhile."""

    id: int
    user_id: int
    utc_offset_minutes: int
    capacity_left: int


async def lock(session: AsyncSession, contractor_ids: Iterable[int]) -> dict[int, Contractor]:
    """Lock contractors in the order of their ids, so that no two transactions wait in a ring."""
    wanted = sorted(set(contractor_ids))
    if not wanted:
        return {}
    found = await session.exec(
        select(
            ContractorRow.id,
            ContractorRow.user_id,
            ContractorRow.utc_offset_minutes,
            # One expression more would not fit the typed select.
            (col(ContractorRow.capacity) - ContractorRow.busy - ContractorRow.held),
        )
        .where(col(ContractorRow.id).in_(wanted))
        .order_by(col(ContractorRow.id))
        .with_for_update(key_share=True)
    )
    return {row[0]: Contractor(row[0], row[1], row[2], row[3]) for row in found}


async def release_holds(
    session: AsyncSession, order_id: str, contractor_ids: Collection[int] | None = None
) -> None:
    """Give held slots of an order back (all of them by default), each at most once."""
    statement = delete(HoldRow).where(col(HoldRow.order_id) == order_id)
    if contractor_ids is not None:
        if not contractor_ids:
            return
        statement = statement.where(col(HoldRow.contractor_id).in_(contractor_ids))
    released = await session.exec(statement.returning(col(HoldRow.contractor_id)))
    ids = released.scalars().all()
    if ids:
        await session.exec(
            update(ContractorRow)
            .where(col(ContractorRow.id).in_(ids))
            .values(held=col(ContractorRow.held) - 1)
        )


async def take_slot(session: AsyncSession, order_id: str, contractor_id: int, at: datetime) -> bool:
    """Turn a contractor's hold into a job, or take a free slot; False if there is none."""
    held = await session.exec(
        delete(HoldRow)
        .where(col(HoldRow.order_id) == order_id, col(HoldRow.contractor_id) == contractor_id)
        .returning(col(HoldRow.contractor_id))
    )
    changes = {"busy": col(ContractorRow.busy) + 1, "last_won_at": at}
    statement = update(ContractorRow).where(col(ContractorRow.id) == contractor_id)
    if held.scalar_one_or_none() is not None:
        statement = statement.values(held=col(ContractorRow.held) - 1, **changes)
    else:
        free = col(ContractorRow.busy) + col(ContractorRow.held) < col(ContractorRow.capacity)
        statement = statement.where(free).values(**changes)
    taken = await session.exec(statement.returning(col(ContractorRow.id)))
    return taken.scalar_one_or_none() is not None


async def free_slot(session: AsyncSession, contractor_id: int) -> None:
    """Give a job's slot back."""
    await session.exec(
        update(ContractorRow)
        .where(col(ContractorRow.id) == contractor_id, col(ContractorRow.busy) > 0)
        .values(busy=col(ContractorRow.busy) - 1)
    )


async def award(
    session: AsyncSession,
    order_id: str,
    changes: Collection[PointsChange],
    policy_version: str,
    at: datetime,
) -> None:
    """Write points entries, each (order, round, reason, contractor) at most once."""
    if not changes:
        return
    rows = [
        {
            "contractor_id": one.contractor_id,
            "order_id": order_id,
            "round": one.round,
            "reason": one.reason,
            "delta": one.delta,
            "policy_version": policy_version,
            "created_at": at,
        }
        for one in changes
    ]
    await session.exec(insert(PointsEntryRow).values(rows).on_conflict_do_nothing())


async def refresh(session: AsyncSession, contractor_ids: Collection[int], at: datetime) -> None:
    """Compute the cached figures of contractors anew, in a fixed number of statements."""
    ids = sorted(set(contractor_ids))
    if not ids:
        return
    points = await _points(session, ids)
    stars = await _stars(session, ids)
    completed = await _completed(session, ids)
    answers = await _answers(session, ids, at - ANSWERS_COUNTED)
    figures = [
        (
            one,
            points_now(points[one], at),
            rating_now(stars[one], at),
            len(stars[one]),
            completed.get(one, 0),
            *answers.get(one, (0, 0)),
        )
        for one in ids
    ]
    await _write_figures(session, figures)


async def _write_figures(session: AsyncSession, figures: Sequence[tuple[float, ...]]) -> None:
    new = values(
        column("id", BigInteger),
        column("points", Double),
        column("rating", Double),
        column("reviews", Integer),
        column("completed", Integer),
        column("offers_90d", Integer),
        column("accepted_90d", Integer),
        name="new",
    ).data(figures)
    await session.exec(
        update(ContractorRow)
        .where(col(ContractorRow.id) == new.c.id)
        .values({name: new.c[name] for name in new.c.keys() if name != "id"})  # noqa: SIM118 - not a dict
    )


async def _points(
    session: AsyncSession, ids: list[int]
) -> defaultdict[int, list[tuple[int, datetime]]]:
    entries: defaultdict[int, list[tuple[int, datetime]]] = defaultdict(list)
    for contractor_id, delta, at in await session.exec(
        select(PointsEntryRow.contractor_id, PointsEntryRow.delta, PointsEntryRow.created_at).where(
            col(PointsEntryRow.contractor_id).in_(ids)
        )
    ):
        entries[contractor_id].append((delta, at))
    return entries


async def _stars(
    session: AsyncSession, ids: list[int]
) -> defaultdict[int, list[tuple[int, datetime]]]:
    # Blind stars must not show through the rating.
    reviews: defaultdict[int, list[tuple[int, datetime]]] = defaultdict(list)
    for contractor_id, stars, at in await session.exec(
        select(OrderRow.contractor_id, RatingRow.stars, RatingRow.created_at)
        .where(col(RatingRow.order_id) == col(OrderRow.id))
        .where(col(OrderRow.contractor_id).in_(ids))
        .where(RatingRow.by_role == Role.CLIENT, col(RatingRow.revealed_at).is_not(None))
    ):
        reviews[contractor_id or 0].append((stars, at))
    return reviews


async def _completed(session: AsyncSession, ids: list[int]) -> dict[int, int]:
    found = await session.exec(
        select(OrderRow.contractor_id, func.count())
        .where(col(OrderRow.contractor_id).in_(ids), OrderRow.state == OrderState.COMPLETED)
        .group_by(col(OrderRow.contractor_id))
    )
    return {contractor_id or 0: count for contractor_id, count in found}


async def _answers(
    session: AsyncSession, ids: list[int], since: datetime
) -> dict[int, tuple[int, int]]:
    taken = func.count(case((col(OfferRow.state).in_(_TAKEN), 1)))
    found = await session.exec(
        select(OfferRow.contractor_id, func.count(), taken)
        .where(col(OfferRow.contractor_id).in_(ids))
        .where(col(OfferRow.created_at) > since, col(OfferRow.state).not_in(_UNANSWERED))
        .group_by(col(OfferRow.contractor_id))
    )
    return {contractor_id: (offers, accepted) for contractor_id, offers, accepted in found}
