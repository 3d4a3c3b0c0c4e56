"""Statements in words: one line per movement, the same for the bot, the API and the files."""

from rules.statements import BUSINESS_OFFSET_MINUTES, Movement, Side, Standing
from texts.catalogue import has, say
from texts.formatting import contractor_number, local, money, order_number
from texts.language import Language

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def movement_name(movement: Movement, side: Side, lang: Language) -> str:
    """What happened, in words; a kind that nobody has named yet is a correction."""
    key = f"statement.{side.value}.{movement.kind}"
    return say(key if has(key) else "statement.other", lang)


def movement_line(movement: Movement, side: Side, lang: Language) -> str:
    """`24.11 · D-1042 · Предоплата +700 ₽ → 700 ₽`."""
    at = local(movement.at, BUSINESS_OFFSET_MINUTES)
    number = order_number(movement.order_number) if movement.order_number is not None else ""
    name = movement_name(movement, side, lang)
    sign = "+" if movement.amount_kopecks > 0 else "–" if movement.amount_kopecks < 0 else ""
    amount = abs(movement.amount_kopecks) or movement.moved_kopecks
    what = f"{name} {sign}{money(amount, lang)} → {money(movement.balance_kopecks, lang)}"
    return " · ".join(one for one in (f"{at:%d.%m}", number, what) if one)


def standing_lines(standing: Standing, side: Side, lang: Language) -> list[str]:
    """What a person has with us now, and what it is for."""
    # What he owes is kept back from what is paid out.
    available = max(0, standing.available_kopecks - standing.owed_kopecks)
    lines = [
        say(
            f"statement.{side.value}.now",
            lang,
            balance=money(standing.balance_kopecks, lang),
            available=money(available, lang),
        )
    ]
    if standing.owed_kopecks > 0:
        lines.append(say("statement.owed", lang, owed=money(standing.owed_kopecks, lang)))
    return lines


def plain_cell(words: str) -> str:
    """The words as no spreadsheet takes them for a formula."""
    return f"'{words}" if words.startswith(_FORMULA) else words


def payee_number(side: Side, payee_id: int) -> str:
    """A payee's public number: `C-17`, or `K-1001` for a client."""
    return contractor_number(payee_id) if side is Side.CONTRACTOR else f"K-{payee_id}"


def payout_number(number: int) -> str:
    """A payout register's public number, `P-101`."""
    return f"P-{number}"
