"""The order's rows: its opening, and the one transaction in which each change is written."""

import secrets
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import change_effects, credit, outbox, standing
from activities.change_effects import Writing
from activities.messages import Commit, Committed, Opened, Opening, Written
from models.database import Database
from models.orders import OrderEventRow, OrderRequestRow, OrderRow
from models.users import UserRow
from rules.catalog import Service
from rules.errors import NoCapacity, OrderTaken, QuotaReached, TooManyOrders
from rules.orders import FINAL_STATES, OrderEvent, OrderState, Role
from rules.views import OrderView
from runtime import metrics
from runtime.failpoints import failpoint_async

_FACTS = TypeAdapter(OrderView)
# Facts are public; what only some may know is joined from columns for whom it concerns.
_PERSONAL = {
    "client_name",
    "client_phone",
    "address",
    "latitude",
    "longitude",
    "comment",
    "contractor_name",
    "contractor_phone",
    "page_url",
}
_UNPAID = (OrderState.NEW, OrderState.SEARCHING, OrderState.AWAITING_PREPAYMENT)
_SECRET_BYTES = 24


def public_facts(view: OrderView) -> dict[str, Any]:
    """The JSON of a view without anything personal; absent fields have their defaults."""
    facts: dict[str, Any] = _FACTS.dump_python(
        view, mode="json", exclude=_PERSONAL, exclude_none=True
    )
    return facts


class OrderActivities:
    """Writes orders; the workflow decides, this only keeps."""

    def __init__(self, database: Database) -> None:
        """`database` is shared with the process."""
        self._database = database

    @activity.defn
    async def open(self, opening: Opening) -> Opened:
        """Write a new order down as searching, or refuse it; the same order id once only.

        Raises:
            ApplicationError: RequestUnknown, when there is no such request of this client.
        """
        async with self._database.transaction() as session:
            opened, is_new = await _open(session, opening)
        if is_new:
            _count_state(opening.service.value, OrderState.SEARCHING)
        return opened

    @activity.defn
    async def commit(self, batch: Commit) -> Committed:
        """Write a batch of changes, all or none; each has its effects once, however often sent.

        A winner whom the database refuses (another was first, no capacity) is the answer, not
        an error.
        """
        try:
            async with self._database.transaction() as session:
                writing = await _commit(session, batch)
        except (OrderTaken, NoCapacity, QuotaReached) as refusal:
            return Committed(refused=type(refusal).__name__)
        except IntegrityError as error:
            if "uq_offers_won" not in str(error.orig):
                raise
            return Committed(refused=OrderTaken.__name__)
        await failpoint_async("order.committed")
        _count(writing)
        return Committed(credit_kopecks=writing.credit_kopecks)


async def _open(session: AsyncSession, opening: Opening) -> tuple[Opened, bool]:
    # The client's row is the queue in which his orders are counted.
    await session.exec(
        select(UserRow.id).where(UserRow.id == opening.client_id).with_for_update(key_share=True)
    )
    known = await session.exec(select(OrderRow.number).where(OrderRow.id == opening.order_id))
    number = known.one_or_none()
    if number is not None:
        return Opened(number), False
    if await _exceeds_limits(session, opening):
        return Opened(0, refused=TooManyOrders.__name__), False
    request = await session.get(OrderRequestRow, opening.request_id)
    if request is None or request.client_id != opening.client_id:
        raise ApplicationError("no such request", type="RequestUnknown", non_retryable=True)
    inserted = await session.exec(
        insert(OrderRow).values(_first_row(opening, request)).returning(col(OrderRow.number))
    )
    number = inserted.scalar_one()
    await session.exec(
        update(OrderRow)
        .where(col(OrderRow.id) == opening.order_id)
        .values(facts=public_facts(_first_view(opening, number)))
    )
    await session.exec(
        insert(OrderEventRow).values(
            order_id=opening.order_id,
            version=1,
            at=opening.created_at,
            event=OrderEvent.PLACED,
            by_role=Role.CLIENT,
            actor_id=opening.client_id,
            params={"state": OrderState.SEARCHING.value},
        )
    )
    await outbox.owe(session, [outbox.client_card(opening.order_id, opening.client_id)])
    return Opened(number), True


async def _exceeds_limits(session: AsyncSession, opening: Opening) -> bool:
    day_ago = opening.created_at - timedelta(days=1)
    unpaid = col(OrderRow.state).in_(_UNPAID) & col(OrderRow.prepaid).is_(False)
    found = await session.exec(
        select(
            func.count().filter(unpaid),
            func.count().filter(col(OrderRow.created_at) > day_ago),
        ).where(OrderRow.client_id == opening.client_id)
    )
    open_orders, today = found.one()
    return open_orders >= opening.unpaid_orders_max or today >= opening.orders_per_day


def _first_row(opening: Opening, request: OrderRequestRow) -> dict[str, Any]:
    return {
        "id": opening.order_id,
        "client_id": opening.client_id,
        "request_id": opening.request_id,
        "secret": secrets.token_urlsafe(_SECRET_BYTES),
        "service": opening.service,
        "service_type": opening.service.service_type,
        "job_class": opening.service.job_class,
        "state": OrderState.SEARCHING,
        "version": 1,
        "town": opening.town,
        "region": opening.region,
        "utc_offset_minutes": opening.utc_offset_minutes,
        "latitude": request.latitude,
        "longitude": request.longitude,
        "address": request.address,
        "comment": request.comment,
        "estimate_low_kopecks": opening.estimate.low_kopecks,
        "estimate_high_kopecks": opening.estimate.high_kopecks,
        "prepayment_kopecks": opening.prepayment_kopecks,
        "policy_version": opening.policy_version,
        "facts": {},
        "money": {},
        "created_at": opening.created_at,
        "state_since": opening.created_at,
    }


def _first_view(opening: Opening, number: int) -> OrderView:
    return OrderView(
        order_id=opening.order_id,
        number=number,
        version=1,
        state=OrderState.SEARCHING,
        service=opening.service,
        detail=opening.detail,
        town=opening.town,
        region=opening.region,
        utc_offset_minutes=opening.utc_offset_minutes,
        estimate=opening.estimate,
        prepayment_kopecks=opening.prepayment_kopecks,
        created_at=opening.created_at,
        state_since=opening.created_at,
        wish_day=opening.wish_day,
        quoting=opening.quoting,
    )


async def _commit(session: AsyncSession, batch: Commit) -> Writing:
    found = await session.exec(
        select(OrderRow.service, OrderRow.state, OrderRow.version, OrderRow.created_at)
        .where(OrderRow.id == batch.order_id)
        .with_for_update(key_share=True)
    )
    service, state, version, created_at = found.one()
    writing = Writing(
        session,
        batch.order_id,
        batch.client_id,
        batch.policy_version,
        Service(service),
        OrderState(state),
        version,
        created_at,
    )
    ids = {one for change in batch.changes for one in change_effects.touched(change)}
    live = await change_effects.live_contractors(session, batch.order_id)
    writing.contractors = await standing.lock(session, ids | live)
    done = [await change_effects.apply(writing, change) for change in batch.changes]
    written = [change for change in done if change is not None]
    if not written:
        # Sent again: the answer is what was reserved the first time.
        for change in batch.changes:
            if change.credit_max_kopecks:
                version = change.view.version
                writing.credit_kopecks = await credit.reserved(session, batch.order_id, version)
        return writing
    # After the last change, because completed orders are counted by the row's state.
    await _write_row(writing, written[-1])
    ids = {one for change in written for one in change_effects.restood(change)}
    await standing.refresh(session, ids & writing.contractors.keys(), written[-1].at)
    return writing


async def _write_row(writing: Writing, change: Written) -> None:
    view = change.view
    ended: dict[str, Any] = {}
    if view.state in FINAL_STATES:
        ended["closed_at"] = func.coalesce(col(OrderRow.closed_at), change.at)
    else:
        ended["closed_at"] = None
    if view.money_closed:
        ended["money_closed_at"] = func.coalesce(col(OrderRow.money_closed_at), change.at)
    await writing.session.exec(
        update(OrderRow)
        # A change that comes late never overwrites a newer one.
        .where(col(OrderRow.id) == writing.order_id, col(OrderRow.version) < view.version)
        .values(
            state=view.state,
            version=view.version,
            contractor_id=view.contractor_id,
            visit_at=view.visit_at,
            due_at=view.due_at,
            prepaid=view.prepaid,
            needs_attention=view.needs_attention,
            # A chosen quote has another price than the catalogue.
            estimate_low_kopecks=view.estimate.low_kopecks,
            estimate_high_kopecks=view.estimate.high_kopecks,
            prepayment_kopecks=view.prepayment_kopecks,
            refund_kopecks=view.refund_kopecks,
            compensation_kopecks=view.compensation_kopecks,
            final_price_kopecks=view.final_price_kopecks,
            state_since=view.state_since,
            facts=public_facts(view),
            **ended,
        )
    )


def _count(writing: Writing) -> None:
    service = writing.service.value
    for state in writing.entered:
        _count_state(service, state)
    for outcome in writing.ended_offers:
        metrics.OFFERS.labels(service=service, outcome=outcome.value).inc()
    if writing.distribution_seconds is not None:
        seconds = max(0.0, writing.distribution_seconds)
        metrics.ORDER_DISTRIBUTION_SECONDS.labels(service=service).observe(seconds)


def _count_state(service: str, state: OrderState) -> None:
    metrics.ORDERS.labels(service=service, state=state.value).inc()
