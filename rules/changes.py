"""What one decision means for the world: the new order and everything to be written with it."""

from dataclasses import dataclass, field
from enum import StrEnum

from rules.ledger import Journal
from rules.orders import OfferState, Order, OrderEvent, Role
from rules.points import PointsChange


class Notice(StrEnum):
    """A short new message, sent only when the person must know or act (cards are silent)."""

    # to the client
    STILL_SEARCHING = "still_searching"
    NIGHT_PAUSE = "night_pause"
    PERSON_SEARCHES = "person_searches"
    NO_CONTRACTOR = "no_contractor"
    CONTRACTOR_FOUND = "contractor_found"
    REPLACEMENT_FOUND = "replacement_found"
    PAY_REMINDER = "pay_reminder"
    PAYMENT_DECLINED = "payment_declined"
    PAYMENT_RECEIVED = "payment_received"
    ORDER_UNPAID = "order_unpaid"
    CONTRACTOR_SET_OFF = "contractor_set_off"
    WORK_STARTED = "work_started"
    WORK_DONE = "work_done"
    START_OVERDUE = "start_overdue"
    CONTRACTOR_WITHDREW = "contractor_withdrew"
    CLAIM_MADE = "claim_made"
    CLAIM_SETTLED = "claim_settled"
    ORDER_CANCELLED = "order_cancelled"
    PLEASE_RATE = "please_rate"
    LATE_MONEY_RETURNED = "late_money_returned"
    REFUND_SENT = "refund_sent"
    PRICE_PROPOSED = "price_proposed"
    PAYMENTS_DOWN = "payments_down"
    PAYMENTS_BACK = "payments_back"
    QUOTE_FIRST = "quote_first"
    QUOTES_IN = "quotes_in"
    CHOICE_REMINDER = "choice_reminder"
    QUOTES_LAPSED = "quotes_lapsed"
    QUOTE_UNAVAILABLE = "quote_unavailable"
    METRES_ASKED = "metres_asked"
    # to the contractor
    QUOTE_NOT_CHOSEN = "quote_not_chosen"
    METRES_AGREED = "metres_agreed"
    METRES_REFUSED = "metres_refused"
    YOU_WON = "you_won"
    CLIENT_PAID = "client_paid"
    CLIENT_DID_NOT_PAY = "client_did_not_pay"
    CLIENT_CANCELLED = "client_cancelled"
    CLAIM_INVITED = "claim_invited"
    WORK_ACCEPTED = "work_accepted"
    VISIT_SOON = "visit_soon"
    SETTLED = "settled"
    YOU_WERE_RELEASED = "you_were_released"
    # to either side
    SLOT_PROPOSED = "slot_proposed"
    SLOT_AGREED = "slot_agreed"
    SLOT_REFUSED = "slot_refused"
    # to support
    NEEDS_PERSON = "needs_person"
    PRICE_REFUSED = "price_refused"
    MONEY_STUCK = "money_stuck"
    MONEY_RECOVERED = "money_recovered"
    CAPTURED_IN_PART = "captured_in_part"


@dataclass(frozen=True)
class Telling:
    """A notice for one person: the client, a contractor (by id) or support."""

    role: Role
    notice: Notice
    contractor_id: int | None = None
    # What the words need besides the order.
    params: tuple[tuple[str, int | str], ...] = ()


@dataclass(frozen=True)
class OfferOutcome:
    """What became of a contractor's offer in a round."""

    contractor_id: int
    round: int
    state: OfferState
    reason: str = ""


class MoneyAction(StrEnum):
    """What a change asks of the order's money."""

    NONE = "none"
    RELEASE = "release"
    REFUND = "refund"
    CAPTURE = "capture"


@dataclass(frozen=True)
class Change:
    """One decision: committed by one activity in one transaction, before anybody is told."""

    order: Order
    event: OrderEvent
    by: Role = Role.SYSTEM
    actor_id: int | None = None
    offers: tuple[OfferOutcome, ...] = ()
    journals: tuple[Journal, ...] = ()
    points: tuple[PointsChange, ...] = ()
    tellings: tuple[Telling, ...] = ()
    # The contractor who is to win the order with this change; the database has the last word.
    winner: int | None = None
    # The contractor whose slot is to be given back with this change.
    frees: int | None = None
    money: MoneyAction = MoneyAction.NONE
    # What the provider is to send back; the credit's part is among the journals.
    refund_kopecks: int = 0
    note: str = field(default="")


def to_client(*notices: Notice) -> tuple[Telling, ...]:
    """Notices for the client."""
    return tuple(Telling(Role.CLIENT, notice) for notice in notices)


def to_contractor(contractor_id: int | None, *notices: Notice) -> tuple[Telling, ...]:
    """Notices for a contractor; none if there is none."""
    if contractor_id is None:
        return ()
    return tuple(Telling(Role.CONTRACTOR, notice, contractor_id) for notice in notices)


def to_support(*notices: Notice) -> tuple[Telling, ...]:
    """Notices for the support group."""
    return tuple(Telling(Role.SUPPORT, notice) for notice in notices)
