"""Orders as their parties may see them; one statement each, however many orders."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, and_, false, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.contractors import ContractorRow
from models.offers import OfferRow
from models.orders import OrderRow
from models.queries.quotes import with_own_quote
from models.users import UserRow
from rules.catalog import Estimate
from rules.geo import coarse
from rules.orders import FINAL_STATES, OfferState, Role
from rules.payments import MoneySummary
from rules.views import OfferView, OrderView, cap_at, cap_until

_FACTS = TypeAdapter(OrderView)
_MONEY = TypeAdapter(MoneySummary)
_CLIENT = aliased(UserRow, name="client")
_OWNER = aliased(UserRow, name="owner")
ROWS_MAX = 50


@dataclass(frozen=True)
class Reader:
    """For whom a view is built: the role, his id in that role, and where order pages live."""

    role: Role
    actor_id: int | None = None
    public_url: str = ""


@dataclass(frozen=True)
class _Joined:
    """An order's row with the rows of its two parties and of the reader's offer."""

    order: OrderRow
    client: UserRow
    contractor: ContractorRow | None
    offer: OfferRow | None
    owner: UserRow | None


@dataclass(frozen=True)
class ClientLimits:
    """What counts against a client's limits."""

    unpaid_open: int
    last_24h: int


def is_order(order: str | int) -> ColumnElement[bool]:
    """The condition for an order's id or number; false for words that are no id."""
    if isinstance(order, int):
        return col(OrderRow.number) == order
    try:
        return col(OrderRow.id) == str(UUID(order))
    except ValueError:
        return false()


async def order_view(
    session: AsyncSession,
    order: str | int,
    role: Role,
    actor_id: int | None = None,
    *,
    public_url: str = "",
) -> OrderView | None:
    """One order by id or number; None if there is none or it is not this reader's.

    `actor_id` is the client's or contractor's id; support and the system need none.
    """
    reader = Reader(role, actor_id, public_url)
    return next(iter(await _views(session, reader, is_order(order))), None)


async def order_by_secret(
    session: AsyncSession, secret: str, *, public_url: str = ""
) -> OrderView | None:
    """The client's view of the order whose page has this secret."""
    reader = Reader(Role.CLIENT, None, public_url)
    return next(iter(await _views(session, reader, col(OrderRow.secret) == secret)), None)


async def client_orders(
    session: AsyncSession,
    client_id: int,
    *,
    public_url: str = "",
    before: datetime | None = None,
    limit: int = 20,
) -> list[OrderView]:
    """A client's orders, newest first; `before` is the last `created_at` of the page before."""
    condition = col(OrderRow.client_id) == client_id
    if before is not None:
        condition = and_(condition, col(OrderRow.created_at) < before)
    return await _views(session, Reader(Role.CLIENT, client_id, public_url), condition, limit)


async def contractor_jobs(
    session: AsyncSession, contractor_id: int, *, only_open: bool = False, limit: int = 20
) -> list[OrderView]:
    """The orders that a contractor has won, newest first."""
    condition = col(OrderRow.contractor_id) == contractor_id
    if only_open:
        condition = and_(condition, col(OrderRow.state).not_in(FINAL_STATES))
    return await _views(session, Reader(Role.CONTRACTOR, contractor_id), condition, limit)


async def contractor_offers(
    session: AsyncSession, contractor_id: int, *, limit: int = 20
) -> list[OrderView]:
    """The orders offered to a contractor that he can still answer; each has its `offer`."""
    live = col(OfferRow.state).in_((OfferState.LIVE, OfferState.QUOTED))
    return await _views(session, Reader(Role.CONTRACTOR, contractor_id), live, limit)


async def orders_needing_attention(
    session: AsyncSession, *, public_url: str = "", limit: int = 50
) -> list[OrderView]:
    """Orders that wait for support."""
    condition = col(OrderRow.needs_attention).is_(True)
    return await _views(session, Reader(Role.SUPPORT, None, public_url), condition, limit)


async def client_limits(session: AsyncSession, client_id: int, now: datetime) -> ClientLimits:
    """How many unpaid open orders a client has, and how many were placed in 24 hours."""
    unpaid = and_(col(OrderRow.state).not_in(FINAL_STATES), col(OrderRow.prepaid).is_(False))
    recent = col(OrderRow.created_at) > now - timedelta(hours=24)
    counted = select(func.count().filter(unpaid), func.count().filter(recent)).where(
        col(OrderRow.client_id) == client_id
    )
    unpaid_open, last_24h = (await session.exec(counted)).one()
    return ClientLimits(unpaid_open, last_24h)


async def _views(
    session: AsyncSession, reader: Reader, condition: ColumnElement[bool], limit: int = 1
) -> list[OrderView]:
    rows = await _joined(session, reader, condition, min(limit, ROWS_MAX))
    return [_view(row, reader) for row in rows]


async def _joined(
    session: AsyncSession, reader: Reader, condition: ColumnElement[bool], limit: int
) -> Sequence[_Joined]:
    # Only a contractor has an offer of his own; the newest round counts.
    newest = (
        select(func.max(col(OfferRow.round)))
        .where(col(OfferRow.order_id) == col(OrderRow.id))
        .where(col(OfferRow.contractor_id) == reader.actor_id)
        .correlate(OrderRow)
        .scalar_subquery()
    )
    own_offer = and_(
        col(OfferRow.order_id) == col(OrderRow.id),
        col(OfferRow.contractor_id) == (reader.actor_id if reader.role is Role.CONTRACTOR else -1),
        col(OfferRow.round) == newest,
    )
    statement = (
        select(OrderRow, _CLIENT, ContractorRow, OfferRow)
        .add_columns(_OWNER)
        .join(_CLIENT, col(_CLIENT.id) == col(OrderRow.client_id))
        .outerjoin(ContractorRow, col(ContractorRow.id) == col(OrderRow.contractor_id))
        .outerjoin(_OWNER, col(_OWNER.id) == col(ContractorRow.user_id))
        .outerjoin(OfferRow, own_offer)
        .where(condition, _is_his(reader))
        .order_by(col(OrderRow.created_at).desc(), col(OrderRow.number).desc())
        .limit(limit)
    )
    found = await session.exec(
        statement  # type: ignore[call-overload]  # sqlmodel types at most four entities
    )
    return [_Joined(*row) for row in found]


def _is_his(reader: Reader) -> ColumnElement[bool]:
    if reader.role is Role.CLIENT and reader.actor_id is not None:
        return col(OrderRow.client_id) == reader.actor_id
    if reader.role is Role.CONTRACTOR:
        won = col(OrderRow.contractor_id) == reader.actor_id
        return or_(won, col(OfferRow.order_id).is_not(None))
    return col(OrderRow.id).is_not(None)


def _view(row: _Joined, reader: Reader) -> OrderView:
    public = _public(row.order)
    match reader.role:
        case Role.CLIENT:
            return _for_client(public, row, reader)
        case Role.CONTRACTOR:
            return _for_contractor(with_own_quote(public, reader.actor_id), row, reader)
        case _:
            return _for_support(public, row, reader)


def _public(order: OrderRow) -> OrderView:
    facts = _FACTS.validate_python(order.facts) if order.facts else _bare(order)
    money = _MONEY.validate_python(order.money)
    # What a cancellation costs depends on when it is read, not on when it was written.
    now = datetime.now(UTC)
    return replace(
        facts,
        money=money,
        version=order.version,
        claim_cap_kopecks=cap_at(facts.claim_caps, now),
        claim_cap_until=cap_until(facts.claim_caps, now),
    )


def _bare(order: OrderRow) -> OrderView:
    """What the columns alone say, for a row whose first commit has not come yet."""
    return OrderView(
        order_id=order.id,
        number=order.number,
        version=order.version,
        state=order.state,
        service=order.service,
        detail="",
        town=order.town,
        region=order.region,
        utc_offset_minutes=order.utc_offset_minutes,
        estimate=Estimate(order.estimate_low_kopecks, order.estimate_high_kopecks),
        prepayment_kopecks=order.prepayment_kopecks,
        created_at=order.created_at,
        state_since=order.state_since,
        due_at=order.due_at,
    )


def _with_place(view: OrderView, order: OrderRow) -> OrderView:
    return replace(
        view,
        address=order.address,
        latitude=order.latitude,
        longitude=order.longitude,
        comment=order.comment,
    )


def _with_contractor(view: OrderView, row: _Joined, *, phone: bool) -> OrderView:
    if row.contractor is None:
        return view
    return replace(
        view,
        contractor_name=row.contractor.name,
        contractor_rating=row.contractor.rating,
        contractor_completed=row.contractor.completed,
        contractor_phone=row.owner.phone if phone and row.owner is not None else None,
    )


def _with_client(view: OrderView, row: _Joined) -> OrderView:
    return replace(view, client_name=row.client.first_name, client_phone=row.client.phone)


def _page(row: _Joined, reader: Reader) -> str | None:
    return f"{reader.public_url}/o/{row.order.secret}" if reader.public_url else None


def _for_client(view: OrderView, row: _Joined, reader: Reader) -> OrderView:
    seen = _with_contractor(_with_place(view, row.order), row, phone=row.order.prepaid)
    return replace(seen, client_name=row.client.first_name, page_url=_page(row, reader))


def _for_contractor(view: OrderView, row: _Joined, reader: Reader) -> OrderView:
    """The exact place and the client are told after the prepayment, and only to the winner."""
    offer = offer_of(row.offer) if row.offer is not None else None
    if row.order.contractor_id == reader.actor_id and row.order.prepaid:
        return replace(_with_client(_with_place(view, row.order), row), offer=offer)
    latitude, longitude = coarse(row.order.latitude, row.order.longitude)
    return replace(view, latitude=latitude, longitude=longitude, offer=offer)


def _for_support(view: OrderView, row: _Joined, reader: Reader) -> OrderView:
    seen = _with_client(_with_contractor(_with_place(view, row.order), row, phone=True), row)
    return replace(seen, page_url=_page(row, reader))


def offer_of(row: OfferRow) -> OfferView:
    """An offer's row as it is shown."""
    return OfferView(
        contractor_id=row.contractor_id,
        wave=row.wave,
        state=row.state,
        until=row.until,
        visit_at=row.visit_at,
        distance_km=row.distance_km,
        score=row.score,
        terms=tuple(sorted((name, float(value)) for name, value in row.terms.items())),
    )
