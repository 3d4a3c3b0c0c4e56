"""Receipts: inside payments and refunds, or alone; registered a moment later.

A receipt inside a request is made when its money has moved. The tax service's answer takes
`registration_seconds` of the simulator's clock; a planted fault leaves it pending or cancels it.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from local.simulators.yookassa.clock import SimulatorClock
from local.simulators.yookassa.faults import RECEIPT_KINDS, Faults
from local.simulators.yookassa.problems import ApiProblem, invalid, not_found
from local.simulators.yookassa.receipt_checks import ReceiptAsk
from local.simulators.yookassa.records import Payment, Refund, iso, money, new_id
from local.simulators.yookassa.store import Store
from local.simulators.yookassa.terms import Shop

MOST_PER_PAYMENT = 30
_TABLES = (
    "create table if not exists receipts ("
    "seq integer primary key autoincrement, id text not null unique, payment_id text,"
    " refund_id text, of_payment text not null, status text not null, created_ms integer not null,"
    " due_ms integer, row text not null)",
    "create index if not exists receipts_due on receipts (due_ms) where due_ms is not null",
    # Receipts inside requests whose money has not moved yet.
    "create table if not exists receipts_inside ("
    "owner_id text primary key, kind text not null, body text not null)",
)


@dataclass
class Receipt:
    """One receipt; `payment_id` or `refund_id` is what it is of."""

    id: str
    kind: str
    created_ms: int
    items: list[dict[str, Any]]
    settlements: list[dict[str, Any]] = field(default_factory=list)
    tax_system_code: int | None = None
    payment_id: str | None = None
    refund_id: str | None = None
    of_payment: str = ""
    status: str = "pending"
    inside: bool = False
    due_ms: int | None = None
    registered_ms: int | None = None


class Receipts:
    """Receipts of one shop. Every method is to be called inside a transaction."""

    def __init__(self, store: Store, clock: SimulatorClock, faults: Faults, shop: Shop) -> None:
        self._store = store
        self._clock = clock
        self._faults = faults
        self._shop = shop
        for statement in _TABLES:
            store.run(statement)

    def carry(self, owner: Payment | Refund, said: dict[str, Any] | None) -> Payment | Refund:
        """Keep the receipt of a new payment or refund until its money has moved."""
        if said is None:
            return owner
        kind = "payment" if isinstance(owner, Payment) else "refund"
        self._store.run(
            "insert into receipts_inside (owner_id, kind, body) values (?, ?, ?)",
            owner.id,
            kind,
            json.dumps(said),
        )
        return self._tell_owner(owner, "pending")

    def create(self, ask: ReceiptAsk) -> Receipt:
        """A receipt alone, of money that has moved."""
        of_payment = self._moved(ask)
        if of_payment is None:
            raise invalid(f"Only a succeeded {ask.kind} has a receipt", f"{ask.kind}_id")
        known = self._store.rows("select 1 from receipts where of_payment = ?", (of_payment,))
        if len(known) >= MOST_PER_PAYMENT:
            raise invalid(f"A payment has at most {MOST_PER_PAYMENT} receipts", f"{ask.kind}_id")
        return self._begin(ask, of_payment, inside=False)

    def find(self, receipt_id: str) -> Receipt:
        """The receipt, or 404."""
        found = self._store.rows("select row from receipts where id = ?", (receipt_id,))
        if not found:
            raise not_found("Receipt", "receipt_id")
        return Receipt(**json.loads(found[0]["row"]))

    def every(self) -> list[Receipt]:
        """All receipts, newest first."""
        found = self._store.rows("select row from receipts order by seq desc")
        return [Receipt(**json.loads(row["row"])) for row in found]

    def catch_up(self) -> None:
        """Make what was carried inside and is due now; register what has waited long enough."""
        for row in self._store.rows("select * from receipts_inside"):
            self._release(row["owner_id"], row["kind"], json.loads(row["body"]))
        due = self._store.rows(
            "select row from receipts where due_ms <= ? order by due_ms limit 500",
            (self._clock.now_ms(),),
        )
        for row in due:
            self.settle(Receipt(**json.loads(row["row"])), "succeeded")

    def settle(self, receipt: Receipt, status: str) -> Receipt:
        """The tax service's answer."""
        if receipt.status != "pending":
            raise ApiProblem(409, "invalid_request", f"Receipt is {receipt.status}", "receipt_id")
        registered = self._clock.now_ms() if status == "succeeded" else None
        done = replace(receipt, status=status, due_ms=None, registered_ms=registered)
        self._save(done)
        owner = self._owner(receipt.refund_id or receipt.payment_id or "")
        if receipt.inside and owner is not None:
            self._tell_owner(owner, status)
        return done

    def undo(self, receipt_id: str) -> None:
        """The provider takes its own new receipt back after a 500: there is none."""
        self._store.run("delete from receipts where id = ?", receipt_id)

    @staticmethod
    def shown(receipt: Receipt) -> dict[str, Any]:
        """The API object."""
        shown: dict[str, Any] = {
            "id": receipt.id,
            "type": receipt.kind,
            "status": receipt.status,
            "items": receipt.items,
        }
        optional = {
            "payment_id": receipt.payment_id,
            "refund_id": receipt.refund_id,
            "tax_system_code": receipt.tax_system_code,
            "settlements": receipt.settlements or None,
        }
        shown.update({name: value for name, value in optional.items() if value is not None})
        if receipt.registered_ms is not None:
            shown["registered_at"] = iso(receipt.registered_ms)
            shown["fiscal_document_number"] = str(receipt.registered_ms % 100_000)
            shown["fiscal_storage_number"] = "9288000100115785"
            shown["fiscal_attribute"] = str(receipt.registered_ms % 10_000_000_000)
            shown["fiscal_provider_id"] = receipt.id[3:]
        return shown

    def _release(self, owner_id: str, kind: str, said: dict[str, Any]) -> None:
        owner = self._owner(owner_id)
        if owner is None or owner.status not in {"succeeded", "canceled"}:
            return
        self._store.run("delete from receipts_inside where owner_id = ?", owner_id)
        if owner.status == "canceled":
            return
        total = {"type": "cashless", "amount": money(owner.amount_kopecks)}
        ask = ReceiptAsk(kind, owner_id, said["items"], [total], said.get("tax_system_code"))
        self._begin(ask, self._moved(ask) or owner_id, inside=True)

    def _begin(self, ask: ReceiptAsk, of_payment: str, *, inside: bool) -> Receipt:
        now = self._clock.now_ms()
        receipt = Receipt(
            id=f"rt-{new_id(now)}",
            kind=ask.kind,
            created_ms=now,
            items=ask.items,
            settlements=ask.settlements,
            tax_system_code=ask.tax_system_code,
            of_payment=of_payment,
            inside=inside,
        )
        if ask.kind == "refund":
            receipt.refund_id = ask.owner_id
        else:
            receipt.payment_id = ask.owner_id
        fault = self._faults.take("receipts.create", RECEIPT_KINDS)
        if fault is not None and fault.kind == "receipt_canceled":
            self._save(receipt)
            return self.settle(receipt, "canceled")
        seconds: float | None = self._shop.terms.registration_seconds
        if fault is not None:
            seconds = fault.seconds
        receipt.due_ms = None if seconds is None else now + int(seconds * 1000)
        self._save(receipt)
        return receipt

    def _moved(self, ask: ReceiptAsk) -> str | None:
        """The payment whose money has moved; None if it has not."""
        owner = self._owner(ask.owner_id)
        fits = isinstance(owner, Refund if ask.kind == "refund" else Payment)
        if owner is None or not fits or owner.status != "succeeded":
            return None
        return owner.payment_id if isinstance(owner, Refund) else owner.id

    def _owner(self, owner_id: str) -> Payment | Refund | None:
        return self._store.payment(owner_id) or self._store.refund(owner_id)

    def _tell_owner(self, owner: Payment | Refund, status: str) -> Payment | Refund:
        told = replace(owner, receipt_registration=status)
        if isinstance(told, Payment):
            self._store.save_payment(told)
        else:
            self._store.save_refund(told)
        return told

    def _save(self, receipt: Receipt) -> None:
        self._store.run(
            "insert into receipts"
            " (id, payment_id, refund_id, of_payment, status, created_ms, due_ms, row)"
            " values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do update set"
            " status = excluded.status, due_ms = excluded.due_ms, row = excluded.row",
            receipt.id,
            receipt.payment_id,
            receipt.refund_id,
            receipt.of_payment,
            receipt.status,
            receipt.created_ms,
            receipt.due_ms,
            json.dumps(asdict(receipt)),
        )
