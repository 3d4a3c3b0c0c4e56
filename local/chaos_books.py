"""The two truths after a chaos run, and every way in which they must not differ.

The books are read by SQL, the provider's side over its own HTTP API with the shop's key. What
compares them is pure and knows nothing of how the product works.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy import text

from models.database import Database
from models.queries import ledger
from rules.ledger import PSP_CLEARING, SUSPENSE, deposit

INVARIANTS = tuple(f"M{number}" for number in range(1, 13))
PAGE = 100
Breaches = dict[str, list[str]]

_LINES = text(
    """
    SELECT CAST(j.order_id AS text) AS order_id, j.kind, j.phase, j.source, j.source_id,
           e.account, e.debit_kopecks - e.credit_kopecks AS kopecks
    FROM journals j JOIN entries e ON e.journal_id = j.id ORDER BY e.id
    """
)
_ORDERS = text(
    """
    SELECT CAST(id AS text) AS id, state, prepaid, prepayment_kopecks, refund_kopecks,
           money_closed_at IS NOT NULL AS is_closed,
           coalesce((money ->> 'captured_kopecks')::bigint, 0) AS shown_captured,
           coalesce((money ->> 'refunded_kopecks')::bigint, 0) AS shown_refunded,
           coalesce((facts -> 'claim' ->> 'amount_kopecks')::bigint, 0) AS granted,
           coalesce((facts ->> 'credit_kopecks')::bigint, 0) AS credit,
           EXISTS (SELECT 1 FROM order_events e WHERE e.order_id = o.id AND e.event = 'prepaid')
               AS was_paid
    FROM orders o
    """
)


@dataclass(frozen=True)
class Ours:
    """What our tables say: orders, ledger lines, and what the invariants' own queries found."""

    orders: list[dict[str, Any]]
    lines: list[dict[str, Any]]
    broken: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Theirs:
    """What the provider says: API objects."""

    payments: list[dict[str, Any]]
    refunds: list[dict[str, Any]]


async def read_ours(database: Database) -> Ours:
    """All orders and all ledger lines."""
    async with database.reading() as session:
        broken = await ledger.violations(session)
        connection = await session.connection()
        orders = (await connection.execute(_ORDERS)).mappings().all()
        lines = (await connection.execute(_LINES)).mappings().all()
    return Ours([dict(row) for row in orders], [dict(row) for row in lines], broken)


async def read_theirs(api_url: str, shop_id: str, secret_key: str) -> Theirs:
    """The provider's own lists, page by page."""
    async with httpx.AsyncClient(
        base_url=api_url, auth=(shop_id, secret_key), timeout=30, trust_env=False
    ) as http:
        return Theirs(await _listed(http, "/payments"), await _listed(http, "/refunds"))


async def _listed(http: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query = {"limit": str(PAGE)}
    while True:
        page = (await http.get(path, params=query)).raise_for_status().json()
        found += page["items"]
        if not page.get("next_cursor"):
            return found
        query["cursor"] = page["next_cursor"]


def breaches(ours: Ours, theirs: Theirs) -> Breaches:
    """What is wrong, by invariant; every one is named, also when nothing breaks it."""
    found: Breaches = {name: [] for name in INVARIANTS}
    for name, rows in ours.broken.items():
        found.setdefault(name.partition(" ")[0], []).extend(f"{name}: {row}" for row in rows)
    sides = _by_order(ours, theirs)
    _compare_sums(found, ours, theirs)
    for order in ours.orders:
        _compare_order(found, order, sides[order["id"]])
    known = {order["id"] for order in ours.orders}
    found["M10"] += [f"a payment of the unknown order {one}" for one in sides if one not in known]
    return found


@dataclass
class _Side:
    """One order's part of both truths."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    payments: list[dict[str, Any]] = field(default_factory=list)
    refunds: list[dict[str, Any]] = field(default_factory=list)

    def posted(self, account: str, kind: str = "") -> int:
        """Debits less credits of the accounts that begin so, in what is posted."""
        return sum(
            line["kopecks"]
            for line in self.lines
            if line["phase"] == "posted"
            and line["account"].startswith(account)
            and line["kind"].startswith(kind)
        )


def _by_order(ours: Ours, theirs: Theirs) -> defaultdict[str, _Side]:
    sides: defaultdict[str, _Side] = defaultdict(_Side)
    for line in ours.lines:
        if line["order_id"] is not None:
            sides[line["order_id"]].lines.append(line)
    owner = {}
    for payment in theirs.payments:
        owner[payment["id"]] = str(payment.get("metadata", {}).get("order"))
        sides[owner[payment["id"]]].payments.append(payment)
    for refund in theirs.refunds:
        sides[owner.get(refund["payment_id"], "None")].refunds.append(refund)
    return sides


def _compare_sums(found: Breaches, ours: Ours, theirs: Theirs) -> None:
    clearing = sum(
        line["kopecks"]
        for line in ours.lines
        if line["phase"] == "posted" and line["account"] == PSP_CLEARING
    )
    if clearing != _with_them(theirs.payments, theirs.refunds):
        provider = _with_them(theirs.payments, theirs.refunds)
        found["M8"].append(f"in sum: clearing {clearing}, at the provider {provider}")


def _with_them(payments: Iterable[dict[str, Any]], refunds: Iterable[dict[str, Any]]) -> int:
    """Kopecks of ours that lie at the provider: what came in after his fee, less refunds."""
    taken = sum(kopecks(one["income_amount"]) for one in payments if _succeeded(one))
    return taken - sum(kopecks(one["amount"]) for one in refunds if _succeeded(one))


def _compare_order(found: Breaches, order: dict[str, Any], side: _Side) -> None:
    name = order["id"]
    _compare_payments(found, name, side)
    clearing, provider = side.posted(PSP_CLEARING), _with_them(side.payments, side.refunds)
    if clearing != provider:
        found["M8"].append(f"{name}: clearing {clearing}, at the provider {provider}")
    captured = sum(kopecks(one["amount"]) for one in side.payments if _succeeded(one))
    refunded = sum(kopecks(one["amount"]) for one in side.refunds if _succeeded(one))
    shown = (order["shown_captured"], order["shown_refunded"])
    if shown != (captured, refunded):
        found["M12"].append(f"{name}: shown {shown}, at the provider {(captured, refunded)}")
    if not order["is_closed"]:
        return
    left = side.posted(deposit(name)), side.posted(SUSPENSE)
    if any(left):
        found["M7"].append(f"{name}: {left} kopecks left in deposit and suspense")
    ends = {one["status"] for one in (*side.payments, *side.refunds)}
    if not ends <= {"succeeded", "canceled"}:
        found["M7"].append(f"{name}: closed, and at the provider {sorted(ends)}")
    kept, due = captured - refunded, kept_kopecks(order)
    if kept != due - min(order["credit"], due):
        found["M12"].append(f"{name}: {order['state']}, kept {kept}, due {due}")
    shared = -side.posted("fee:platform") - side.posted("contractor:", "settled")
    shared -= side.posted("contractor:", "costs_kept")
    if shared != due:
        found["M12"].append(f"{name}: {order['state']}, shared out {shared}, due {due}")


def kept_kopecks(order: dict[str, Any]) -> int:
    """What of a closed order's prepayment does not go back, by how the order ended."""
    if not order["prepaid"]:
        return 0
    if order["state"] == "completed":
        return int(order["prepayment_kopecks"] - order["refund_kopecks"])
    return int(order["granted"]) if order["state"] == "cancelled" else 0


def _compare_payments(found: Breaches, name: str, side: _Side) -> None:
    """Each payment of the provider against the journals of its attempt, and the other way."""
    written: dict[str, list[int]] = {}
    for line in side.lines:
        if line["kind"] == "captured" and line["account"] == PSP_CLEARING:
            written.setdefault(line["source_id"], []).append(line["kopecks"])
    for payment in side.payments:
        attempt = f"{name}:{payment['metadata'].get('attempt')}"
        refunds = [one for one in side.refunds if one["payment_id"] == payment["id"]]
        if _succeeded(payment):
            taken = [kopecks(payment["amount"])]
            if written.pop(attempt, []) != taken:
                found["M10"].append(f"{attempt}: captured {taken} at the provider, not so here")
            _compare_refunds(found, attempt, payment, refunds, side)
        going = sum(kopecks(one["amount"]) for one in refunds if one["status"] != "canceled")
        if going > (kopecks(payment["amount"]) if _succeeded(payment) else 0):
            found["M6"].append(f"{attempt}: {going} go back, more than was captured")
    found["M10"] += [f"{attempt}: captured here, not at the provider" for attempt in written]


def _compare_refunds(
    found: Breaches,
    attempt: str,
    payment: dict[str, Any],
    refunds: list[dict[str, Any]],
    side: _Side,
) -> None:
    theirs = kopecks(payment["refunded_amount"]) if "refunded_amount" in payment else 0
    listed = sum(kopecks(one["amount"]) for one in refunds if _succeeded(one))
    posted = -sum(
        line["kopecks"]
        for line in side.lines
        if line["kind"].startswith("refund")
        and line["phase"] == "posted"
        and line["account"] == PSP_CLEARING
        and line["source_id"].startswith(f"{attempt}:")
    )
    if not theirs == listed == posted:
        found["M11"].append(
            f"{attempt}: refunded {theirs} (list: {listed}) at the provider, {posted} here"
        )


def _succeeded(one: dict[str, Any]) -> bool:
    return bool(one["status"] == "succeeded")


def kopecks(amount: dict[str, str]) -> int:
    """The provider's amount object."""
    roubles, _, rest = amount["value"].partition(".")
    return int(roubles) * 100 + int(rest.ljust(2, "0"))
