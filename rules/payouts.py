"""Payouts: who is paid how much, by whose word, and what a register goes through.

One person proposes a register, another approves it, the bank gets its file, and each payout is
marked as paid or failed. Reserved money cannot be in two registers.
"""

from dataclasses import dataclass
from enum import StrEnum

from rules.errors import PayoutDecided, SecondPersonNeeded
from rules.ledger import credit, payable
from rules.policy import Policy
from rules.statements import Side


class RegisterState(StrEnum):
    """Where a register is."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    SENT = "sent"
    REJECTED = "rejected"
    CLOSED = "closed"


class PayoutState(StrEnum):
    """What became of one payee's sum."""

    RESERVED = "reserved"
    PAID = "paid"
    FAILED = "failed"


@dataclass(frozen=True)
class Portion:
    """One payee's sum and what was kept back before it, in kopecks."""

    amount_kopecks: int
    set_off_kopecks: int = 0


def portion(available_kopecks: int, owed_kopecks: int, minimum_kopecks: int) -> Portion | None:
    """What is paid out of what is there: debts first; None if too little is left."""
    kept = max(0, min(available_kopecks, owed_kopecks))
    amount = available_kopecks - kept
    if amount <= 0 or amount < minimum_kopecks:
        return None
    return Portion(amount, kept)


def minimum(side: Side, policy: Policy) -> int:
    """The smallest payout, in kopecks."""
    if side is Side.CLIENT:
        return policy.credit_payout_min_kopecks
    return policy.payout_min_kopecks


def account(side: Side, payee_id: int) -> str:
    """The account that a payout is taken from."""
    return credit(payee_id) if side is Side.CLIENT else payable(payee_id)


def check_approval(state: RegisterState, proposed_by: str, by: str) -> None:
    """Another person approves, once.

    Raises:
        SecondPersonNeeded: It is the one who proposed it.
        PayoutDecided: It is not waiting for approval.
    """
    if by == proposed_by:
        raise SecondPersonNeeded()
    if state is not RegisterState.PROPOSED:
        raise PayoutDecided(state.value)


def check_rejection(state: RegisterState) -> None:
    """It may be taken back until the bank has it.

    Raises:
        PayoutDecided: The bank has it, or it was decided before.
    """
    if state not in (RegisterState.PROPOSED, RegisterState.APPROVED):
        raise PayoutDecided(state.value)
