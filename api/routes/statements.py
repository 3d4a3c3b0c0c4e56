"""`/api/v1/statements` and `/api/v1/accounting`: who has what, and the books for the accountant."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from api.deps import Caller, services_of
from api.exports import (
    Format,
    balances_sheet,
    journals_sheet,
    statement_sheet,
    to_csv,
    to_xlsx,
)
from api.reading import owner_of, read_cursor, write_cursor
from api.schemas import MovementOut, StatementPage
from api.security import may
from models.database import Database
from models.queries.statements import ROWS_MAX, all_movements, day_register, movements, standing
from rules.statements import Movement, Owner, Side
from texts.formatting import order_number
from texts.language import Language, pick
from texts.statements import movement_name

Reader = Annotated[Caller, Depends(may("orders:read"))]
Accountant = Annotated[Caller, Depends(may("accounting"))]
Cursor = Annotated[str | None, Query(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=ROWS_MAX)]
PersonId = Annotated[int, Path(ge=1, lt=2**62)]
router = APIRouter(prefix="/api/v1", tags=["statements"])


class Part(StrEnum):
    """What a CSV file of the register holds; a workbook holds both."""

    JOURNALS = "journals"
    BALANCES = "balances"


def _language(request: Request) -> Language:
    return pick(request.headers.get("accept-language"))


@router.get("/statements/orders/{order_id}")
async def of_order(
    request: Request, caller: Reader, order_id: UUID, cursor: Cursor = None, limit: Limit = 20
) -> StatementPage:
    """The statement of the client of one of the caller's orders; 404 for all others."""
    database = services_of(request).database
    async with database.reading() as session:
        owner = Owner(Side.CLIENT, await owner_of(session, caller, order_id))
    return await _page(database, owner, cursor, limit, _language(request))


@router.get("/statements/{side}/{person_id}")
async def of_person(
    request: Request,
    _: Accountant,
    side: Side,
    person_id: PersonId,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> StatementPage:
    """Any client's or contractor's statement, newest first."""
    owner = Owner(side, person_id)
    return await _page(services_of(request).database, owner, cursor, limit, _language(request))


@router.get("/accounting/statements/{side}/{person_id}")
async def statement_file(
    request: Request,
    _: Accountant,
    side: Side,
    person_id: PersonId,
    kind: Annotated[Format, Query(alias="format")] = Format.CSV,
) -> Response:
    """A person's whole statement as a file, oldest first."""
    async with services_of(request).database.reading() as session:
        found = await all_movements(session, Owner(side, person_id))
    sheet = statement_sheet(found, side, _language(request))
    body = to_csv(sheet) if kind is Format.CSV else to_xlsx(sheet)
    return _file(body, f"statement-{side.value}-{person_id}", kind)


@router.get("/accounting/register")
async def register_file(
    request: Request,
    _: Accountant,
    day: date,
    kind: Annotated[Format, Query(alias="format")] = Format.CSV,
    part: Part = Part.JOURNALS,
) -> Response:
    """A business day's register; `part` chooses the table of a CSV file."""
    lang = _language(request)
    async with services_of(request).database.reading() as session:
        found = await day_register(session, day)
    if kind is Format.XLSX:
        body = to_xlsx(balances_sheet(found, lang), journals_sheet(found, lang))
        return _file(body, f"register-{day:%Y-%m-%d}", kind)
    sheet = (balances_sheet if part is Part.BALANCES else journals_sheet)(found, lang)
    return _file(to_csv(sheet), f"register-{day:%Y-%m-%d}-{part.value}", kind)


async def _page(
    database: Database, owner: Owner, cursor: str | None, limit: int, lang: Language
) -> StatementPage:
    before = read_cursor(cursor) if cursor else None
    async with database.reading() as session:
        rows = await movements(session, owner, before=before, limit=limit + 1)
        now = await standing(session, owner)
    more = write_cursor(rows[limit - 1].id) if len(rows) > limit else None
    return StatementPage(
        balance_kopecks=now.balance_kopecks,
        available_kopecks=now.available_kopecks,
        owed_kopecks=now.owed_kopecks,
        items=[_out(one, owner.side, lang) for one in rows[:limit]],
        next_cursor=more,
    )


def _out(movement: Movement, side: Side, lang: Language) -> MovementOut:
    number = movement.order_number
    return MovementOut(
        id=movement.id,
        at=movement.at,
        order=order_number(number) if number is not None else None,
        kind=movement.kind,
        what=movement_name(movement, side, lang),
        amount_kopecks=movement.amount_kopecks,
        moved_kopecks=movement.moved_kopecks,
        balance_kopecks=movement.balance_kopecks,
    )


def _file(body: bytes, name: str, kind: Format) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{kind.value}"',
        "Cache-Control": "no-store",
    }
    return Response(body, media_type=kind.media_type, headers=headers)
