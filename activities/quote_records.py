"""Quotes and extra metres as rows, written with the change that decided them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from models.quotes import ExtraMetresRow, QuoteRow
from rules.orders import FINAL_STATES
from rules.quotes import ExtraMetres, ExtraState, Offered, Quote, QuoteState
from rules.views import OrderView

_OFFERED = TypeAdapter(Offered)


async def write(session: AsyncSession, view: OrderView, at: datetime) -> None:
    """Bring the rows to what the order says now; safe to repeat."""
    if view.quotes is None:
        return
    rows = [_row(one, view, at) for one in view.quotes.all]
    # The one chosen before makes room first: no more than one is chosen at any moment.
    await _write_quotes(session, [one for one in rows if one["state"] is not QuoteState.CHOSEN])
    await _write_quotes(session, [one for one in rows if one["state"] is QuoteState.CHOSEN])
    await _write_extras(session, view.order_id, view.quotes.extras, at)


def _row(quote: Quote, view: OrderView, at: datetime) -> dict[str, Any]:
    state = quote.state
    if state is QuoteState.OPEN and view.state in FINAL_STATES:
        state = QuoteState.LOST
    return {
        "order_id": view.order_id,
        "contractor_id": quote.contractor_id,
        "state": state,
        "low_kopecks": quote.total.low_kopecks,
        "high_kopecks": quote.total.high_kopecks,
        "metre_kopecks": quote.metre_kopecks,
        "stop_depth_m": quote.offered.stop_depth_m,
        "start_day": quote.offered.start_day,
        "surveyed": quote.offered.surveyed,
        "offered": _OFFERED.dump_python(quote.offered, mode="json"),
        "made_at": quote.made_at,
        "valid_until": quote.valid_until,
        "changed_at": at,
    }


async def _write_quotes(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    statement = insert(QuoteRow).values(rows)
    new = statement.excluded
    changed = (col(QuoteRow.state) != new.state) | (col(QuoteRow.made_at) != new.made_at)
    names = [name for name in rows[0] if name not in ("order_id", "contractor_id")]
    await session.exec(
        statement.on_conflict_do_update(
            index_elements=["order_id", "contractor_id"],
            set_={name: new[name] for name in names},
            where=changed,
        )
    )


async def _write_extras(
    session: AsyncSession, order_id: str, extras: Iterable[ExtraMetres], at: datetime
) -> None:
    rows = [
        {
            "order_id": order_id,
            "number": one.number,
            "metres": one.metres,
            "metre_kopecks": one.metre_kopecks,
            "from_depth_m": one.from_depth_m,
            "state": one.state,
            "asked_at": at,
            "answered_at": None if one.state is ExtraState.ASKED else at,
        }
        for one in extras
    ]
    if not rows:
        return
    statement = insert(ExtraMetresRow).values(rows)
    new = statement.excluded
    await session.exec(
        statement.on_conflict_do_update(
            index_elements=["order_id", "number"],
            set_={"state": new.state, "answered_at": new.answered_at},
            where=col(ExtraMetresRow.state) == ExtraState.ASKED,
        )
    )
