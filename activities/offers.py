"""Waves of offers: who is asked next, why, and the slots that are held for them meanwhile."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity

from activities import holds, outbox, standing
from activities.circles import Circles
from activities.dispatch import Choice, choose, deadline, seed, sent_offer
from activities.messages import OfferTerms, SentOffer, Wave
from models.contractors import ContractorRow
from models.database import Database
from models.offers import DispatchDecisionRow, DispatchExclusionRow, HoldRow, OfferRow
from models.orders import OrderRow
from rules import points
from rules.night import is_night
from rules.offers import Exclusion, Scored
from rules.orders import OfferState, OrderState
from runtime import metrics

# How many more than a wave asks are kept ready, should somebody be taken meanwhile.
RESERVE = 5


class OfferActivities:
    """Asks contractors; what was asked is decided and written in one transaction."""

    def __init__(self, database: Database) -> None:
        """`database` is shared with the process."""
        self._database = database
        self._circles = Circles()

    @activity.defn
    async def send_wave(self, terms: OfferTerms) -> Wave:
        """End the silent offers, then ask up to `size` of the best contractors.

        A wave that has been sent is returned as it was; an order that no longer searches asks
        nobody. The number of statements does not depend on the number of contractors.
        """
        async with self._database.transaction() as session:
            wave, is_new = await _send_wave(session, terms, self._circles)
        if is_new:
            service = terms.service.value
            metrics.OFFERS.labels(service=service, outcome="sent").inc(len(wave.offers))
        return wave

    @activity.defn
    async def sweep_holds(self, now: datetime) -> int:
        """Release a batch of held slots that nobody waits for; how many. Run twice, none."""
        async with self._database.transaction() as session:
            freed = await holds.sweep(session, now)
        metrics.HOLDS_SWEPT.inc(freed)
        return freed


async def _send_wave(
    session: AsyncSession, terms: OfferTerms, circles: Circles
) -> tuple[Wave, bool]:
    found = await session.exec(
        select(OrderRow.state, OrderRow.latitude, OrderRow.longitude)
        .where(OrderRow.id == terms.order_id)
        .with_for_update(key_share=True)
    )
    state, latitude, longitude = found.one()
    sent = await _sent_before(session, terms)
    if sent is not None:
        return sent, False
    if state is not OrderState.SEARCHING:
        return Wave(()), False
    choice = await choose(session, terms, (latitude, longitude), circles)
    wanted = terms.only or [one.candidate.contractor_id for one in choice.ranked]
    asked = [one for one in choice.ranked if one.candidate.contractor_id in wanted]
    near = asked[: terms.size + RESERVE]
    # All at once and in the order of their ids: two waves never wait for each other in a ring.
    await standing.lock(session, {*terms.silent, *(one.candidate.contractor_id for one in near)})
    silent = await _end_silent(session, terms)
    granted = await _hold(session, terms, near)
    await _write_wave(session, terms, choice, granted)
    await _tell(session, terms, choice, granted, silent)
    offered = tuple(sent_offer(one, terms) for one in granted)
    return Wave(offered, dict(choice.exclusions.counts), choice.night_until), True


async def _sent_before(session: AsyncSession, terms: OfferTerms) -> Wave | None:
    rows = await session.exec(
        select(OfferRow, ContractorRow.utc_offset_minutes)
        .join(ContractorRow, col(ContractorRow.id) == col(OfferRow.contractor_id))
        .where(OfferRow.order_id == terms.order_id, OfferRow.round == terms.round)
        .where(OfferRow.wave == terms.wave, OfferRow.rank > 0)
        .order_by(col(OfferRow.rank))
    )
    sent = tuple(
        SentOffer(row.contractor_id, row.distance_km, row.score, row.terms, row.until, offset)
        for row, offset in rows
    )
    if not sent:
        return None
    counted = await session.exec(
        select(DispatchExclusionRow.reason, DispatchExclusionRow.count)
        .where(DispatchExclusionRow.order_id == terms.order_id)
        .where(DispatchExclusionRow.round == terms.round, DispatchExclusionRow.wave == terms.wave)
    )
    return Wave(sent, {Exclusion(reason).value: count for reason, count in counted})


async def _end_silent(session: AsyncSession, terms: OfferTerms) -> dict[int, standing.Contractor]:
    """Expire unanswered offers; silence costs points, but not at night."""
    if not terms.silent:
        return {}
    ended = await session.exec(
        update(OfferRow)
        .where(col(OfferRow.order_id) == terms.order_id, col(OfferRow.round) == terms.round)
        .where(col(OfferRow.contractor_id).in_(terms.silent))
        .where(col(OfferRow.state) == OfferState.LIVE)
        .values(state=OfferState.EXPIRED, answered_at=terms.now)
        .returning(col(OfferRow.contractor_id))
    )
    known = await standing.lock(session, ended.scalars().all())
    await standing.release_holds(session, terms.order_id, list(known))
    awake = [
        points.change(one.id, points.PointsReason.SILENCE, terms.round)
        for one in known.values()
        if not is_night(terms.now, one.utc_offset_minutes, terms.policy)
    ]
    await standing.award(session, terms.order_id, awake, terms.policy.version, terms.now)
    await standing.refresh(session, list(known), terms.now)
    return known


async def _hold(session: AsyncSession, terms: OfferTerms, ranked: list[Scored]) -> list[Scored]:
    """Hold a slot of the best ones; whoever was taken meanwhile leaves his place to the next."""
    best, rest = ranked[: terms.size], ranked[terms.size :]
    granted = await _grant(session, terms, best)
    if len(granted) < terms.size and rest:
        missing = terms.size - len(granted)
        granted += (await _grant(session, terms, rest, missing))[:missing]
    return granted


async def _grant(
    session: AsyncSession, terms: OfferTerms, wanted: list[Scored], at_most: int | None = None
) -> list[Scored]:
    ids = [one.candidate.contractor_id for one in wanted]
    locked = await standing.lock(session, ids)
    live = await _live_offers(session, terms, ids)
    free = [
        one
        for one in wanted
        if locked[one.candidate.contractor_id].capacity_left > 0
        and live.get(one.candidate.contractor_id, 0) < terms.max_live_offers
    ][:at_most]
    if not free or not terms.holds:
        return free
    slots = [
        {
            "order_id": terms.order_id,
            "contractor_id": one.candidate.contractor_id,
            "until": deadline(one, terms),
        }
        for one in free
    ]
    held = await session.exec(
        insert(HoldRow)
        .values(slots)
        # A slot that is held for this order already is not held twice.
        .on_conflict_do_nothing()
        .returning(col(HoldRow.contractor_id))
    )
    await session.exec(
        update(ContractorRow)
        .where(col(ContractorRow.id).in_(held.scalars().all()))
        .values(held=col(ContractorRow.held) + 1)
    )
    return free


async def _live_offers(session: AsyncSession, terms: OfferTerms, ids: list[int]) -> dict[int, int]:
    if not ids:
        return {}
    counted = await session.exec(
        select(OfferRow.contractor_id, func.count())
        .join(OrderRow, col(OrderRow.id) == col(OfferRow.order_id))
        .where(col(OfferRow.contractor_id).in_(ids), OfferRow.state == OfferState.LIVE)
        .where(OrderRow.job_class == terms.service.job_class)
        .group_by(col(OfferRow.contractor_id))
    )
    return dict(counted.all())


async def _write_wave(
    session: AsyncSession, terms: OfferTerms, choice: Choice, granted: list[Scored]
) -> None:
    where: dict[str, Any] = {
        "order_id": terms.order_id,
        "round": terms.round,
        "wave": terms.wave,
    }
    if granted:
        await session.exec(insert(OfferRow).values([_offer(one, where, terms) for one in granted]))
    chosen = {one.candidate.contractor_id for one in granted}
    if choice.ranked:
        rows = [_decision(one, where, terms, chosen) for one in choice.ranked]
        await session.exec(insert(DispatchDecisionRow).values(rows).on_conflict_do_nothing())
    nearest = choice.exclusions.nearest
    if nearest:
        counts = insert(DispatchExclusionRow).values(
            [
                {**where, "reason": reason, "count": n, "contractor_ids": nearest[reason]}
                for reason, n in choice.exclusions.counts.items()
            ]
        )
        await session.exec(
            counts.on_conflict_do_update(
                index_elements=["order_id", "round", "wave", "reason"],
                set_={
                    "count": counts.excluded.count,
                    "contractor_ids": counts.excluded.contractor_ids,
                },
            )
        )


def _offer(one: Scored, where: dict[str, Any], terms: OfferTerms) -> dict[str, Any]:
    return {
        **where,
        "contractor_id": one.candidate.contractor_id,
        "state": OfferState.LIVE,
        "visit_at": terms.visit_at,
        "until": deadline(one, terms),
        "distance_km": one.candidate.distance_km,
        "score": one.score,
        "rank": one.rank,
        "terms": one.terms,
        "created_at": terms.now,
    }


def _decision(
    one: Scored, where: dict[str, Any], terms: OfferTerms, chosen: set[int]
) -> dict[str, Any]:
    return {
        **where,
        "contractor_id": one.candidate.contractor_id,
        "policy_version": terms.policy.version,
        "seed": seed(terms),
        "rank": one.rank,
        "score": one.score,
        "distance_km": one.candidate.distance_km,
        "terms": one.terms,
        "chosen": one.candidate.contractor_id in chosen,
        "explored": one.explored,
    }


async def _tell(
    session: AsyncSession,
    terms: OfferTerms,
    choice: Choice,
    granted: list[Scored],
    silent: dict[int, standing.Contractor],
) -> None:
    """Cards of the asked and of the silent; the client's says how far the search has come."""
    due = max((deadline(one, terms) for one in granted), default=None)
    if due is not None:
        progress: dict[str, Any] = {
            "wave": terms.wave,
            "offered": await _offered(session, terms),
            "due_at": due.isoformat(),
        }
        await session.exec(
            update(OrderRow)
            .where(col(OrderRow.id) == terms.order_id)
            .values(due_at=due, facts=col(OrderRow.facts).concat(progress))
        )
    asked = {one.candidate.contractor_id for one in granted}
    owed = [
        outbox.contractor_card(terms.order_id, one, choice.circles[one].user_id) for one in asked
    ]
    owed += [outbox.contractor_card(terms.order_id, one.id, one.user_id) for one in silent.values()]
    await outbox.owe(session, [*owed, outbox.client_card(terms.order_id, terms.client_id)])


async def _offered(session: AsyncSession, terms: OfferTerms) -> int:
    counted = await session.exec(
        select(func.count()).where(
            OfferRow.order_id == terms.order_id, OfferRow.round == terms.round
        )
    )
    return counted.one()
