"""Lists with filters and cursors, newest first."""

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from local.simulators.yookassa.problems import invalid
from local.simulators.yookassa.records import Payment, Refund
from local.simulators.yookassa.store import Store

_SIGNS = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<"}
_COLUMNS = {"created_at": "created_ms", "captured_at": "captured_ms"}
_SAME = {
    "payments": {"status": "status", "payment_method": "method"},
    "refunds": {"status": "status", "payment_id": "payment_id"},
    "receipts": {"status": "status", "payment_id": "payment_id", "refund_id": "refund_id"},
}
_WORDS = {
    "payments": ("pending", "waiting_for_capture", "succeeded", "canceled"),
    "refunds": ("pending", "succeeded", "canceled"),
    "receipts": ("pending", "succeeded", "canceled"),
}
_TIMES = {
    "payments": ("created_at", "captured_at"),
    "refunds": ("created_at",),
    "receipts": ("created_at",),
}


def _instant_ms(name: str, text: str) -> int:
    try:
        # A plus sign in a query string arrives as a space.
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise invalid("Incorrect date and time, ISO 8601 is needed", name) from None
    if moment.tzinfo is None:
        raise invalid("The time zone is missing", name)
    return int(moment.timestamp() * 1000)


def _cursor_out(seq: int) -> str:
    return base64.urlsafe_b64encode(f"before:{seq}".encode()).decode()


def _cursor_in(text: str) -> int:
    try:
        word, _, seq = base64.urlsafe_b64decode(text).decode().partition(":")
        if word == "before":
            return int(seq)
    except (ValueError, binascii.Error):
        pass
    raise invalid("Incorrect cursor", "cursor")


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", "10")
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise invalid("limit is 1..100", "limit")
    return int(text)


def _conditions(table: str, query: Mapping[str, str]) -> tuple[list[str], list[object]]:
    where, values = [], list[object]()
    for name, text in query.items():
        column, _, sign = name.partition(".")
        if name == "status" and text not in _WORDS[table]:
            raise invalid("Unknown status", name)
        if name in _SAME[table]:
            where.append(f"{_SAME[table][name]} = ?")
            values.append(text)
        elif column in _TIMES[table] and sign in _SIGNS:
            where.append(f"{_COLUMNS[column]} {_SIGNS[sign]} ?")
            values.append(_instant_ms(name, text))
        elif name == "cursor":
            where.append("seq < ?")
            values.append(_cursor_in(text))
        elif name != "limit":
            raise invalid("Unknown filter", name)
    return where, values


def _page(
    store: Store, table: str, query: Mapping[str, str]
) -> tuple[list[dict[str, Any]], str | None]:
    limit = _limit(query)
    where, values = _conditions(table, query)
    condition = " and ".join(["1 = 1", *where])
    found = store.rows(
        # Table and columns come from the dictionaries above, values are bound.
        f"select seq, row from {table} where {condition}"  # noqa: S608 - see above
        " order by seq desc limit ?",
        (*values, limit + 1),
    )
    more = _cursor_out(found[limit - 1]["seq"]) if len(found) > limit else None
    return [json.loads(row["row"]) for row in found[:limit]], more


def payments_page(store: Store, query: Mapping[str, str]) -> tuple[list[Payment], str | None]:
    """One page of payments and the cursor of the next one."""
    found, cursor = _page(store, "payments", query)
    return [Payment(**row) for row in found], cursor


def refunds_page(store: Store, query: Mapping[str, str]) -> tuple[list[Refund], str | None]:
    """One page of refunds and the cursor of the next one."""
    found, cursor = _page(store, "refunds", query)
    return [Refund(**row) for row in found], cursor


def receipts_page(
    store: Store, query: Mapping[str, str]
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of receipts as they are kept, and the cursor of the next one."""
    return _page(store, "receipts", query)
