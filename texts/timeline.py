"""Labels of the bars in an order's timeline of the Temporal UI; public facts only.

They are read beside the live details, so they speak the same language. They are notes on a command
and no part of it: another wording needs no `patched()`.
"""

from collections.abc import Sequence
from datetime import datetime

from rules.attempts import Op
from rules.transitions import OrderEvent, OrderState
from texts.catalogue import say
from texts.details import SUMMARY_BYTES_MAX
from texts.formatting import contractor_number, money, when
from texts.language import Language


def _cut(text: str) -> str:
    return text.encode()[:SUMMARY_BYTES_MAX].decode(errors="ignore")


def label(name: str, lang: Language = Language.RU, **values: object) -> str:
    """The label `timeline.{name}`, at most 180 bytes."""
    return _cut(say(f"timeline.{name}", lang, **values))


def change_label(
    events: Sequence[OrderEvent],
    state: OrderState,
    contractor_id: int | None,
    lang: Language = Language.RU,
) -> str:
    """What is written at once, and where it leads: `предоплата пришла → выезд назначен, C-17`."""
    names = [say(f"timeline.event.{one.value}", lang) for one in events]
    # Of many only the last ones find room: they say where the order is.
    shown = names if len(names) <= 3 else ["…", *names[-2:]]
    values = {"events": ", ".join(shown), "state": say(f"timeline.state.{state.value}", lang)}
    if contractor_id is None:
        return label("change", lang, **values)
    return label("change_by", lang, **values, crew=contractor_number(contractor_id))


def payment_label(
    attempt: int, op: Op, kopecks: int, refund_seq: int | None, lang: Language = Language.RU
) -> str:
    """One exchange with the provider: `Платёж 1: списать 2 400 ₽`."""
    name = "payment_refund" if refund_seq else "payment"
    word, amount = say(f"timeline.op.{op.value}", lang), money(kopecks, lang)
    return label(name, lang, attempt=attempt, op=word, amount=amount, refund=refund_seq)


def intent_label(
    attempt: int, op: Op, at: datetime, utc_offset_minutes: int, lang: Language = Language.RU
) -> str:
    """What will be asked of the provider and when, in the order's local time."""
    word = say(f"timeline.op.{op.value}", lang)
    return label(
        "payment_at", lang, attempt=attempt, op=word, at=when(at, utc_offset_minutes, lang)
    )


def crews(contractor_ids: Sequence[int]) -> str:
    """Public numbers in one line: `C-17, C-18`."""
    return ", ".join(contractor_number(one) for one in contractor_ids)
