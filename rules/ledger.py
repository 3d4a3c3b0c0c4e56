"""The chart of accounts and every posting; each journal balances by construction.

Accounts (kopecks, RUB). Assets: `psp:clearing`, `bank`, `contractor:{id}:receivable`.
Liabilities: `order:{id}:deposit`, `contractor:{id}:payable`, `client:{id}:credit`, `vat`.
Revenue: `fee:platform`, `penalty`. Expense: `psp_fee`, `compensation`, `chargeback`, `writeoff`.
And `suspense` for money that belongs to no live order.
"""

from dataclasses import dataclass
from enum import StrEnum

from rules.money import Shares

PSP_CLEARING = "psp:clearing"
BANK = "bank"
FEE_PLATFORM = "fee:platform"
PENALTY = "penalty"
PSP_FEE = "psp_fee"
COMPENSATION = "compensation"
CHARGEBACK = "chargeback"
WRITEOFF = "writeoff"
VAT = "vat"
SUSPENSE = "suspense"


def deposit(order_id: str) -> str:
    """What is held for an order."""
    return f"order:{order_id}:deposit"


def payable(contractor_id: int) -> str:
    """What is owed to a contractor."""
    return f"contractor:{contractor_id}:payable"


def receivable(contractor_id: int) -> str:
    """What a contractor owes."""
    return f"contractor:{contractor_id}:receivable"


def credit(client_id: int) -> str:
    """What a client has to his credit."""
    return f"client:{client_id}:credit"


class Phase(StrEnum):
    """A pending entry reserves; exactly one later journal posts or voids it."""

    POSTED = "posted"
    PENDING = "pending"
    VOID = "void"


@dataclass(frozen=True)
class Entry:
    """One line: positive kopecks, debit or credit."""

    account: str
    debit_kopecks: int = 0
    credit_kopecks: int = 0


@dataclass(frozen=True)
class Journal:
    """One balanced posting; (source, source_id, kind) is written at most once."""

    kind: str
    source: str
    source_id: str
    entries: tuple[Entry, ...]
    phase: Phase = Phase.POSTED
    # For phase POSTED or VOID of something reserved: source_id and kind of the pending journal.
    resolves_kind: str = ""
    resolves_source_id: str = ""

    def __post_init__(self) -> None:
        debit = sum(entry.debit_kopecks for entry in self.entries)
        if debit != sum(entry.credit_kopecks for entry in self.entries):
            raise ValueError(f"journal {self.kind} does not balance")


def transfer(debit: str, credit: str, kopecks: int) -> tuple[Entry, ...]:
    """The two lines of moving `kopecks` from the credited to the debited account."""
    return (Entry(debit, debit_kopecks=kopecks), Entry(credit, credit_kopecks=kopecks))


def _holding(order_id: str, *, late: bool) -> str:
    # Money that arrives after the order gave up belongs to nobody yet.
    return SUSPENSE if late else deposit(order_id)


def held(order_id: str, attempt: str, kopecks: int, *, late: bool = False) -> Journal:
    """The provider holds the client's money; reserved until it is captured or voided."""
    lines = transfer(PSP_CLEARING, _holding(order_id, late=late), kopecks)
    return Journal("held", "attempt", attempt, lines, Phase.PENDING)


def captured(
    order_id: str, attempt: str, kopecks: int, *, was_held: bool, late: bool = False
) -> Journal:
    """The provider has taken the money; posts the hold if there was one."""
    lines = transfer(PSP_CLEARING, _holding(order_id, late=late), kopecks)
    if not was_held:
        return Journal("captured", "attempt", attempt, lines)
    return Journal("captured", "attempt", attempt, lines, Phase.POSTED, "held", attempt)


def voided(order_id: str, attempt: str, kopecks: int, *, late: bool = False) -> Journal:
    """The hold was let go; nothing was taken."""
    lines = transfer(PSP_CLEARING, _holding(order_id, late=late), kopecks)
    return Journal("voided", "attempt", attempt, lines, Phase.VOID, "held", attempt)


def provider_fee(attempt: str, kopecks: int) -> Journal:
    """What the provider kept for itself: amount less income amount."""
    return Journal("psp_fee", "attempt", attempt, transfer(PSP_FEE, PSP_CLEARING, kopecks))


def refund_requested(order_id: str, refund: str, kopecks: int, *, late: bool = False) -> Journal:
    """A refund reserves its sum, so that a second one cannot exceed what is there."""
    lines = transfer(_holding(order_id, late=late), PSP_CLEARING, kopecks)
    return Journal("refund_requested", "refund", refund, lines, Phase.PENDING)


def refund_succeeded(order_id: str, refund: str, kopecks: int, *, late: bool = False) -> Journal:
    """The refund went out."""
    lines = transfer(_holding(order_id, late=late), PSP_CLEARING, kopecks)
    return Journal(
        "refund_succeeded", "refund", refund, lines, Phase.POSTED, "refund_requested", refund
    )


def refund_failed(order_id: str, refund: str, kopecks: int, *, late: bool = False) -> Journal:
    """The provider refused the refund for good; the reservation is released."""
    lines = transfer(_holding(order_id, late=late), PSP_CLEARING, kopecks)
    return Journal("refund_failed", "refund", refund, lines, Phase.VOID, "refund_requested", refund)


def credit_reserved(order_id: str, version: int, client_id: int, kopecks: int) -> Journal:
    """The client's credit pays a part of the prepayment; reserved by the change `version`."""
    lines = transfer(credit(client_id), deposit(order_id), kopecks)
    return Journal("credit_reserved", "order", f"{order_id}:{version}", lines, Phase.PENDING)


def credit_used(reserved: Journal) -> Journal:
    """The prepayment is there: the reserved credit belongs to the order."""
    return _credit_resolved("credit_used", reserved, Phase.POSTED)


def credit_released(reserved: Journal) -> Journal:
    """The prepayment did not come: the reserved credit is the client's again."""
    return _credit_resolved("credit_released", reserved, Phase.VOID)


def _credit_resolved(kind: str, reserved: Journal, phase: Phase) -> Journal:
    source, name = reserved.source, reserved.source_id
    return Journal(kind, source, name, reserved.entries, phase, reserved.kind, name)


def credit_returned(order_id: str, version: int, client_id: int, kopecks: int) -> Journal:
    """What the credit gave to an order goes back to it, with the change `version`."""
    lines = transfer(deposit(order_id), credit(client_id), kopecks)
    return Journal("credit_returned", "order", f"{order_id}:{version}", lines)


def settled(order_id: str, contractor_id: int, parts: Shares) -> Journal:
    """A completed order's deposit becomes the platform's fee and the contractor's payable."""
    total = parts.platform_kopecks + parts.contractor_kopecks
    lines = (
        Entry(deposit(order_id), debit_kopecks=total),
        Entry(FEE_PLATFORM, credit_kopecks=parts.platform_kopecks),
        Entry(payable(contractor_id), credit_kopecks=parts.contractor_kopecks),
    )
    return Journal("settled", "order", order_id, tuple(line for line in lines if _counts(line)))


def _counts(line: Entry) -> bool:
    return line.debit_kopecks > 0 or line.credit_kopecks > 0


def costs_kept(order_id: str, contractor_id: int, kopecks: int) -> Journal:
    """The contractor's proven costs of a late cancellation."""
    lines = transfer(deposit(order_id), payable(contractor_id), kopecks)
    return Journal("costs_kept", "order", order_id, lines)


def compensated(order_id: str, round_number: int, client_id: int, kopecks: int) -> Journal:
    """The client's compensation for a withdrawal or no-show in one round of distribution."""
    lines = transfer(COMPENSATION, credit(client_id), kopecks)
    return Journal("compensated", "order", f"{order_id}:{round_number}", lines)


def penalised(order_id: str, round_number: int, contractor_id: int, kopecks: int) -> Journal:
    """What the contractor owes for it; the second of the two entries."""
    lines = transfer(receivable(contractor_id), PENALTY, kopecks)
    return Journal("penalised", "order", f"{order_id}:{round_number}", lines)


def goodwill(source_id: str, account: str, kopecks: int) -> Journal:
    """What the platform gives a client or a contractor after an appeal."""
    return Journal("goodwill", "appeal", source_id, transfer(WRITEOFF, account, kopecks))


def set_off(payout: str, contractor_id: int, kopecks: int) -> Journal:
    """What a contractor owes is kept back from what he is owed, before he is paid."""
    lines = transfer(payable(contractor_id), receivable(contractor_id), kopecks)
    return Journal("payout_set_off", "payout", payout, lines)


def payout_requested(payout: str, account: str, kopecks: int) -> Journal:
    """A payout reserves its sum on the payee's account, so that it is paid out once."""
    lines = transfer(account, BANK, kopecks)
    return Journal("payout_requested", "payout", payout, lines, Phase.PENDING)


def payout_paid(payout: str, account: str, kopecks: int) -> Journal:
    """The bank has paid."""
    lines = transfer(account, BANK, kopecks)
    return Journal("payout_paid", "payout", payout, lines, Phase.POSTED, "payout_requested", payout)


def payout_failed(payout: str, account: str, kopecks: int) -> Journal:
    """The bank has not paid, or nobody approved it: the sum is the payee's again."""
    lines = transfer(account, BANK, kopecks)
    return Journal("payout_failed", "payout", payout, lines, Phase.VOID, "payout_requested", payout)
