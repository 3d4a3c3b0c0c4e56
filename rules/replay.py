"""An order's money rebuilt from nothing but its journals, in the order they were written."""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.ledger import (
    CHARGEBACK,
    COMPENSATION,
    FEE_PLATFORM,
    PENALTY,
    PSP_CLEARING,
    PSP_FEE,
    SUSPENSE,
    Entry,
    Journal,
    Phase,
    deposit,
)


@dataclass(frozen=True)
class OrderBooks:
    """What an order's journals come to, in kopecks; the first four are what a client is shown."""

    held_kopecks: int = 0
    captured_kopecks: int = 0
    refund_pending_kopecks: int = 0
    refunded_kopecks: int = 0
    deposit_kopecks: int = 0
    suspense_kopecks: int = 0
    platform_kopecks: int = 0
    contractor_kopecks: int = 0
    compensation_kopecks: int = 0
    penalty_kopecks: int = 0
    psp_fee_kopecks: int = 0
    chargeback_kopecks: int = 0


def replay(order_id: str, journals: Iterable[Journal]) -> OrderBooks:
    """Fold journals from empty books; reservations count until a later journal resolves them.

    The journals that resolve something must say what (`resolves_kind`, `resolves_source_id`).
    """
    posted: dict[str, int] = {}
    open_ones: dict[tuple[str, str, str], Journal] = {}
    captured = refunded = 0
    for journal in journals:
        if journal.phase is Phase.PENDING:
            open_ones[journal.source, journal.source_id, journal.kind] = journal
            continue
        if journal.resolves_kind:
            key = (journal.source, journal.resolves_source_id, journal.resolves_kind)
            open_ones.pop(key, None)
        if journal.phase is Phase.VOID:
            continue
        for line in journal.entries:
            moved = line.debit_kopecks - line.credit_kopecks
            posted[line.account] = posted.get(line.account, 0) + moved
        captured += _clearing(journal) if journal.kind == "captured" else 0
        refunded -= _clearing(journal) if journal.kind == "refund_succeeded" else 0
    pending = [(one.kind, _clearing(one)) for one in open_ones.values()]
    return OrderBooks(
        held_kopecks=sum(kopecks for kind, kopecks in pending if kind == "held"),
        captured_kopecks=captured,
        refund_pending_kopecks=-sum(k for kind, k in pending if kind == "refund_requested"),
        refunded_kopecks=refunded,
        deposit_kopecks=-posted.get(deposit(order_id), 0),
        suspense_kopecks=-posted.get(SUSPENSE, 0),
        platform_kopecks=-posted.get(FEE_PLATFORM, 0),
        contractor_kopecks=-sum(
            kopecks
            for account, kopecks in posted.items()
            if account.startswith("contractor:") and account.endswith(":payable")
        ),
        compensation_kopecks=posted.get(COMPENSATION, 0),
        penalty_kopecks=-posted.get(PENALTY, 0),
        psp_fee_kopecks=posted.get(PSP_FEE, 0),
        chargeback_kopecks=posted.get(CHARGEBACK, 0),
    )


def _clearing(journal: Journal) -> int:
    return sum(_moved(line) for line in journal.entries if line.account == PSP_CLEARING)


def _moved(line: Entry) -> int:
    return line.debit_kopecks - line.credit_kopecks
