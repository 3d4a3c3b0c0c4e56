"""What is too long, too large or too much is called so, and nothing of it is cut in silence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot import order_dialogue, quote_dialogue, support_dialogue, work_dialogue
from bot.dialogue import Draft, Event, Flow, Pictured, Remark, Said, Step
from bot.order_dialogue import PHOTOS_MAX
from bot.screen import Facts
from bot.screens import show
from rules.catalog import Service
from tests.bot.test_dialogue import TODAY
from texts.language import Language

QUOTE = quote_dialogue.begin(1, Service.DRILLING_WELL, 180)
METRES = quote_dialogue.begin_metres(1, 30, 3_000_00)
ALBUM = Draft(Flow.ORDER, Step.COMMENT, {"photos": [str(n) for n in range(PHOTOS_MAX)]})


@pytest.mark.parametrize("typed", ["100000", "100000 м", "12-100000", "0", "999999999"])
def test_a_depth_of_100000_metres_is_told_its_bounds(typed: str) -> None:
    turn = quote_dialogue.advance(QUOTE, Said(typed))

    assert (turn.draft, turn.remark) == (QUOTE, Remark.OUT_OF_BOUNDS)
    assert quote_dialogue.advance(METRES, Said("100000")).remark is Remark.OUT_OF_BOUNDS


@pytest.mark.parametrize("typed", ["-5", "NaN", "1e9", "много", "²", "9" * 40])
def test_what_is_no_depth_is_asked_again(typed: str) -> None:
    assert quote_dialogue.advance(QUOTE, Said(typed)).remark is Remark.NOT_UNDERSTOOD
    assert quote_dialogue.advance(METRES, Said(typed)).remark is Remark.NOT_UNDERSTOOD


@pytest.mark.parametrize("event", [Said("я" * 1_001), Pictured("", "я" * 1_001)])
def test_a_question_that_is_too_long_is_not_cut(event: Event) -> None:
    question = support_dialogue.begin(None)
    turn = support_dialogue.advance(question, event)

    assert (turn.draft, turn.remark) == (question, Remark.TOO_LONG)


def test_a_photo_too_many_and_a_caption_too_long_are_said() -> None:
    assert order_dialogue.advance(ALBUM, Pictured("one more")).remark is Remark.ENOUGH_PHOTOS
    assert order_dialogue.advance(ALBUM, Pictured("0")).remark is Remark.NONE
    long = order_dialogue.advance(replace(ALBUM, answers={}), Pictured("0", "я" * 1_001))
    assert (long.remark, long.draft.answers) == (Remark.TOO_LONG, {"photos": ["0"]})


@pytest.mark.parametrize("name", ["…", "123", "🔥", "—"])
def test_a_crew_is_not_called_by_what_is_no_name(name: str) -> None:
    form = work_dialogue.begin("d", name, has_phone=True)

    assert work_dialogue.advance(form, Said(name)).remark is Remark.NOT_UNDERSTOOD
    assert [len(row) for row in show(form, Facts(TODAY), Language.RU).rows] == [1]


@pytest.mark.parametrize(
    ("draft", "limit"),
    [
        (work_dialogue.begin("d", "Иван", has_phone=True), "64"),
        (support_dialogue.begin(None), "1000"),
        (ALBUM, "1000"),
        (Draft(Flow.ORDER, Step.PLACE), "200"),
    ],
)
def test_each_question_names_its_own_limit(draft: Draft, limit: str) -> None:
    assert limit in show(draft, Facts(TODAY), Language.RU, Remark.TOO_LONG).text
