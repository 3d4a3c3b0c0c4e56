"""The order's states and events, and the one transition table."""

from enum import StrEnum

from rules.errors import OrderClosed, TransitionRefused


class OrderState(StrEnum):
    """Where an order is; `FINAL_STATES` end it."""

    NEW = "new"
    SEARCHING = "searching"
    AWAITING_PREPAYMENT = "awaiting_prepayment"
    BOOKED = "booked"
    IN_PROGRESS = "in_progress"
    AWAITING_ACCEPTANCE = "awaiting_acceptance"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    UNPAID = "unpaid"
    NO_CONTRACTOR = "no_contractor"
    REJECTED = "rejected"
    DISPUTED = "disputed"


class OrderEvent(StrEnum):
    """What happened to an order; every change of an order has exactly one."""

    PLACED = "placed"
    WAVE_SENT = "wave_sent"
    OFFER_DECLINED = "offer_declined"
    PERSON_CALLED = "person_called"
    NIGHT_PAUSED = "night_paused"
    RADIUS_WIDENED = "radius_widened"
    PRICE_PROPOSED = "price_proposed"
    PRICE_AGREED = "price_agreed"
    PRICE_REFUSED = "price_refused"
    QUOTED = "quoted"
    QUOTE_WITHDRAWN = "quote_withdrawn"
    QUOTES_EXPIRED = "quotes_expired"
    QUOTES_IN = "quotes_in"
    CHOICE_REMINDED = "choice_reminded"
    CHOICE_EXTENDED = "choice_extended"
    METRES_ASKED = "metres_asked"
    METRES_AGREED = "metres_agreed"
    METRES_REFUSED = "metres_refused"
    ACCEPTED = "accepted"
    REBOOKED = "rebooked"
    CLAIM_REFUSED = "claim_refused"
    PAYMENT_REMINDED = "payment_reminded"
    PREPAID = "prepaid"
    PAYMENT_EXPIRED = "payment_expired"
    HOLD_LOST = "hold_lost"
    GAVE_UP = "gave_up"
    REJECTED = "rejected"
    SLOT_PROPOSED = "slot_proposed"
    SLOT_AGREED = "slot_agreed"
    SLOT_REFUSED = "slot_refused"
    VISIT_REMINDED = "visit_reminded"
    SET_OFF = "set_off"
    START_OVERDUE = "start_overdue"
    STARTED = "started"
    DONE = "done"
    WORK_ACCEPTED = "work_accepted"
    RATED = "rated"
    WITHDREW = "withdrew"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    CLAIMED = "claimed"
    CLAIM_WAIVED = "claim_waived"
    CLAIM_OBJECTED = "claim_objected"
    CLAIM_SETTLED = "claim_settled"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_RESOLVED = "dispute_resolved"
    CLOSED = "closed"
    PAYMENTS_DOWN = "payments_down"
    PAYMENTS_BACK = "payments_back"
    MONEY_STUCK = "money_stuck"
    MONEY_RECOVERED = "money_recovered"
    CAPTURED_IN_PART = "captured_in_part"


_S = OrderState
_E = OrderEvent
FINAL_STATES = frozenset({_S.COMPLETED, _S.CANCELLED, _S.UNPAID, _S.NO_CONTRACTOR, _S.REJECTED})
"""The job is over; money may still be moving until `money_closed`."""

_OF_MONEY = (_E.PAYMENTS_BACK, _E.MONEY_STUCK, _E.MONEY_RECOVERED, _E.CAPTURED_IN_PART)
_OF_SEARCH = (
    _E.NIGHT_PAUSED,
    _E.RADIUS_WIDENED,
    _E.PRICE_PROPOSED,
    _E.PRICE_AGREED,
    _E.PRICE_REFUSED,
)
_OF_QUOTES = (
    _E.QUOTED,
    _E.QUOTE_WITHDRAWN,
    _E.QUOTES_EXPIRED,
    _E.QUOTES_IN,
    _E.CHOICE_REMINDED,
    _E.CHOICE_EXTENDED,
)
_OF_METRES = (_E.METRES_ASKED, _E.METRES_AGREED, _E.METRES_REFUSED)
_OPEN = tuple(state for state in OrderState if state not in FINAL_STATES)
_WORKING = (_S.BOOKED, _S.IN_PROGRESS)

TRANSITIONS: dict[tuple[OrderState, OrderEvent], OrderState] = {
    (_S.NEW, _E.PLACED): _S.SEARCHING,
    (_S.NEW, _E.REJECTED): _S.REJECTED,
    (_S.SEARCHING, _E.WAVE_SENT): _S.SEARCHING,
    (_S.SEARCHING, _E.OFFER_DECLINED): _S.SEARCHING,
    (_S.SEARCHING, _E.PERSON_CALLED): _S.SEARCHING,
    **{(_S.SEARCHING, event): _S.SEARCHING for event in _OF_QUOTES},
    **{(_S.IN_PROGRESS, event): _S.IN_PROGRESS for event in _OF_METRES},
    **{(_S.SEARCHING, event): _S.SEARCHING for event in _OF_SEARCH},
    (_S.SEARCHING, _E.ACCEPTED): _S.AWAITING_PREPAYMENT,
    # A replacement for a paid order needs no second prepayment.
    (_S.SEARCHING, _E.REBOOKED): _S.BOOKED,
    # The database fence had the last word: the acceptance is undone.
    (_S.AWAITING_PREPAYMENT, _E.CLAIM_REFUSED): _S.SEARCHING,
    (_S.BOOKED, _E.CLAIM_REFUSED): _S.SEARCHING,
    (_S.CANCELLED, _E.CLAIM_REFUSED): _S.CANCELLED,
    (_S.SEARCHING, _E.GAVE_UP): _S.NO_CONTRACTOR,
    (_S.AWAITING_PREPAYMENT, _E.PAYMENT_REMINDED): _S.AWAITING_PREPAYMENT,
    (_S.AWAITING_PREPAYMENT, _E.PREPAID): _S.BOOKED,
    (_S.AWAITING_PREPAYMENT, _E.PAYMENT_EXPIRED): _S.UNPAID,
    (_S.AWAITING_PREPAYMENT, _E.WITHDREW): _S.SEARCHING,
    (_S.BOOKED, _E.HOLD_LOST): _S.AWAITING_PREPAYMENT,
    (_S.BOOKED, _E.SLOT_PROPOSED): _S.BOOKED,
    (_S.BOOKED, _E.SLOT_AGREED): _S.BOOKED,
    (_S.BOOKED, _E.SLOT_REFUSED): _S.BOOKED,
    (_S.BOOKED, _E.VISIT_REMINDED): _S.BOOKED,
    (_S.BOOKED, _E.SET_OFF): _S.BOOKED,
    (_S.BOOKED, _E.START_OVERDUE): _S.BOOKED,
    (_S.BOOKED, _E.STARTED): _S.IN_PROGRESS,
    (_S.BOOKED, _E.WITHDREW): _S.SEARCHING,
    (_S.BOOKED, _E.NO_SHOW): _S.SEARCHING,
    (_S.IN_PROGRESS, _E.WITHDREW): _S.SEARCHING,
    (_S.IN_PROGRESS, _E.DONE): _S.AWAITING_ACCEPTANCE,
    (_S.AWAITING_ACCEPTANCE, _E.WORK_ACCEPTED): _S.COMPLETED,
    (_S.COMPLETED, _E.RATED): _S.COMPLETED,
    (_S.COMPLETED, _E.DISPUTE_OPENED): _S.DISPUTED,
    (_S.DISPUTED, _E.DISPUTE_RESOLVED): _S.COMPLETED,
    (_S.CANCELLED, _E.CLAIMED): _S.CANCELLED,
    (_S.CANCELLED, _E.CLAIM_WAIVED): _S.CANCELLED,
    (_S.CANCELLED, _E.CLAIM_OBJECTED): _S.CANCELLED,
    (_S.CANCELLED, _E.CLAIM_SETTLED): _S.CANCELLED,
    **{(state, _E.CANCELLED): _S.CANCELLED for state in _OPEN},
    **{(state, _E.DISPUTE_OPENED): _S.DISPUTED for state in (*_WORKING, _S.AWAITING_ACCEPTANCE)},
    **{(state, _E.CLOSED): state for state in FINAL_STATES},
    (_S.AWAITING_PREPAYMENT, _E.PAYMENTS_DOWN): _S.AWAITING_PREPAYMENT,
    # Money has its own clock: these may come in any state and never change it.
    **{(state, event): state for state in OrderState for event in _OF_MONEY},
    **{(state, _E.HOLD_LOST): state for state in OrderState if state is not _S.BOOKED},
}


def next_state(state: OrderState, event: OrderEvent) -> OrderState:
    """The state after an event.

    Raises:
        OrderClosed: The order is final and the event is not allowed any more.
        TransitionRefused: The table has no such row.
    """
    found = TRANSITIONS.get((state, event))
    if found is not None:
        return found
    if state in FINAL_STATES:
        raise OrderClosed(f"{event} after {state}")
    raise TransitionRefused(f"{event} in {state}")
