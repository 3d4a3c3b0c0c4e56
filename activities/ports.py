"""What activities need of the outside world, as protocols; real ones live in `gateways/`."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from rules.geocoding import Found, Provider
from rules.statements import Side

PaymentStatus = Literal["pending", "waiting_for_capture", "succeeded", "canceled"]
RefundStatus = Literal["pending", "succeeded", "canceled"]
RegistrationStatus = Literal["pending", "succeeded", "canceled"]


class NotSent(Exception):
    """Provably never reached the provider; the same request may be sent again at once."""


class Unknown(Exception):
    """The outcome is unknown (time-out, drop, 5xx, 202, garbage): same key again, then read."""


class Refused(Exception):
    """The provider refused (4xx); nothing has changed there."""

    def __init__(
        self,
        code: str,
        *,
        parameter: str | None = None,
        http_status: int = 400,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(f"{http_status} {code} {parameter or ''}".strip())
        self.code = code
        self.parameter = parameter
        self.http_status = http_status
        self.retry_after_seconds = retry_after_seconds


class IntegrityBreach(Exception):
    """The provider's answer does not belong to what was asked; nothing of it is believed."""


@dataclass(frozen=True)
class ProviderPayment:
    """A payment as fetched from the provider; amounts in kopecks."""

    id: str
    status: PaymentStatus
    amount_kopecks: int
    income_kopecks: int | None = None
    refunded_kopecks: int = 0
    confirmation_url: str | None = None
    expires_at: datetime | None = None
    cancellation_reason: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    test: bool = False
    created_at: datetime | None = None
    captured_at: datetime | None = None

    @property
    def captured_kopecks(self) -> int:
        """What the provider has taken."""
        return self.amount_kopecks if self.status == "succeeded" else 0


@dataclass(frozen=True)
class ProviderRefund:
    """A refund as fetched from the provider; amount in kopecks."""

    id: str
    payment_id: str
    status: RefundStatus
    amount_kopecks: int
    cancellation_reason: str | None = None
    created_at: datetime | None = None


class PaymentGateway(Protocol):
    """The payment provider; synchronous, safe to call from several threads.

    Every method raises NotSent, Unknown, Refused or IntegrityBreach.
    """

    def post(self, path: str, body: bytes, key: str) -> ProviderPayment | ProviderRefund:
        """Send stored bytes under an idempotence key."""
        ...

    def get_payment(self, payment_id: str) -> ProviderPayment:
        """Fetch one payment."""
        ...

    def get_refund(self, refund_id: str) -> ProviderRefund:
        """Fetch one refund."""
        ...

    def list_payments(self, created_after: datetime, limit: int = 100) -> list[ProviderPayment]:
        """Payments created after an instant, newest first."""
        ...

    def list_refunds(self, payment_id: str) -> list[ProviderRefund]:
        """All refunds of a payment."""
        ...


class ProviderLists(Protocol):
    """The provider's own lists, for comparison; synchronous, safe to call from several threads.

    Every method raises NotSent, Unknown, Refused or IntegrityBreach.
    """

    def get_payment(self, payment_id: str) -> ProviderPayment:
        """Fetch one payment."""
        ...

    def get_refund(self, refund_id: str) -> ProviderRefund:
        """Fetch one refund."""
        ...

    def payments_between(
        self, since: datetime, until: datetime, *, by: Literal["created_at", "captured_at"]
    ) -> list[ProviderPayment]:
        """All payments that were made (or captured) from `since` to `until`."""
        ...

    def refunds_between(self, since: datetime, until: datetime) -> list[ProviderRefund]:
        """All refunds that were made from `since` to `until`."""
        ...


@dataclass(frozen=True)
class ProviderReceipt:
    """A receipt as fetched from the provider; `amount_kopecks` is the sum of its lines."""

    id: str
    type: Literal["payment", "refund"]
    status: RegistrationStatus
    amount_kopecks: int
    # How its first line was paid: `full_prepayment`, `full_payment` …
    mode: str
    payment_id: str | None = None
    refund_id: str | None = None


class ReceiptGateway(Protocol):
    """Receipts at the payment provider; synchronous, safe to call from several threads.

    Every method raises NotSent, Unknown, Refused or IntegrityBreach.
    """

    def create_receipt(self, body: bytes, key: str) -> ProviderReceipt:
        """Send stored bytes under an idempotence key."""
        ...

    def get_receipt(self, receipt_id: str) -> ProviderReceipt:
        """Fetch one receipt."""
        ...

    def list_receipts(
        self, *, payment_id: str | None = None, refund_id: str | None = None
    ) -> list[ProviderReceipt]:
        """All receipts of a payment, or of a refund, newest first."""
        ...


@dataclass(frozen=True)
class PayoutLine:
    """One payee as the bank needs him; kopecks."""

    payee_id: int
    amount_kopecks: int
    name: str
    phone: str | None


@dataclass(frozen=True)
class PayoutFile:
    """An approved register."""

    number: int
    side: Side
    lines: tuple[PayoutLine, ...]


@dataclass(frozen=True)
class SentPayouts:
    """What the bank was given: its name and the SHA-256 of its bytes."""

    name: str
    sha256: str


class PayoutGateway(Protocol):
    """The way to the bank; sending the same register again is the same payment order."""

    def send(self, file: PayoutFile) -> SentPayouts:
        """Hand over an approved register."""
        ...


class GeocoderDown(Exception):
    """No answer in time, or a fault of the geocoder's server; later it may work."""


class GeocoderThrottled(Exception):
    """The geocoder asks for a pause, of this many seconds if it says so."""

    def __init__(self, retry_after_seconds: float | None = None) -> None:
        super().__init__("too many questions")
        self.retry_after_seconds = retry_after_seconds


class GeocoderUnusable(Exception):
    """A wrong key, or answers that cannot be read: asking again is in vain."""


class AddressRefused(Exception):
    """The geocoder refuses this very text."""


class Geocoder(Protocol):
    """A geocoder on the network; synchronous, safe to call from several threads."""

    provider: Provider

    def find(self, text: str, language: str) -> tuple[Found, ...]:
        """Everything that the text may mean; its errors name no address.

        Raises:
            GeocoderDown, GeocoderThrottled, GeocoderUnusable, AddressRefused
        """
        ...
