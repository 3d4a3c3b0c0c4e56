"""What the shop is called, how long things last and what the methods allow."""

from dataclasses import dataclass

MIN_KOPECKS = 100
MAX_KOPECKS = {"bank_card": 350_000_00, "sbp": 700_000_00}
# The simulator's own tariff in basis points; the provider's fee carries 22 % VAT.
FEE_BASIS_POINTS = {"bank_card": 280, "sbp": 70}
VAT_PERCENT = 22
KEY_LIFETIME_MS = 24 * 3600 * 1000
REFUND_YEARS_MS = 3 * 365 * 24 * 3600 * 1000


@dataclass(frozen=True)
class Terms:
    """Durations in seconds of the simulator's clock, and the methods the shop has."""

    confirmation_seconds: int = 3600
    hold_seconds: int = 7 * 24 * 3600
    redelivery_first_seconds: float = 5.0
    redelivery_total_seconds: int = 24 * 3600
    methods: tuple[str, ...] = ("bank_card", "sbp")
    # How long the tax service takes; whether the shop's cash register writes e-mails only.
    registration_seconds: float = 2.0
    receipts_need_email: bool = False


@dataclass(frozen=True)
class Shop:
    """One shop: its credentials, where its page lives and where its notices go."""

    shop_id: str
    secret_key: str
    public_url: str
    webhook_url: str | None
    terms: Terms


def income_kopecks(amount_kopecks: int, method: str) -> int:
    """What the shop gets of a payment: the amount less the fee and the VAT on the fee."""
    fee = (amount_kopecks * FEE_BASIS_POINTS[method] + 5000) // 10000
    vat = (fee * VAT_PERCENT + 50) // 100
    return amount_kopecks - fee - vat
