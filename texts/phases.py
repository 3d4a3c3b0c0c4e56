"""In which phase of its life people see an order; one word for the keys of headlines."""

from rules.orders import OfferState, OrderState
from rules.views import OrderView

_S = OrderState
_MEETING = frozenset({_S.BOOKED, _S.IN_PROGRESS, _S.AWAITING_ACCEPTANCE, _S.DISPUTED})


def phase(view: OrderView) -> str:
    """The state as people see it: a state's name, or one of its phases."""
    if view.state is _S.SEARCHING:
        if view.quoting:
            is_choosing = view.quotes is not None and view.quotes.choose_until is not None
            return "choosing" if is_choosing else "quoting"
        if view.redispatch_since is not None:
            return "searching_again"
        return "searching_person" if view.person_since is not None else "searching"
    if view.state is _S.BOOKED:
        if is_overdue(view):
            return "overdue"
        return "on_the_way" if view.set_off_at is not None else "booked"
    return view.state.value


def is_overdue(view: OrderView) -> bool:
    """The agreed time and its grace have passed and nobody has started."""
    return view.state is _S.BOOKED and view.needs_attention and view.due_at is None


def meets(view: OrderView) -> bool:
    """The sides may know each other's phone, and the contractor the address."""
    return view.prepaid and view.state in _MEETING


def is_offered(view: OrderView) -> bool:
    """The view's contractor can still take the order; a late answer counts while it is open."""
    open_states = (OfferState.LIVE, OfferState.EXPIRED, OfferState.QUOTED)
    return view.state is _S.SEARCHING and view.offer is not None and view.offer.state in open_states
