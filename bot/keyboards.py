"""Keyboards in Telegram's form, made from cards, screens and the menu."""

from collections.abc import Sequence

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
)

from bot.callbacks import DRAFT, MENU, OPEN, pack
from bot.delivery import Markup
from bot.screen import Ask, Screen
from rules.orders import Role
from rules.views import OrderView
from texts.cards import Button
from texts.catalogue import say
from texts.describe import headline
from texts.formatting import order_number
from texts.language import Language

CLIENT_MENU = (("menu.new",), ("menu.orders", "menu.support"), ("menu.more",))
CONTRACTOR_MENU = (
    ("menu.online", "menu.offline"),
    ("menu.offers", "menu.jobs"),
    ("menu.support", "menu.more"),
)
MORE_CLIENT = (
    "menu.money",
    "menu.crew",
    "menu.language",
    "menu.help",
    "menu.privacy",
    "menu.delete_me",
)
MORE_CONTRACTOR = (
    "menu.money",
    "menu.radius",
    "menu.farther",
    "menu.night",
    "menu.new",
    "menu.orders",
    "menu.language",
    "menu.help",
    "menu.privacy",
)
ASK_EMAIL, SKIP_EMAIL = "email.ask", "email.skip"
MENU_KEYS = frozenset(
    key for row in (*CLIENT_MENU, *CONTRACTOR_MENU, MORE_CLIENT, MORE_CONTRACTOR) for key in row
)
"""Every key whose text, typed or tapped on the reply keyboard, is a command."""


def card_keyboard(
    rows: Sequence[Sequence[Button]], number: int, version: int
) -> InlineKeyboardMarkup | None:
    """The buttons of a card or of a question about an order."""
    if not rows:
        return None
    return InlineKeyboardMarkup([[_button(one, number, version) for one in row] for row in rows])


def _button(button: Button, number: int, version: int) -> InlineKeyboardButton:
    if button.url is not None:
        return InlineKeyboardButton(button.text, url=button.url)
    data = pack(button.action, str(number), version)
    return InlineKeyboardButton(button.text, callback_data=data)


def screen_keyboard(shown: Screen, version: int, lang: Language) -> Markup:
    """The buttons of a dialogue's step; a request for a place or number needs its own keyboard."""
    if shown.ask is Ask.NOTHING:
        return InlineKeyboardMarkup(
            [
                [
                    InlineKeyboardButton(one.label, callback_data=pack(DRAFT, one.value, version))
                    for one in row
                ]
                for row in shown.rows
            ]
        )
    asked = KeyboardButton(
        shown.ask_label,
        request_location=shown.ask is Ask.LOCATION or None,
        request_contact=shown.ask is Ask.CONTACT or None,
    )
    return ReplyKeyboardMarkup(
        [[asked], [say("nav.back", lang), say("nav.cancel", lang)]],
        resize_keyboard=True,
        one_time_keyboard=True,
    )


def main_menu(lang: Language, *, is_contractor: bool) -> ReplyKeyboardMarkup:
    """The big words that stay under the chat."""
    rows = CONTRACTOR_MENU if is_contractor else CLIENT_MENU
    return ReplyKeyboardMarkup(
        [[say(key, lang) for key in row] for row in rows], resize_keyboard=True, is_persistent=True
    )


def more_menu(lang: Language, *, is_contractor: bool) -> InlineKeyboardMarkup:
    """What does not fit among the big words."""
    keys = MORE_CONTRACTOR if is_contractor else MORE_CLIENT
    return InlineKeyboardMarkup([[menu_button(key, lang)] for key in keys])


def menu_button(key: str, lang: Language, version: int = 0) -> InlineKeyboardButton:
    """One inline button of the menu; its text is the key's, unless it is not a menu key."""
    return InlineKeyboardButton(say(key, lang), callback_data=pack(MENU, key, version))


def receipt_keyboard(lang: Language) -> InlineKeyboardMarkup:
    """The buttons below the question where a receipt shall go."""
    labels = {ASK_EMAIL: "receipt.ask_email_button", SKIP_EMAIL: "receipt.skip_button"}
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(say(key, lang), callback_data=pack(MENU, ref, 0))]
            for ref, key in labels.items()
        ]
    )


def order_list(views: Sequence[OrderView], role: Role, lang: Language) -> InlineKeyboardMarkup:
    """Orders to open, one per row."""
    return InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton(
                    say(
                        "orders.line",
                        lang,
                        number=order_number(view.number),
                        service=say(f"service.{view.service.value}", lang),
                        headline=headline(view, role, lang),
                    ),
                    callback_data=pack(OPEN, str(view.number), view.version),
                )
            ]
            for view in views
        ]
    )
