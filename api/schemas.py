"""What the API takes and gives: unknown fields are refused, every bound comes from the rules."""

import re
from datetime import date, datetime
from typing import Annotated, Literal, Self

import phonenumbers
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidationInfo,
    field_validator,
    model_validator,
)

from rules.catalog import DETAILS, Service
from rules.limits import ADDRESS_CHARACTERS_MAX, COMMENT_CHARACTERS_MAX, NAME_CHARACTERS_MAX
from rules.orders import OrderEvent, OrderState, Role
from rules.payments import Method
from rules.payouts import PayoutState, RegisterState
from rules.reasons import CANCEL_REASONS
from rules.statements import Side
from rules.words import is_named, tidy

_PHONE_CHARACTERS_MAX = 32
# A database cannot hold NUL.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")


def _plain(text: str) -> str:
    """What can be read of one or several lines; control characters are refused."""
    if _CONTROL.search(text):
        raise ValueError("control characters are not allowed")
    seen = tidy(text)
    if not seen:
        raise ValueError("has no visible characters")
    return seen


def _name(text: str) -> str:
    """Something by which a person can be called."""
    if not is_named(text):
        raise ValueError("a name has letters")
    return text


def _phone(text: str) -> str:
    """A dialable number as +79261234567; numbers without a country are Russian."""
    try:
        number = phonenumbers.parse(text, "RU")
    except phonenumbers.NumberParseException:
        raise ValueError("not a phone number") from None
    if not phonenumbers.is_valid_number(number):
        raise ValueError("not a phone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _day(value: object) -> object:
    # Numbers would be read as seconds since 1970.
    if value is not None and not (isinstance(value, str) and len(value) == len("2026-09-05")):
        raise ValueError("must look like 2026-09-05")
    return value


def _reason(code: str) -> str:
    if code not in CANCEL_REASONS:
        raise ValueError(f"must be one of {', '.join(CANCEL_REASONS)}")
    return code


Words = Annotated[str, Field(strict=True, min_length=1), AfterValidator(_plain)]
Degrees = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class Asked(BaseModel):
    """Base of all request bodies."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class PlaceIn(Asked):
    """Where: a pin, or an address whose town is known, or both (the pin counts)."""

    latitude: Annotated[Degrees, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[Degrees, Field(ge=-180, le=180)] | None = None
    address: Annotated[Words, Field(max_length=ADDRESS_CHARACTERS_MAX)] | None = None
    # Says that a pin far from any known place is meant.
    far_confirmed: StrictBool = False

    @model_validator(mode="after")
    def _be_a_place(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude belong together")
        if self.latitude is None and self.address is None:
            raise ValueError("give latitude and longitude, or an address")
        return self


class ContactIn(Asked):
    """Whom the contractor meets; told to him after the prepayment only."""

    phone: Annotated[
        str, Field(strict=True, max_length=_PHONE_CHARACTERS_MAX), AfterValidator(_phone)
    ]
    name: Annotated[Words, Field(max_length=NAME_CHARACTERS_MAX), AfterValidator(_name)]


class OrderIn(Asked):
    """A new order; `detail` answers the service's one question."""

    service: Service
    detail: Annotated[Words, Field(max_length=40)]
    place: PlaceIn
    contact: ContactIn
    wish_day: Annotated[date | None, BeforeValidator(_day)] = None
    comment: Annotated[Words, Field(max_length=COMMENT_CHARACTERS_MAX)] | None = None

    @field_validator("detail")
    @classmethod
    def _answer_the_question(cls, detail: str, before: ValidationInfo) -> str:
        """One of the service's answers; of an unknown service any, for that is refused itself."""
        service = before.data.get("service")
        if service is not None and detail not in DETAILS[service]:
            raise ValueError(f"must be one of {', '.join(DETAILS[service])}")
        return detail


class CancelIn(Asked):
    """Why the order is cancelled; a code."""

    reason: Annotated[str, AfterValidator(_reason)] = "other"


class PayIn(Asked):
    """How the prepayment is to be made."""

    method: Literal[Method.CARD, Method.SBP]


class MoneyOut(BaseModel):
    """Amounts in kopecks."""

    estimate_low_kopecks: int
    estimate_high_kopecks: int
    prepayment_kopecks: int
    credit_kopecks: int
    to_pay_kopecks: int
    held_kopecks: int
    captured_kopecks: int
    refunded_kopecks: int
    refund_pending_kopecks: int
    refund_due_kopecks: int
    compensation_kopecks: int
    cancel_claim_cap_kopecks: int
    final_price_kopecks: int | None


class ContractorOut(BaseModel):
    """Who comes; the phone is told after the prepayment."""

    number: str
    name: str | None
    rating: float | None
    phone: str | None


class OrderLine(BaseModel):
    """An order in a list."""

    id: str
    number: str
    state: OrderState
    version: int
    service: Service
    town: str
    region: str
    prepayment_kopecks: int
    prepaid: bool
    created_at: datetime
    state_since: datetime | None
    visit_at: datetime | None
    due_at: datetime | None


class OrderOut(OrderLine):
    """One order as its client may see it; `sentences` say the same in words."""

    detail: str
    wish_day: date | None
    money: MoneyOut
    contractor: ContractorOut | None
    page_url: str | None
    sentences: list[str]


class OrderPage(BaseModel):
    """A page of orders, newest first; `next_cursor` leads to the next one."""

    items: list[OrderLine]
    next_cursor: str | None


class EventOut(BaseModel):
    """One sentence of an order's story; `note` is a code."""

    at: datetime
    version: int
    event: OrderEvent
    by: Role
    note: str


class Story(BaseModel):
    """What happened to an order, oldest first."""

    items: list[EventOut]


class MovementOut(BaseModel):
    """One line of a statement: kopecks, and what it was in words."""

    id: int
    at: datetime
    order: str | None
    kind: str
    what: str
    amount_kopecks: int
    moved_kopecks: int
    balance_kopecks: int


class StatementPage(BaseModel):
    """A page of a statement, newest first, and what the person has now."""

    balance_kopecks: int
    available_kopecks: int
    owed_kopecks: int
    items: list[MovementOut]
    next_cursor: str | None


class PayoutIn(Asked):
    """Who is to be paid out: contractors their shares, or clients their compensations."""

    side: Side


class PayoutWord(Asked):
    """The bank's answer about one payee (by his id), or about all who are left.

    `reason` is one of wrong_phone, account_closed, limit, refused, other.
    """

    payee_id: Annotated[int, Field(ge=1, lt=2**62)] | None = None
    reason: Annotated[str, Field(max_length=40)] = ""


class PayoutLineOut(BaseModel):
    """One payee of a register; kopecks."""

    payee: str
    payee_id: int
    amount_kopecks: int
    set_off_kopecks: int
    state: PayoutState
    reason: str


class PayoutRegisterOut(BaseModel):
    """A payout register; `payouts` is empty in a list."""

    id: str
    number: str
    side: Side
    state: RegisterState
    total_kopecks: int
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None
    sent_at: datetime | None
    file_name: str | None
    file_hash: str | None
    payouts: list[PayoutLineOut]


class PaymentOut(BaseModel):
    """Where the client pays; None while the provider has not answered yet: read the order."""

    order_id: str
    state: OrderState
    payment_url: str | None
