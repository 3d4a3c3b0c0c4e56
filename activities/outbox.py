"""What people are owed: cards to be edited and notices to be sent, in the same transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from models.telegram import OutboxKind, OutboxRow
from rules.changes import Notice
from rules.orders import Role


@dataclass(frozen=True)
class Owed:
    """One message: a card (by its key) or a notice; no `user_id` means the support group."""

    kind: OutboxKind
    role: Role
    user_id: int | None
    order_id: str
    card_key: str | None = None
    notice: Notice | None = None
    params: dict[str, Any] = field(default_factory=dict)


def client_card(order_id: str, client_id: int) -> Owed:
    """The client's card of an order."""
    key = f"order:{order_id}:client:{client_id}"
    return Owed(OutboxKind.CARD, Role.CLIENT, client_id, order_id, key)


def contractor_card(order_id: str, contractor_id: int, user_id: int) -> Owed:
    """A contractor's card of an order: the offer's, later the job's."""
    key = f"order:{order_id}:contractor:{contractor_id}"
    params = {"contractor_id": contractor_id}
    return Owed(OutboxKind.CARD, Role.CONTRACTOR, user_id, order_id, key, params=params)


def client_notice(order_id: str, client_id: int, notice: Notice, **params: int | str) -> Owed:
    """A short new message for the client."""
    return Owed(
        OutboxKind.NOTICE, Role.CLIENT, client_id, order_id, notice=notice, params=dict(params)
    )


def contractor_notice(order_id: str, contractor_id: int, user_id: int, notice: Notice) -> Owed:
    """A short new message for a contractor."""
    params = {"contractor_id": contractor_id}
    return Owed(OutboxKind.NOTICE, Role.CONTRACTOR, user_id, order_id, notice=notice, params=params)


def support_notice(order_id: str, notice: Notice, **params: int | str) -> Owed:
    """A short new message for the support group."""
    return Owed(OutboxKind.NOTICE, Role.SUPPORT, None, order_id, notice=notice, params=dict(params))


def invoice(order_id: str, client_id: int, payload: str, *, is_gone: bool = False) -> Owed:
    """An invoice to be paid inside Telegram, or its end; the payload names it."""
    # Without a key of its own the end would be taken for a newer form of the same card.
    key = None if is_gone else f"invoice:{payload}"
    params = {"payload": payload, "gone": is_gone}
    return Owed(OutboxKind.INVOICE, Role.CLIENT, client_id, order_id, key, params=params)


# What these ask for is done with the card's buttons.
_ASKING = frozenset(
    {
        Notice.CONTRACTOR_FOUND, Notice.PAY_REMINDER, Notice.PAYMENT_DECLINED, Notice.WORK_DONE,
        Notice.START_OVERDUE, Notice.CONTRACTOR_WITHDREW, Notice.CLAIM_MADE, Notice.PLEASE_RATE,
        Notice.CLIENT_PAID, Notice.CLAIM_INVITED, Notice.WORK_ACCEPTED, Notice.VISIT_SOON,
        Notice.SLOT_PROPOSED, Notice.PRICE_PROPOSED, Notice.QUOTE_FIRST, Notice.QUOTES_IN,
        Notice.CHOICE_REMINDER, Notice.QUOTE_UNAVAILABLE, Notice.METRES_ASKED,
    }
)  # fmt: skip


def _with_buttons_below(messages: Sequence[Owed]) -> list[Owed]:
    """A card whose buttons a notice asks for comes anew, below that notice."""
    asked = {(one.role, one.user_id) for one in messages if one.notice in _ASKING}
    below = [
        one for one in messages if one.kind is OutboxKind.CARD and (one.role, one.user_id) in asked
    ]
    anew = [replace(one, params={**one.params, "anew": True}) for one in below]
    return [one for one in messages if one not in below] + anew


async def owe(session: AsyncSession, messages: Sequence[Owed]) -> None:
    """Write messages in order; a trigger wakes the bot when the transaction is committed."""
    if not messages:
        return
    rows = [
        {
            "chat_user_id": one.user_id,
            "kind": one.kind,
            "card_key": one.card_key,
            "order_id": one.order_id,
            "role": one.role,
            "notice": one.notice.value if one.notice is not None else None,
            "params": one.params,
        }
        for one in _with_buttons_below(messages)
    ]
    await session.exec(insert(OutboxRow).values(rows))
