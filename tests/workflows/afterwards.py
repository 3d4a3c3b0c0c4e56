"""What must hold after any bad input, whoever gave it through whichever door."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from temporalio.client import WorkflowExecutionStatus

from rules.orders import OrderState
from tests.money import books_balance
from tests.workflows.outside import BOT_ID
from tests.workflows.people import Someone
from texts.catalogue import screen
from texts.language import Language

# What a person must never read: a stack trace, a key or a value of the code, an unfilled place.
INSIDES = re.compile(
    r"Traceback|File \"|Exception|\b[A-Za-z]*Error\b|\bNone\b|\bnull\b|\bnan\b|[{}]"
    r"|(?<![/@\w.-])[a-z]+(?:_[a-z0-9]+)+\b|\b(?:refusal|notice|ask|state|reason)\.\w+"
)
_CYRILLIC, _LATIN = re.compile(r"[а-яё]", re.I), re.compile(r"[a-z]", re.I)
# What the bot has an answer to: nothing to change, too late, a card below a map is sent anew, and
# a picture that only a modified app can name never was there.
_TELEGRAM_SAYS_SO = (
    "message is not modified",
    "query is too old",
    "there is no text in",
    "wrong file identifier",
)
_WON = (OrderState.AWAITING_PREPAYMENT, OrderState.BOOKED, OrderState.IN_PROGRESS)
_RUNS_OR_ENDED_WELL = (
    WorkflowExecutionStatus.RUNNING,
    WorkflowExecutionStatus.COMPLETED,
)


async def nothing_lost_nothing_doubled_the_books_balance_and_the_person_was_told(
    *people: Someone,
    told: str = "",
    values: Mapping[str, object] | None = None,
    typed: tuple[str, ...] = (),
) -> None:
    """`told`: the key of a sentence that each of these people has read in his language; `values`
    fill it in.

    `typed`: words of people, which are shown as they are and may be in any language.
    """
    for person in people:
        await person.calm()
        if told:
            await person.hears(_plain(screen(told, person.lang, **(values or {}))))
        await every_update_is_dealt_with(person)
        assert person.unheard == [], f"nothing was answered to {person.unheard}"
        telegram_took_every_message(person)
        _said_in_plain_words(person, typed)
        await every_order_is_whole(person)


def _plain(html: str) -> str:
    """The first line of a message, as it stands on the screen."""
    return re.sub(r"</?b>", "", html).partition("\n")[0]


async def every_update_is_dealt_with(person: Someone) -> None:
    """Each was handled at the first try, and no message that is owed was given up."""
    rows = await person.outside.run(
        "SELECT update_id, kind, state, error FROM telegram_updates WHERE bot_id = :bot"
        " AND update_id = ANY(:ids)",
        bot=BOT_ID, ids=person.acts,
    )  # fmt: skip
    assert len(rows) == len(set(person.acts)), "an update was lost"
    assert [one for one in rows if one["state"] != "done" or one["error"]] == []
    owed = await person.outside.run(
        "SELECT notice, error FROM outbox WHERE chat_user_id = :user AND state = 'failed'",
        user=person.user_id,
    )
    assert owed == [], "a message was given up"


def telegram_took_every_message(person: Someone) -> None:
    """Nothing that was written to him was refused for how it was written."""
    refused = [
        (one["method"], one["params"], one["response"])
        for one in person.outside.calls_to(person.id)
        if one["status"] >= 400
        and not any(words in str(one["response"]) for words in _TELEGRAM_SAYS_SO)
        and one["method"].lower() != "editmessagereplymarkup"
    ]
    assert refused == [], f"a message was refused: {refused[:2]}"


def _said_in_plain_words(person: Someone, typed: tuple[str, ...]) -> None:
    answers = person.outside.stand.callbacks.answers(person.id)
    for words in (*person.said(), *(str(one["text"]) for one in answers)):
        own = words
        for word in typed:
            own = own.replace(word, "")
        assert not INSIDES.search(own), f"not for people: {words}"
        if not own.strip() or own == "Язык / Language":
            continue
        foreign = _foreign_lines(own, person.lang)
        assert foreign == [], f"not {person.lang}: {words}"


def _foreign_lines(words: str, lang: Language) -> list[str]:
    """Lines without a letter of the language but with some of the other one."""
    own, other = (_CYRILLIC, _LATIN) if lang is Language.RU else (_LATIN, _CYRILLIC)
    lines = words.split("\n")
    return [one for one in lines if other.search(one) and not own.search(one) and len(one) > 12]


async def every_order_is_whole(person: Someone) -> None:
    """His orders are those that he has sent; each has its books and its workflow in order."""
    rows = await person.outside.run(
        "SELECT CAST(id AS text) AS id FROM orders WHERE client_id = :user", user=person.user_id
    )
    assert {one["id"] for one in rows} == {one.order_id for one in person.orders}, "lost or doubled"
    for order in person.orders:
        await _is_whole(person, order)
    if person.contractor_id:
        await _holds_what_he_won(person)


async def _is_whole(person: Someone, order: Any) -> None:
    description = await order.handle.describe()
    assert description.status in _RUNS_OR_ENDED_WELL, description.status
    raw = description.raw_description.pending_workflow_task
    assert raw.attempt <= 1, "a step of the workflow fails again and again"
    await books_balance(person.outside.world, order)
    offers = await person.outside.run(
        "SELECT contractor_id, round, state FROM offers WHERE order_id = :id", id=order.order_id
    )
    once = Counter((one["contractor_id"], one["round"]) for one in offers)
    assert set(once.values()) <= {1}, "offered twice"
    assert sum(one["state"] == "won" for one in offers) <= 1, "won twice"


async def _holds_what_he_won(person: Someone) -> None:
    """A contractor's places are taken by his open jobs and by nothing else."""
    (row,) = await person.outside.run(
        "SELECT c.busy, c.held, (SELECT count(*) FROM orders o WHERE o.contractor_id = c.id"
        " AND o.state = ANY(:won)) AS jobs FROM contractors c WHERE c.id = :id",
        id=person.contractor_id, won=[one.value for one in (*_WON, OrderState.AWAITING_ACCEPTANCE)],
    )  # fmt: skip
    assert row["busy"] <= row["jobs"] <= row["busy"] + row["held"], dict(row)
