"""What must become of one order's money, told by nothing but what people can see.

A client sees what his bank takes and gives back, what he is told about the order, and what a
contractor asks for. From that alone follows, to the kopeck, who has the money in the end. Nothing
here is shared with the product: the numbers of the policy are written down again.
"""

from dataclasses import dataclass, field

PLATFORM_PERCENT = 25


@dataclass
class OrderMoney:
    """One order's money in kopecks; the methods are what happened, in that order."""

    prepayment: int
    taken: dict[str, int] = field(default_factory=dict)
    given_back: dict[str, int] = field(default_factory=dict)
    credit: int = 0
    is_booked: bool = False
    is_completed: bool = False
    is_cancelled: bool = False
    claimed: int = 0
    granted: int = 0
    decided_back: int = 0

    def bank_takes(self, payment: str, kopecks: int) -> None:
        """Money leaves the client: once per payment."""
        assert payment not in self.taken, f"{payment} was taken twice"
        self.taken[payment] = kopecks

    def bank_gives_back(self, payment: str, kopecks: int) -> None:
        """Money returns to the client: never more than was taken."""
        self.given_back[payment] = self.given_back.get(payment, 0) + kopecks
        assert self.given_back[payment] <= self.taken.get(payment, 0), f"{payment}: given too much"

    def credit_pays(self, kopecks: int) -> None:
        """A part of the prepayment comes from the client's credit; it is given back last."""
        self.credit = kopecks

    def told_paid(self) -> None:
        """The visit is booked."""
        self.is_booked = True

    def told_hold_lost(self) -> None:
        """The bank has let the money go: nothing is paid any more."""
        self.is_booked, self.claimed, self.granted = False, 0, 0

    def completed(self) -> None:
        """The work was accepted."""
        self.is_completed = True

    def dispute_decided(self, kopecks: int) -> None:
        """Support sends a part back; what is left counts as accepted work."""
        self.is_completed, self.decided_back = True, self.decided_back + kopecks

    def cancelled(self) -> None:
        """The order ended early."""
        self.is_completed, self.is_cancelled = False, True

    def costs_claimed(self, kopecks: int) -> None:
        """The contractor asks for his costs; silence grants them."""
        self.claimed = self.granted = kopecks

    def costs_decided(self, kopecks: int) -> None:
        """Support grants a part of what was asked for."""
        assert kopecks <= self.claimed
        self.granted = kopecks

    @property
    def kept(self) -> int:
        """What of the prepayment the client does not get back."""
        if not self.is_booked:
            return 0
        if self.is_completed:
            return self.prepayment - self.decided_back
        return self.granted if self.is_cancelled else 0

    @property
    def platform(self) -> int:
        """The platform's part of completed work, rounded half up."""
        return (self.kept * PLATFORM_PERCENT + 50) // 100 if self.is_completed else 0

    @property
    def contractor(self) -> int:
        """The rest of it, or his costs."""
        return self.kept - self.platform

    def check_closed(self) -> None:
        """At the end the client has paid exactly what is kept and his credit does not cover."""
        paid = sum(self.taken.values()) - sum(self.given_back.values())
        due = max(0, self.kept - self.credit)
        assert paid == due, f"the client has paid {paid}, kept is {self.kept}"
