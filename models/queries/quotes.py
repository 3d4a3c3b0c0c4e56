"""Quotes as the client compares them and as support reads them."""

from dataclasses import dataclass, replace

from pydantic import TypeAdapter
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.contractors import ContractorRow
from models.quotes import ExtraMetresRow, QuoteRow
from rules.quotes import ExtraMetres, Offered, Quote
from rules.views import OrderView

_OFFERED = TypeAdapter(Offered)


@dataclass(frozen=True)
class Compared:
    """A quote beside what is known of who made it."""

    quote: Quote
    name: str
    rating: float
    completed: int


async def order_quotes(session: AsyncSession, order_id: str) -> list[Compared]:
    """All quotes of an order with their contractors, in the order in which they came."""
    found = await session.exec(
        select(QuoteRow, ContractorRow)
        .join(ContractorRow, col(ContractorRow.id) == col(QuoteRow.contractor_id))
        .where(col(QuoteRow.order_id) == order_id)
        .order_by(col(QuoteRow.made_at), col(QuoteRow.contractor_id))
    )
    return [
        Compared(_quote(row), contractor.name, contractor.rating, contractor.completed)
        for row, contractor in found
    ]


async def extra_metres(session: AsyncSession, order_id: str) -> list[ExtraMetres]:
    """All metres that were asked for, oldest first."""
    found = await session.exec(
        select(ExtraMetresRow)
        .where(col(ExtraMetresRow.order_id) == order_id)
        .order_by(col(ExtraMetresRow.number))
    )
    return [
        ExtraMetres(row.number, row.metres, row.metre_kopecks, row.from_depth_m, row.state)
        for row in found
    ]


def with_own_quote(view: OrderView, contractor_id: int | None) -> OrderView:
    """What others ask for the job is nobody's business but the client's."""
    if view.quotes is None:
        return view
    own = tuple(one for one in view.quotes.all if one.contractor_id == contractor_id)
    return replace(view, quotes=replace(view.quotes, all=own))


def _quote(row: QuoteRow) -> Quote:
    return Quote(
        contractor_id=row.contractor_id,
        offered=_OFFERED.validate_python(row.offered),
        made_at=row.made_at,
        valid_until=row.valid_until,
        state=row.state,
    )
