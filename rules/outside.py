"""Postings of what happened at the provider without us: foreign money, refunds, chargebacks."""

from dataclasses import dataclass, replace

from rules.ledger import (
    CHARGEBACK,
    FEE_PLATFORM,
    PSP_CLEARING,
    PSP_FEE,
    SUSPENSE,
    WRITEOFF,
    Entry,
    Journal,
    deposit,
    payable,
    receivable,
    transfer,
)


def foreign_captured(payment_id: str, kopecks: int) -> Journal:
    """Money came in that belongs to no order of ours."""
    lines = transfer(PSP_CLEARING, SUSPENSE, kopecks)
    return Journal("captured", "provider", payment_id, lines)


def foreign_fee(payment_id: str, kopecks: int) -> Journal:
    """What the provider kept of it."""
    return Journal("psp_fee", "provider", payment_id, transfer(PSP_FEE, PSP_CLEARING, kopecks))


def charged_back(payment_id: str, kopecks: int) -> Journal:
    """The payer's bank took the money back; a loss until somebody returns it."""
    lines = transfer(CHARGEBACK, PSP_CLEARING, kopecks)
    return Journal("chargeback", "provider", payment_id, lines)


def chargeback_covered(order_id: str, kopecks: int) -> Journal:
    """What an order owed to a client whose bank had taken it back for him: it bears the loss."""
    lines = transfer(deposit(order_id), CHARGEBACK, kopecks)
    return Journal("chargeback_covered", "order", order_id, lines)


@dataclass(frozen=True)
class Payers:
    """Who can bear a refund made outside: what each of them has of this order, in kopecks.

    `fee_kopecks` and `earned_kopecks` are what the order gave to the platform and to the
    contractor; `payable_kopecks` is what that contractor has not been paid out yet.
    """

    order_id: str | None
    deposit_kopecks: int = 0
    suspense_kopecks: int = 0
    fee_kopecks: int = 0
    contractor_id: int | None = None
    earned_kopecks: int = 0
    payable_kopecks: int = 0


def refunded_outside(refund_id: str, kopecks: int, payers: Payers) -> Journal:
    """A refund made in the provider's cabinet, taken from whoever has the money now.

    First what is still held for the order, then what it has given away, shared as it was given;
    a contractor who has been paid out owes his part. What nobody has is the platform's loss.
    """
    lines: list[Entry] = []
    left = kopecks

    def take(account: str, at_most: int) -> None:
        nonlocal left
        part = min(left, max(0, at_most))
        if part > 0:
            lines.append(Entry(account, debit_kopecks=part))
            left -= part

    if payers.order_id is not None:
        take(deposit(payers.order_id), payers.deposit_kopecks)
    take(SUSPENSE, payers.suspense_kopecks)
    given = payers.fee_kopecks + payers.earned_kopecks
    if given > 0 and left > 0:
        whole = min(left, given)
        take(FEE_PLATFORM, whole - whole * payers.earned_kopecks // given)
        if payers.contractor_id is not None:
            share = whole * payers.earned_kopecks // given
            owed = min(share, max(0, payers.payable_kopecks))
            take(payable(payers.contractor_id), owed)
            take(receivable(payers.contractor_id), share - owed)
    take(WRITEOFF, left)
    lines.append(Entry(PSP_CLEARING, credit_kopecks=kopecks))
    return Journal("refund_succeeded", "external", refund_id, tuple(lines))


DIVIDING = ("settled", "costs_kept")
"""The journals by which an order's deposit goes to its owners."""


def shrunk(journal: Journal, left_kopecks: int) -> Journal | None:
    """The same division of what is left, when a part was sent back outside; None of nothing."""
    whole = sum(line.debit_kopecks for line in journal.entries)
    if left_kopecks >= whole:
        return journal
    if left_kopecks <= 0:
        return None
    debits = tuple(line for line in journal.entries if line.debit_kopecks)
    credits = [line for line in journal.entries if line.credit_kopecks]
    parts = [line.credit_kopecks * left_kopecks // whole for line in credits]
    # The last one is the contractor, who gets what rounding leaves.
    parts[-1] += left_kopecks - sum(parts)
    lines = tuple(
        Entry(line.account, credit_kopecks=part)
        for line, part in zip(credits, parts, strict=True)
        if part
    )
    return replace(journal, entries=(Entry(debits[0].account, debit_kopecks=left_kopecks), *lines))
