"""Renders outbox rows: cards and notices from the newest rows, through the texts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from bot.keyboards import card_keyboard, receipt_keyboard
from bot.questions import question
from bot.rendering import OwedMessage, Rendered
from models.database import Database
from models.queries import orders as order_queries
from models.queries import users
from models.telegram import OutboxKind
from rules.changes import Notice
from rules.geo import Place, english_name
from rules.orders import Role
from rules.policy import POLICY_V1, Policy
from rules.views import OrderView
from texts.cards import Card, job_card, order_card
from texts.catalogue import screen
from texts.language import Language, pick
from texts.notices import notice

PLAIN = "text."
"""A notice of this name plus a catalogue key says that text, filled in from its params."""


def card_key(order_id: str, role: Role, actor_id: int) -> str:
    """The key of a person's card of an order; the actor is a user's or a contractor's id."""
    return f"order:{order_id}:{role.value}:{actor_id}"


def card_of(view: OrderView, role: Role, lang: Language) -> Card:
    """The card of an order for one of its sides."""
    return job_card(view, lang) if role is Role.CONTRACTOR else order_card(view, lang)


def rendered_card(card: Card, view: OrderView) -> Rendered:
    """A card as Telegram takes it."""
    return Rendered(card.text_html, card_keyboard(card.buttons, view.number, view.version))


class CardRenderer:
    """The outbox's renderer; `public_url` is where an order's page is, `find` knows the towns."""

    def __init__(
        self,
        database: Database,
        public_url: str,
        *,
        find: Callable[[str], list[Place]] = lambda _: [],
        takes_invoices: bool = False,
        policy: Policy = POLICY_V1,
    ) -> None:
        self._database = database
        self._find = find
        self._policy = policy
        self._public_url = public_url
        self._takes_invoices = takes_invoices

    async def render(self, message: OwedMessage) -> Rendered | None:
        """The message of a row, from what the rows say now; None when there is nothing to say."""
        lang = pick(message.language)
        if message.notice is not None and message.notice.startswith(PLAIN):
            key = message.notice.removeprefix(PLAIN)
            keyboard = receipt_keyboard(lang) if key == "receipt.ask" else None
            return Rendered(screen(key, lang, **message.params), keyboard)
        if message.order_id is None:
            return None
        view = await self._view(message)
        if view is None:
            return None
        if lang is Language.EN:
            places = self._find(f"{view.town}, {view.region}")
            view = replace(view, town=english_name(view.town, view.region, places))
        if message.kind is OutboxKind.CARD:
            return rendered_card(card_of(view, message.role, lang), view)
        return self._notice(message, view, lang)

    def _notice(self, message: OwedMessage, view: OrderView, lang: Language) -> Rendered | None:
        known = next((one for one in Notice if one == message.notice), None)
        if known is None:
            return None
        now = datetime.now(UTC)
        told = notice(known, view, message.role, lang, message.params, now=now)
        return Rendered(told)

    async def question(self, message: OwedMessage, action: str) -> Rendered | None:
        """The question that an action of this card opens; None if it asks nothing any more."""
        lang = pick(message.language)
        view = await self._view(message)
        if view is None:
            return None
        card = await question(self._database, action, view, message.role, lang, self._policy)
        return rendered_card(card, view) if card is not None else None

    async def _view(self, message: OwedMessage) -> OrderView | None:
        assert message.order_id is not None, "checked by the caller"
        async with self._database.reading() as session:
            actor = message.user_id
            if message.role is Role.CONTRACTOR and actor is not None:
                contractor = await users.contractor_by_user(session, actor)
                if contractor is None:
                    return None
                actor = contractor.id
            view = await order_queries.order_view(
                session, message.order_id, message.role, actor, public_url=self._public_url
            )
        return replace(view, takes_invoices=self._takes_invoices) if view is not None else None
