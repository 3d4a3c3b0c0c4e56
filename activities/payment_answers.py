"""What a provider's answer means for an attempt; pure, and nothing of a foreign answer counts."""

from dataclasses import dataclass

from activities.messages import PaymentStep
from activities.ports import IntegrityBreach, ProviderPayment, ProviderRefund
from models.payments import PaymentAttemptRow, RefundRow
from rules.payments import AttemptState, Refund, RefundState, Seen

_EXPIRED = ("expired_on_confirmation", "expired_on_capture")
_BY_THE_SHOP = "canceled_by_merchant"
_RANK = {AttemptState.REQUESTED: 0, AttemptState.PENDING: 1, AttemptState.HELD: 2}
_FINAL = 3
_CANCELED = (AttemptState.VOIDED, AttemptState.DECLINED, AttemptState.EXPIRED)


@dataclass(frozen=True)
class Expected:
    """What every answer must say: whose payment it is, and whether it is a training one."""

    order_id: str
    attempt: int
    amount_kopecks: int
    provider_id: str | None
    test: bool
    # A hold may have been captured in part, by a person in the provider's cabinet.
    is_hold: bool = False
    # Made by Telegram's integration, whose metadata is not ours: known by the invoice's payload.
    is_native: bool = False


def check_payment(expected: Expected, payment: ProviderPayment) -> None:
    """Refuse an answer about something else.

    Raises:
        IntegrityBreach: Id, amount, order, attempt or test flag differ.
    """
    differs = {
        "id": expected.provider_id is not None and payment.id != expected.provider_id,
        "amount": not _fits(expected, payment),
        "order": not expected.is_native and payment.metadata.get("order") != expected.order_id,
        "attempt": not expected.is_native
        and payment.metadata.get("attempt") != str(expected.attempt),
        "test": payment.test is not expected.test,
    }
    _refuse(differs)


def _fits(expected: Expected, payment: ProviderPayment) -> bool:
    if payment.status == "canceled":
        # A payment that came to nothing may tell any amount.
        return True
    if payment.status == "succeeded" and expected.is_hold:
        return 0 < payment.amount_kopecks <= expected.amount_kopecks
    return payment.amount_kopecks == expected.amount_kopecks


def check_refund(provider_id: str | None, row: RefundRow, refund: ProviderRefund) -> None:
    """Refuse an answer about another refund.

    Raises:
        IntegrityBreach: Payment, amount or id differ.
    """
    differs = {
        "payment": refund.payment_id != provider_id,
        "amount": refund.amount_kopecks != row.amount_kopecks,
        "id": row.provider_id is not None and refund.id != row.provider_id,
    }
    _refuse(differs)


def _refuse(differs: dict[str, bool]) -> None:
    wrong = [name for name, is_wrong in differs.items() if is_wrong]
    if wrong:
        raise IntegrityBreach(f"the provider's answer differs in {', '.join(wrong)}")


def state_of(payment: ProviderPayment, known: AttemptState) -> AttemptState:
    """The attempt's state according to the provider, told apart by what was known before."""
    match payment.status:
        case "pending":
            return AttemptState.PENDING
        case "waiting_for_capture":
            return AttemptState.HELD
        case "succeeded":
            return AttemptState.CAPTURED
    if known in _CANCELED:
        return known
    if payment.cancellation_reason in _EXPIRED:
        return AttemptState.EXPIRED
    if payment.cancellation_reason == _BY_THE_SHOP:
        return AttemptState.VOIDED
    # A hold that ended for the bank's reasons is gone as if its time were over.
    return AttemptState.EXPIRED if known is AttemptState.HELD else AttemptState.DECLINED


def moves_on(known: AttemptState, said: AttemptState) -> bool:
    """Whether an answer tells something newer; a late one never lowers what is known.

    Raises:
        IntegrityBreach: Two different ends of one payment.
    """
    before, after = _RANK.get(known, _FINAL), _RANK.get(said, _FINAL)
    if before == after == _FINAL and known is not said:
        raise IntegrityBreach(f"a payment that was {known.value} is now {said.value}")
    return after > before


def refund_state_of(refund: ProviderRefund) -> RefundState:
    """The refund's state according to the provider."""
    return {
        "pending": RefundState.PENDING,
        "succeeded": RefundState.SUCCEEDED,
        "canceled": RefundState.FAILED,
    }[refund.status]


def seen_attempt(row: PaymentAttemptRow) -> Seen:
    """What is recorded of an attempt, as the payment machine reads it."""
    return Seen(
        state=row.state,
        provider_id=row.provider_id,
        confirmation_url=row.confirmation_url,
        hold_ends_at=row.hold_ends_at,
        decline_reason=row.decline_reason,
        captured_kopecks=row.amount_kopecks if row.state is AttemptState.CAPTURED else None,
    )


def seen_refund(attempt: PaymentAttemptRow, row: RefundRow) -> Seen:
    """What is recorded of a refund."""
    refund = Refund(row.seq, row.amount_kopecks, row.state, row.provider_id)
    return Seen(state=attempt.state, provider_id=attempt.provider_id, refund=refund)


def known_already(
    step: PaymentStep, attempt: PaymentAttemptRow, refund: RefundRow | None
) -> Seen | None:
    """What the operation has come to, if that is recorded; then nothing needs to be sent."""
    match step.op.value:
        case "create" if attempt.state is not AttemptState.REQUESTED:
            return seen_attempt(attempt)
        case "capture" | "void" if _RANK.get(attempt.state, _FINAL) == _FINAL:
            return seen_attempt(attempt)
        case "refund" if refund is not None and refund.state is not RefundState.REQUESTED:
            return seen_refund(attempt, refund)
        case _:
            return None
