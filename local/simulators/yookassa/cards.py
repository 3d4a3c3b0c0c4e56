"""The provider's published test cards and what each of them leads to."""

from dataclasses import dataclass
from typing import Literal

GOOD_CARD = "5555555555554444"
THREE_D_SECURE_CARD = "5555555555554477"

_GOOD = {
    GOOD_CARD, THREE_D_SECURE_CARD, "4793128161644804", "4111111111111111", "2200000000000004",
    "2202474301322987", "6759649826438453", "4175001000000017", "370000000000002",
    "3528000700000000", "36700102000000",
}  # fmt: skip
_THREE_D_SECURE = {THREE_D_SECURE_CARD, "4793128161644804", "2200000000000004"}


@dataclass(frozen=True)
class Decline:
    """Why the bank or the provider says no: `cancellation_details` of the payment."""

    party: str
    reason: str
    ru: str
    en: str


_NETWORK = "payment_network"
_TABLE: dict[tuple[str, ...], Decline] = {
    ("5555555555554600", "4562265587712390", "2200000000000053"): Decline(
        _NETWORK, "insufficient_funds", "Не хватает денег на карте", "Not enough money"
    ),
    ("5555555555554592", "4839665499603842", "2200000000000012"): Decline(
        _NETWORK, "3d_secure_failed", "Не пройдена проверка 3-D Secure", "3-D Secure failed"
    ),
    ("5555555555554501", "4654130848359150", "2201382000000021"): Decline(
        _NETWORK, "issuer_unavailable", "Банк, выпустивший карту, недоступен", "Bank unavailable"
    ),
    ("5555555555554543", "4141435412630840", "2200000000000038"): Decline(
        _NETWORK, "card_expired", "Истёк срок действия карты", "The card has expired"
    ),
    ("5555555555554535", "4926946416239025", "2200000000000020"): Decline(
        _NETWORK, "call_issuer", "Банк просит связаться с ним", "Contact the bank"
    ),
    ("5555555555554568", "4483274282299972", "2200000000000046"): Decline(
        _NETWORK, "fraud_suspected", "Подозрение в мошенничестве", "Fraud suspected"
    ),
    ("5555555555554527", "4889971706588753", "2202202212312379"): Decline(
        _NETWORK, "general_decline", "Банк отклонил без объяснений", "Declined, no reason given"
    ),
    ("5555555555554618", "4951017853630544", "2201382000000013"): Decline(
        _NETWORK, "invalid_card_number", "Неверный номер карты", "Wrong card number"
    ),
    ("5555555555554626", "4194180666146368", "2200770212727079"): Decline(
        _NETWORK, "invalid_csc", "Неверный код с обратной стороны", "Wrong security code"
    ),
    ("5555555555554576", "4565231022577548", "2201382000000039"): Decline(
        _NETWORK, "payment_method_limit_exceeded", "Превышен лимит карты", "Card limit exceeded"
    ),
    ("5555555555554550", "4233961169071671", "2201382000000047"): Decline(
        _NETWORK, "payment_method_restricted", "Операции по карте запрещены", "Card restricted"
    ),
    ("5555555555554584", "4969751510013864", "2201382000000054"): Decline(
        "yoo_money", "country_forbidden", "Карта этой страны не принимается", "Country forbidden"
    ),
}
_UNKNOWN = Decline(_NETWORK, "invalid_card_number", "Неверный номер карты", "Wrong card number")
_BY_NUMBER = {number: decline for numbers, decline in _TABLE.items() for number in numbers}
DECLINE_CARDS = {numbers[0]: decline for numbers, decline in _TABLE.items()}
_OTHERS = (
    Decline("yoo_money", "expired_on_confirmation", "Не оплачен вовремя", "Not paid in time"),
    Decline("yoo_money", "expired_on_capture", "Не списан вовремя", "Not captured in time"),
    Decline("yoo_money", "internal_timeout", "Сбой у провайдера", "The provider failed"),
    Decline("merchant", "canceled_by_merchant", "Отменил магазин", "Cancelled by the shop"),
)
_BY_REASON = {decline.reason: decline for decline in (*_OTHERS, *_TABLE.values())}


# What a bank may answer in the Faster Payments System, in a person's words.
SBP_DECLINES = {
    "insufficient_funds": ("Не хватает денег на счёте", "Not enough money in the account"),
    "payment_method_limit_exceeded": ("Превышен лимит переводов", "Transfer limit exceeded"),
    "issuer_unavailable": ("Банк недоступен", "Bank unavailable"),
    "fraud_suspected": ("Подозрение в мошенничестве", "Fraud suspected"),
    "general_decline": ("Банк отклонил без объяснений", "Declined, no reason given"),
}


def decline_of(number: str) -> Decline | None:
    """The refusal this card meets; None when it pays. A card nobody published is refused."""
    if number in _GOOD:
        return None
    return _BY_NUMBER.get(number, _UNKNOWN)


# Who says no for each documented reason; everything else comes from the bank or its network.
_OF_THE_PROVIDER = {
    "country_forbidden", "internal_timeout", "expired_on_confirmation", "expired_on_capture",
    "identification_required", "permission_revoked", "deal_expired",
}  # fmt: skip
Reason = Literal[
    "insufficient_funds", "general_decline", "issuer_unavailable", "card_expired", "call_issuer",
    "fraud_suspected", "3d_secure_failed", "invalid_card_number", "invalid_csc",
    "payment_method_limit_exceeded", "payment_method_restricted", "country_forbidden",
    "identification_required", "permission_revoked", "internal_timeout",
    "expired_on_confirmation", "expired_on_capture", "unsupported_mobile_operator",
    "deal_expired", "canceled_by_merchant",
]  # fmt: skip


_SYSTEMS = (
    ("220", "Mir"), ("4", "Visa"), ("5", "MasterCard"), ("67", "MasterCard"),
    ("37", "AmericanExpress"), ("35", "JCB"), ("36", "DinersClub"),
)  # fmt: skip


def party_of(reason: str) -> str:
    """The `party` of a cancellation with this reason."""
    if reason == "canceled_by_merchant":
        return "merchant"
    return "yoo_money" if reason in _OF_THE_PROVIDER else _NETWORK


def asks_three_d_secure(number: str) -> bool:
    """Whether the bank asks the person to confirm before the payment."""
    return number in _THREE_D_SECURE


def explain(reason: str, language: str, method: str | None = "bank_card") -> str:
    """The reason in words, or the code itself when it has none."""
    if method == "sbp" and reason in SBP_DECLINES:
        return SBP_DECLINES[reason][language != "ru"]
    decline = _BY_REASON.get(reason)
    if decline is None:
        return reason
    return decline.ru if language == "ru" else decline.en


def card_type(number: str) -> str:
    """The payment system by the first digits."""
    return next((name for start, name in _SYSTEMS if number.startswith(start)), "Unknown")
