"""An update of a later Telegram keeps nobody waiting."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import Bot

from bot.decoding import decode

PERSON = {"id": 5, "is_bot": False, "first_name": "Анна"}
WORDS = {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}, "from": PERSON}


@pytest.mark.parametrize("strange", [{"poll": {"id": 1}}, {"venue": 7}, {"photo": "x"}])
def test_what_is_not_understood_of_a_message_leaves_its_words(strange: dict[str, Any]) -> None:
    payload = {"update_id": 1, "message": {**WORDS, "text": "вода", **strange}}
    update = decode(payload, Bot("1:x"))

    assert update is not None
    assert update.message is not None
    assert (update.message.text, update.effective_user) == ("вода", update.message.from_user)


def test_a_tap_below_a_message_that_is_not_understood_is_still_a_tap() -> None:
    tap = {"id": "1", "from": PERSON, "chat_instance": "1", "data": "x:1:1"}
    under = {**WORDS, "poll": {"id": 1}}
    update = decode({"update_id": 1, "callback_query": {**tap, "message": under}}, Bot("1:x"))

    assert update is not None
    assert update.callback_query is not None
    assert (update.callback_query.data, update.effective_chat is not None) == ("x:1:1", True)


def test_what_has_not_even_a_sender_is_nobodys() -> None:
    update = decode({"update_id": 1, "poll_answer": {"user": 7}}, Bot("1:x"))

    assert update is None or update.effective_user is None
