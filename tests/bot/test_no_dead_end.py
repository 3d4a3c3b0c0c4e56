"""Every screen and card has a way on and a way out, and fits the phone it is read on."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from telegram import InlineKeyboardMarkup

from bot import amount_dialogue, order_dialogue
from bot.callbacks import BYTES_MAX
from bot.dialogue import Draft, Flow, Remark, Step
from bot.keyboards import card_keyboard, main_menu, more_menu, receipt_keyboard, screen_keyboard
from bot.questions import ASKED_TWICE
from bot.screen import Ask, Facts, Screen
from bot.screens import _SCREENS, show
from rules.catalog import Estimate
from rules.geocoding import Exactness
from rules.orders import OfferState, Role
from rules.views import OrderView
from tests.texts.views import NOW, claim, offer, states
from texts import confirmations
from texts.cards import Card, job_card, order_card
from texts.catalogue import CATALOGUES
from texts.language import Language

TEXT_MAX = 4096
ALERT_MAX = 200
# What a row of so many buttons shows on a phone of 390 pixels; an emoji takes two letters' room.
ROOM = {1: 36, 2: 20, 3: 12, 4: 9, 5: 6}
TODAY = date(2026, 9, 30)
FACTS = Facts(TODAY, Estimate(75_000_00, 480_000_00), 15_000_00, 12)
TOWN = {
    "town": "Санкт-Петербург",
    "town_en": "Saint Petersburg",
    "region": "Санкт-Петербург",
    "latitude": 59.9,
    "longitude": 30.3,
}
SPOT = {**TOWN, "label": "Тверь, Садовая улица, 5", "exactness": Exactness.HOUSE.value}
ORDER = {
    "id": "x",
    "type": "drilling",
    "service": "drilling.well",
    "detail": "depth_unknown",
    **TOWN,
    "wish": "2026-10-01",
    "comment": "",
    "spot": SPOT,
    "far_km": 340,
    "choices": [TOWN, SPOT],
}
QUOTE = {
    "number": 1042,
    "service": "drilling.well",
    "included": ["casing_new"],
    "surveyed": True,
    "low": 30,
    "high": 60,
    "drilling": 3_000_00,
    "start_day": "2026-10-20",
}
COST = {"reason": "travel", "amount_kopecks": 5_000_00, "files": ["a"], "items": []}
CLAIM = {"number": 1042, "cap_kopecks": 15_000_00, "proof_above_kopecks": 1_000_00, **COST}
WORK = {
    "id": "x",
    "name": "Иван",
    "first_name": "Иван",
    "services": ["drilling", "repair"],
    **TOWN,
    "radius_km": 50,
    "choices": [TOWN],
}
ANSWERS = {
    Flow.ORDER: ORDER,
    Flow.WORK: WORK,
    Flow.CLAIM: CLAIM,
    Flow.PRICE: amount_dialogue.begin_price(1042, "x", 1, 15_000_00).answers,
    Flow.SUPPORT: {"number": 1042},
    Flow.EMAIL: {},
    Flow.QUOTE: QUOTE,
    Flow.METRES: {"number": 1042, "depth_m": 60, "metre_kopecks": 3_500_00, "metres": 10},
}
SHOWN = [(flow, step) for flow, steps in _SCREENS.items() for step in steps]


def _width(label: str) -> int:
    return sum(2 if ord(sign) > 0x2190 else 1 for sign in label if ord(sign) != 0xFE0F)


def _fits(rows: list[list[str]]) -> list[str]:
    """The labels that a narrow phone would cut."""
    return [label for row in rows for label in row if _width(label) > ROOM[len(row)]]


def _check(keyboard: InlineKeyboardMarkup | None, words: str) -> None:
    assert keyboard is not None, f"a dead end: {words}"
    assert 0 < len(words) <= TEXT_MAX
    rows = [list(row) for row in keyboard.inline_keyboard]
    assert sum(len(row) for row in rows) >= 1, f"a dead end: {words}"
    assert _fits([[one.text for one in row] for row in rows]) == []
    for one in itertools.chain(*rows):
        assert one.url or len(str(one.callback_data).encode()) <= BYTES_MAX


@pytest.mark.parametrize("lang", list(Language))
@pytest.mark.parametrize(("flow", "step"), SHOWN)
def test_every_question_of_every_dialogue_has_an_answer_and_a_way_out(
    flow: Flow, step: Step, lang: Language
) -> None:
    numbers = flow is not Flow.QUOTE or step.startswith("quote_")
    remarks = [one for one in Remark if numbers or one is not Remark.OUT_OF_BOUNDS]
    for trail, remark in itertools.product(((), (Step.TYPE,)), remarks):
        draft = Draft(flow, step, ANSWERS[flow], trail, 7)
        shown = show(draft, FACTS, lang, remark)
        assert len(shown.text) <= TEXT_MAX
        keyboard = screen_keyboard(shown, draft.version, lang)
        if shown.ask is not Ask.NOTHING:
            # The keyboard under the chat has the answer, back and stop.
            assert shown.ask_label
            continue
        assert isinstance(keyboard, InlineKeyboardMarkup)
        _check(keyboard, shown.text)
        leaves = {one.value for row in shown.rows for one in row} & {"back", "cancel"}
        assert leaves, f"no way out of {flow} {step}"


def _seen(lang: Language) -> Iterator[tuple[str, Card, OrderView]]:
    for name, view in states().items():
        yield f"client {name}", order_card(view, lang), view
        yield f"crew {name}", job_card(view, lang), view
        for state, who in itertools.product(OfferState, (17, 18)):
            offered = replace(view, offer=offer(state, contractor_id=who))
            yield f"crew {name}, offer {state}", job_card(offered, lang), view


@pytest.mark.parametrize("lang", list(Language))
def test_every_card_of_every_state_has_a_way_on(lang: Language) -> None:
    for name, card, view in _seen(lang):
        keyboard = card_keyboard(card.buttons, 999_999_999, 99_999)
        _check(keyboard, card.text_html)
        actions = {one.action for row in card.buttons for one in row}
        assert "support" in actions, f"nobody to ask: {name}"
        assert len(card.text_html.split("\n")) >= 3, f"says nothing: {name} {view.state}"


@pytest.mark.parametrize("lang", list(Language))
def test_every_question_of_a_card_can_be_left_and_fits(lang: Language) -> None:
    view = replace(states()["cancelled_made"], claim=claim("made", 15_000_00))
    booked = states()["booked"]
    choices = confirmations.slot_choices(booked, NOW)
    asked = [
        confirmations.confirm_cancel_card(booked, lang),
        confirmations.decline_card(booked, lang),
        confirmations.withdraw_card(booked, lang),
        confirmations.claim_card(view, lang),
        confirmations.object_card(view, lang),
        confirmations.no_show_card(booked, lang),
        confirmations.slot_choices_card(booked, choices, lang),
        confirmations.slot_choices_card(booked, choices, lang, Role.CONTRACTOR),
        *(confirmations.sure_card(view, action, lang) for action in ASKED_TWICE),
    ]
    for card in asked:
        assert card.buttons[-1][-1].action == "keep"
        _check(card_keyboard(card.buttons, 999_999_999, 99_999), card.text_html)


@pytest.mark.parametrize("lang", list(Language))
def test_menus_fit_and_every_answer_to_a_tap_does(lang: Language) -> None:
    for is_contractor in (False, True):
        _check(more_menu(lang, is_contractor=is_contractor), "menu")
        rows = main_menu(lang, is_contractor=is_contractor).keyboard
        assert _fits([[one.text for one in row] for row in rows]) == []
    _check(receipt_keyboard(lang), "receipt")
    alerts = ("stale", "tap.", "paid.not_yet", "check.sending", "block.done", "refusal.", "native.")
    for key, words in CATALOGUES[lang].items():
        if key.startswith(alerts):
            assert len(words) <= ALERT_MAX, key
        assert len(words) <= 1024, key


def test_a_day_of_a_wish_is_named_by_its_distance() -> None:
    shown: Screen = show(Draft(Flow.ORDER, Step.WISH, ORDER), FACTS, Language.RU)
    labels = [one.label.replace("\u00a0", " ") for row in shown.rows for one in row]
    assert "завтра, чт, 1 октября" in labels
    assert not any(one.startswith("завтра, пт") for one in labels)
    assert order_dialogue.wish_days(TODAY)[0] == TODAY + timedelta(days=1)
