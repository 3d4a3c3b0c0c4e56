"""Drafts as rows: one per person, each step guarded by its version."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.dialogue import Draft, Flow, Step
from models.queries.plain import run
from models.telegram import DialogueDraftRow

_TRAIL = "trail"
_UPDATE = "update_id"
_BELOW = "below"
_ASKED = "asked"
_FORMS = (Flow.ORDER, Flow.WORK)
_TRAIL_MAX = 20
_ASK = text("""
    UPDATE dialogue_drafts
    SET answers = jsonb_set(answers, '{asked}', to_jsonb(CAST(:message AS bigint)))
    WHERE user_id = :user
""")
_DROP = text("DELETE FROM dialogue_drafts WHERE user_id = :user")


async def load(session: AsyncSession, user_id: int) -> Draft | None:
    """A person's draft; None if there is none, or none that this version understands."""
    row = await session.get(DialogueDraftRow, user_id)
    if row is None:
        return None
    answers = dict(row.answers)
    trail = answers.pop(_TRAIL, [])
    try:
        way = tuple(Step(step) for step in trail)
        return Draft(Flow(row.flow), Step(row.step), answers, way, row.version)
    except ValueError:
        return None


def seen(draft: Draft, update_id: int) -> bool:
    """Whether this draft already holds what the update said (it is handled a second time)."""
    return draft.answers.get(_UPDATE) == update_id


async def save(session: AsyncSession, user_id: int, draft: Draft, update_id: int) -> Draft:
    """Write the draft and return it; at another step than before it has the next version.

    A version belongs to a step, so quick taps on one question are all heard, and the buttons of
    an answered question are known to be old.
    """
    before = await session.get(DialogueDraftRow, user_id)
    has_moved = before is None or before.step != draft.step.value or before.flow != draft.flow.value
    version = draft.version + 1 if has_moved else draft.version
    saved = replace(draft.answered(**{_UPDATE: update_id}), version=version)
    answers: dict[str, Any] = dict(saved.answers)
    answers[_TRAIL] = [step.value for step in saved.trail[-_TRAIL_MAX:]]
    values = {
        "flow": saved.flow.value,
        "step": saved.step.value,
        "answers": answers,
        "version": saved.version,
        "updated_at": datetime.now(UTC),
    }
    statement = insert(DialogueDraftRow).values(user_id=user_id, **values)
    await session.exec(statement.on_conflict_do_update(index_elements=["user_id"], set_=values))
    return saved


def asked_in(draft: Draft, message_id: int | None) -> Draft:
    """The draft whose question stands in this message; unchanged without one."""
    return draft if message_id is None else draft.answered(**{_ASKED: message_id})


def asked_where(draft: Draft) -> int | None:
    """The message in which the draft's question stood last."""
    return draft.answers.get(_ASKED)


async def remember_asked(session: AsyncSession, user_id: int, message_id: int) -> None:
    """The question has been asked once more, in this message."""
    await run(session, _ASK, {"user": user_id, "message": message_id})


async def laid_over(session: AsyncSession, user_id: int, draft: Draft) -> Draft:
    """A short dialogue that keeps a half-finished form below it until it is over."""
    row = await session.get(DialogueDraftRow, user_id)
    if row is None:
        return draft
    below = row.answers.get(_BELOW)
    if row.flow in _FORMS:
        below = row.model_dump(include={"flow", "step", "answers", "version"})
    return draft.answered(**{_BELOW: below}) if below else draft


async def drop(session: AsyncSession, user_id: int) -> None:
    """The dialogue is over; a form that lay below it is open again."""
    row = await session.get(DialogueDraftRow, user_id)
    below = row.answers.get(_BELOW) if row is not None else None
    if row is None or not below:
        await run(session, _DROP, {"user": user_id})
        return
    row.sqlmodel_update({**below, "updated_at": datetime.now(UTC)})
    session.add(row)
