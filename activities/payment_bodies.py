"""From an attempt's row to the request that is stored: where it is posted and its exact bytes."""

from temporalio.exceptions import ApplicationError

from activities.messages import PaymentStep
from activities.payment_records import Build, Request
from activities.payment_requests import (
    CANCEL_REQUEST,
    PAYMENTS_PATH,
    REFUNDS_PATH,
    cancel_path,
    capture_path,
    capture_request,
    payment_request,
    refund_request,
)
from models.payments import PaymentAttemptRow
from rules.payments import Method
from texts.catalogue import say
from texts.formatting import order_number
from texts.language import Language


def creation(public_url: str) -> Build:
    """How a payment is asked for; the client comes back to his order's page."""

    def build(step: PaymentStep, attempt: PaymentAttemptRow, secret: str, key: str) -> Request:
        body = payment_request(
            amount_kopecks=attempt.amount_kopecks,
            method="sbp" if attempt.method is Method.SBP else "card",
            capture=attempt.method is Method.SBP,
            description=say("payment.description", Language.RU, number=order_number(step.number)),
            return_url=f"{public_url}/o/{secret}",
            metadata={
                "order": step.order_id,
                "number": str(step.number),
                "attempt": str(step.attempt),
                "op": key,
            },
        )
        return Request(PAYMENTS_PATH, body)

    return build


def capture(_step: PaymentStep, attempt: PaymentAttemptRow, _secret: str, _key: str) -> Request:
    """Take the whole hold."""
    return Request(capture_path(_id(attempt)), capture_request(attempt.amount_kopecks))


def void(_step: PaymentStep, attempt: PaymentAttemptRow, _secret: str, _key: str) -> Request:
    """Let the hold go."""
    return Request(cancel_path(_id(attempt)), CANCEL_REQUEST)


def refund(step: PaymentStep, attempt: PaymentAttemptRow, _secret: str, _key: str) -> Request:
    """Send the step's amount back."""
    body = refund_request(_id(attempt), step.amount_kopecks, f"D-{step.number}")
    return Request(REFUNDS_PATH, body)


def _id(attempt: PaymentAttemptRow) -> str:
    if attempt.provider_id is None:
        raise ApplicationError("the provider's id is not known", type="AttemptUnknown")
    return attempt.provider_id
