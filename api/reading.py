"""Orders as a caller of the API may read them: his clients' only."""

import base64
from binascii import Error as NotBase64
from uuid import UUID

from sqlalchemy import ColumnElement, and_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.deps import Caller
from api.placing import mark
from api.problems import invalid, not_found
from api.schemas import ContractorOut, EventOut, MoneyOut, OrderLine, OrderOut, OrderPage
from models.orders import OrderEventRow, OrderRow
from models.queries.orders import order_view
from models.users import UserRow
from rules.orders import OrderState, Role
from rules.views import OrderView, to_pay
from texts.describe import describe
from texts.formatting import contractor_number, order_number
from texts.language import Language

EVENTS_MAX = 1_000


def _is_his(caller: Caller) -> ColumnElement[bool]:
    return and_(col(UserRow.username) == mark(caller), col(UserRow.telegram_id).is_(None))


async def owner_of(session: AsyncSession, caller: Caller, order_id: UUID) -> int:
    """The client of one of this caller's orders.

    Raises:
        Problem: 404, there is no such order or it is somebody else's.
    """
    found = await session.exec(
        select(col(OrderRow.client_id))
        .join(UserRow, col(UserRow.id) == col(OrderRow.client_id))
        .where(col(OrderRow.id) == str(order_id), _is_his(caller))
    )
    client_id = found.first()
    if client_id is None:
        raise not_found()
    return client_id


async def read_order(
    session: AsyncSession, order_id: UUID | str, client_id: int, public_url: str
) -> OrderView:
    """One order as its client sees it.

    Raises:
        Problem: 404.
    """
    view = await order_view(session, str(order_id), Role.CLIENT, client_id, public_url=public_url)
    if view is None:
        raise not_found()
    return view


async def read_page(
    session: AsyncSession,
    caller: Caller,
    state: OrderState | None,
    cursor: str | None,
    limit: int,
) -> OrderPage:
    """One page of a caller's orders, newest first, in one statement."""
    condition = _is_his(caller)
    if state is not None:
        condition = and_(condition, col(OrderRow.state) == state)
    if cursor:
        condition = and_(condition, col(OrderRow.number) < read_cursor(cursor))
    found = await session.exec(
        select(OrderRow)
        .join(UserRow, col(UserRow.id) == col(OrderRow.client_id))
        .where(condition)
        .order_by(col(OrderRow.number).desc())
        .limit(limit + 1)
    )
    rows = list(found)
    more = write_cursor(rows[limit - 1].number) if len(rows) > limit else None
    return OrderPage(items=[_line(row) for row in rows[:limit]], next_cursor=more)


async def read_story(session: AsyncSession, order_id: UUID) -> list[EventOut]:
    """What happened to an order, oldest first."""
    found = await session.exec(
        select(OrderEventRow)
        .where(col(OrderEventRow.order_id) == str(order_id))
        .order_by(col(OrderEventRow.version), col(OrderEventRow.id))
        .limit(EVENTS_MAX)
    )
    return [
        EventOut(at=row.at, version=row.version, event=row.event, by=row.by_role, note=row.note)
        for row in found
    ]


def write_cursor(number: int) -> str:
    """Where the next page begins, for the caller to hand back."""
    return base64.urlsafe_b64encode(str(number).encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> int:
    """What `write_cursor` wrote.

    Raises:
        Problem: 422, it is none of ours.
    """
    try:
        word = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (NotBase64, ValueError):
        word = ""
    if not word.isdecimal() or len(word) > 18:
        raise invalid("/cursor", "Use a next_cursor of an earlier page.")
    return int(word)


def _line(row: OrderRow) -> OrderLine:
    return OrderLine(
        id=row.id,
        number=order_number(row.number),
        state=row.state,
        version=row.version,
        service=row.service,
        town=row.town,
        region=row.region,
        prepayment_kopecks=row.prepayment_kopecks,
        prepaid=row.prepaid,
        created_at=row.created_at,
        state_since=row.state_since,
        visit_at=row.visit_at,
        due_at=row.due_at,
    )


def order_out(view: OrderView, lang: Language) -> OrderOut:
    """An order in full."""
    return OrderOut(
        id=view.order_id,
        number=order_number(view.number),
        state=view.state,
        version=view.version,
        service=view.service,
        town=view.town,
        region=view.region,
        prepayment_kopecks=view.prepayment_kopecks,
        prepaid=view.prepaid,
        created_at=view.created_at,
        state_since=view.state_since,
        visit_at=view.visit_at,
        due_at=view.due_at,
        detail=view.detail,
        wish_day=view.wish_day,
        money=_money(view),
        contractor=_contractor(view),
        page_url=view.page_url,
        # Between the row and its first commit there is nothing to tell yet.
        sentences=describe(view, Role.CLIENT, lang) if view.detail else [],
    )


def _money(view: OrderView) -> MoneyOut:
    sums = view.money
    return MoneyOut(
        estimate_low_kopecks=view.estimate.low_kopecks,
        estimate_high_kopecks=view.estimate.high_kopecks,
        prepayment_kopecks=view.prepayment_kopecks,
        credit_kopecks=view.credit_kopecks,
        to_pay_kopecks=to_pay(view),
        held_kopecks=sums.held_kopecks,
        captured_kopecks=sums.captured_kopecks,
        refunded_kopecks=sums.refunded_kopecks,
        refund_pending_kopecks=sums.refund_pending_kopecks,
        refund_due_kopecks=view.refund_kopecks,
        compensation_kopecks=view.compensation_kopecks,
        cancel_claim_cap_kopecks=view.claim_cap_kopecks,
        final_price_kopecks=view.final_price_kopecks,
    )


def _contractor(view: OrderView) -> ContractorOut | None:
    if view.contractor_id is None:
        return None
    return ContractorOut(
        number=contractor_number(view.contractor_id),
        name=view.contractor_name,
        rating=view.contractor_rating,
        phone=view.contractor_phone,
    )
