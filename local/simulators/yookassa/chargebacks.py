"""Chargebacks: a bank takes money back over the shop's head. The basic API tells of none."""

from typing import Any

from local.simulators.yookassa.clock import SimulatorClock
from local.simulators.yookassa.payments import Payments
from local.simulators.yookassa.problems import ApiProblem
from local.simulators.yookassa.records import iso, money, new_id
from local.simulators.yookassa.store import Store


class Chargebacks:
    """Chargebacks of one shop: no status of a payment changes and no notice is sent."""

    def __init__(self, store: Store, clock: SimulatorClock, payments: Payments) -> None:
        self._store = store
        self._clock = clock
        self._payments = payments

    def create(self, payment_id: str, amount_kopecks: int | None, reason: str) -> dict[str, Any]:
        """Mark a succeeded payment; without an amount, for what was not refunded. Else 409."""
        payment = self._payments.find(payment_id)
        left = payment.refundable_kopecks - self.taken_kopecks(payment_id)
        amount = left if amount_kopecks is None else amount_kopecks
        if payment.status != "succeeded" or not 0 < amount <= left:
            raise ApiProblem(409, "invalid_request", "Nothing to take back", "amount.value")
        now = self._clock.now_ms()
        self._store.run(
            "insert into chargebacks (id, payment_id, amount_kopecks, reason, created_ms)"
            " values (?, ?, ?, ?, ?)",
            new_id(now),
            payment_id,
            amount,
            reason,
            now,
        )
        return self.listing()[0]

    def taken_kopecks(self, payment_id: str) -> int:
        """What banks have taken back of one payment."""
        found = self._store.rows(
            "select coalesce(sum(amount_kopecks), 0) as taken from chargebacks"
            " where payment_id = ?",
            (payment_id,),
        )
        return int(found[0]["taken"])

    def listing(self) -> list[dict[str, Any]]:
        """Every chargeback, newest first."""
        found = self._store.rows("select * from chargebacks order by seq desc")
        return [
            {
                "id": row["id"],
                "payment_id": row["payment_id"],
                "amount": money(row["amount_kopecks"]),
                "reason": row["reason"],
                "created_at": iso(row["created_ms"]),
            }
            for row in found
        ]
