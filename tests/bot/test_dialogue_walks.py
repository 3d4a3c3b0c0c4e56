"""Every dialogue walked at random: whatever is said at whatever step, there is a screen to show."""

from __future__ import annotations

import pytest

from bot import (
    amount_dialogue,
    claim_dialogue,
    email_dialogue,
    order_dialogue,
    quote_dialogue,
    support_dialogue,
    work_dialogue,
)
from bot.dialogue import (
    BACK,
    CANCEL,
    Chosen,
    Draft,
    Event,
    Pictured,
    Pinned,
    Remark,
    Said,
    Shared,
    Step,
    back,
)
from bot.handlers.dialogues import _ADVANCE as ADVANCE
from bot.keyboards import screen_keyboard
from bot.order_dialogue import Known
from bot.screen import Facts
from bot.screens import show
from local.simulators.telegram.keyboards import check_markup
from local.simulators.telegram.markup import parse_html
from rules.catalog import Estimate, Service
from rules.quotes import ITEMS
from rules.words import tidy
from tests.bot.test_dialogue import KIROV, PLACED, TODAY, TVER
from tests.workflows.mischief import Mischief
from texts.language import Language

STEPS, WALKS = 40, 12
FACTS = Facts(TODAY, Estimate(1_000_00, 2_000_00), 200_00, 3)
QUOTED = [one for one in Service if one in ITEMS]
BEGINNINGS: dict[str, Draft] = {
    "first order": order_dialogue.begin("d", Known()),
    "another order": order_dialogue.begin("d", Known(True, PLACED)),
    "form": work_dialogue.begin("d", "Иван <b>", has_phone=False),
    "claim": claim_dialogue.begin(
        1, "o", 1, "travel", cap_kopecks=1_000_00, proof_above_kopecks=300_00
    ),
    "price": amount_dialogue.begin_price(1, "o", 1, 1_000_00),
    "question": support_dialogue.begin(1),
    "address": email_dialogue.begin(),
    "metres": quote_dialogue.begin_metres(1, 30, 3_000_00),
    **{f"quote {one}": quote_dialogue.begin(1, one, 180) for one in QUOTED},
}


def _event(mischief: Mischief, buttons: list[str]) -> Event:
    chance = mischief.chance
    words = tidy(mischief.words()) or "да"
    odd = ("", "9", "-1", "9999-12-31", "2020-02-30", "+", "x+", "repair", "travel", "100", "yes")
    places = chance.choice(((), (TVER,), (TVER, KIROV)))
    events: list[Event] = [
        Chosen(chance.choice(odd), TODAY),
        Said(words, places),
        Said(chance.choice(("5", "12-18", "1500", "250000", "Иван", "a@b.ru")), places),
        Pinned(chance.uniform(-95, 95), chance.uniform(-185, 185), TVER, chance.choice((1, 900))),
        Shared(chance.random() < 0.5),
        Pictured(chance.choice(("", "a", "b")), words[:2_000]),
    ]
    if buttons and chance.random() < 0.7:
        return Chosen(chance.choice(buttons), TODAY)
    return chance.choice(events)


def _buttons(draft: Draft, remark: Remark = Remark.NONE) -> list[str]:
    """Show it in both languages, as Telegram would take it; the values behind its buttons."""
    values: list[str] = []
    for lang in Language:
        shown = show(draft, FACTS, lang, remark)
        text, _ = parse_html(shown.text)
        assert 0 < len(text) <= 4_096
        keyboard = screen_keyboard(shown, draft.version, lang)
        if keyboard is not None:
            check_markup(keyboard.to_dict())
        values = [one.value for row in shown.rows for one in row]
    return [one for one in values if one not in (BACK, CANCEL)]


@pytest.mark.parametrize("name", BEGINNINGS)
def test_a_dialogue_has_an_answer_to_everything(name: str) -> None:
    reached: set[Step] = set()
    for walk in range(WALKS):
        mischief = Mischief(f"{name}/{walk}")
        draft = BEGINNINGS[name]
        buttons = _buttons(draft)
        for _ in range(STEPS):
            turn = ADVANCE[draft.flow](draft, _event(mischief, buttons))
            draft = turn.draft
            reached.add(draft.step)
            if draft.step is Step.FINISHED:
                break
            buttons = _buttons(draft, turn.remark)
            if mischief.chance.random() < 0.05:
                draft = back(draft) or draft
                buttons = _buttons(draft)
    assert Step.FINISHED in reached
