"""What is said about receipts: a person is asked to look, a client where to send them; once."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from models.orders import OrderRow
from models.receipts import ReceiptRow
from models.telegram import OutboxKind, OutboxRow
from models.users import UserRow
from rules.orders import Role
from rules.receipts import PATIENCE
from texts.catalogue import say
from texts.formatting import money, order_number
from texts.language import Language

ASK_FOR_EMAIL = "text.receipt.ask"
NEEDS_PERSON = "text.receipt.person"


async def tell_person(session: AsyncSession, row: ReceiptRow, reason: str, now: datetime) -> None:
    """Support should look at this receipt; told once, listed until it is done."""
    row.reason = reason
    if row.person_since is not None:
        return
    row.person_since = now
    order = await session.get_one(OrderRow, row.order_id)
    values = {
        "number": order_number(order.number),
        "receipt": f"R-{row.id}",
        "amount": money(row.amount_kopecks, Language.RU),
        "reason": say(f"receipt.reason.{reason}", Language.RU),
    }
    await _owe(session, row.order_id, Role.SUPPORT, NEEDS_PERSON, values)


async def ask_for_email(session: AsyncSession, row: ReceiptRow, now: datetime) -> datetime:
    """Ask the client where his receipts go, once in his life here; until when we wait for it."""
    order = await session.get_one(OrderRow, row.order_id)
    client = await session.get_one(UserRow, order.client_id)
    if client.email_asked_at is None:
        client.email_asked_at = now
        values = {"number": order_number(order.number)}
        await _owe(session, row.order_id, Role.CLIENT, ASK_FOR_EMAIL, values, client.id)
    return max(now, client.email_asked_at + PATIENCE)


async def _owe(
    session: AsyncSession,
    order_id: str,
    role: Role,
    notice: str,
    values: dict[str, str],
    user_id: int | None = None,
) -> None:
    await session.flush()
    await session.exec(
        insert(OutboxRow).values(
            chat_user_id=user_id,
            kind=OutboxKind.NOTICE,
            order_id=order_id,
            role=role,
            notice=notice,
            params=values,
        )
    )
