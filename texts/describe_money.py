"""What is to be said of an order's money: price, prepayment, refund, costs, compensation."""

from dataclasses import dataclass

from rules.attempts import Method
from rules.orders import OrderState, Role
from rules.views import OrderView, credit_back, to_pay
from texts.catalogue import has, say
from texts.formatting import deadline, money, price_range
from texts.language import Language

_S = OrderState
_WORKING = (_S.BOOKED, _S.IN_PROGRESS, _S.AWAITING_ACCEPTANCE, _S.DISPUTED)
_BACK = ("refund", "get_refund", "void")
_LOST = (_S.CANCELLED, _S.UNPAID, _S.NO_CONTRACTOR, _S.REJECTED)


def declined_words(code: str, lang: Language) -> str:
    """Why a payment was declined, by the provider's code."""
    key = f"declined.{code}"
    return say(key if has(key) else "declined.other", lang)


@dataclass(frozen=True)
class _Teller:
    """Builds the money sentences of one view for one role; '' for no fact."""

    view: OrderView
    role: Role
    lang: Language

    def say(self, key: str, **values: object) -> str:
        return say(key, self.lang, **values)

    def amount(self, kopecks: int) -> str:
        return money(kopecks, self.lang)

    def price(self) -> str:
        return self.say(
            "money.price",
            price=price_range(self.view.estimate, self.lang),
            prepayment=self.amount(self.view.prepayment_kopecks),
        )

    def to_pay(self) -> str:
        """The price; and what is left to pay when the client's credit pays a part."""
        view = self.view
        if not view.credit_kopecks:
            return self.price()
        credit, left = self.amount(view.credit_kopecks), self.amount(to_pay(view))
        return f"{self.price()} {self.say('money.credit', credit=credit, to_pay=left)}"

    def paid(self) -> str:
        """What came through the provider, and what from the credit."""
        view = self.view
        if not view.credit_kopecks or not view.prepaid:
            return self._paid()
        part = self.say("money.credit_part", credit=self.amount(view.credit_kopecks))
        return f"{self._paid()} {part}"

    def _paid(self) -> str:
        sums = self.view.money
        if sums.held_kopecks and not sums.captured_kopecks and sums.confirming:
            return self.say("money.confirming_payment", amount=self.amount(sums.held_kopecks))
        if sums.held_kopecks and not sums.captured_kopecks:
            return self.say("money.held", amount=self.amount(sums.held_kopecks))
        taken = sums.captured_kopecks or to_pay(self.view)
        return self.say("money.captured", amount=self.amount(taken))

    def rest(self) -> str:
        view = self.view
        if view.final_price_kopecks is None:
            return self.say("money.rest")
        rest = max(0, view.final_price_kopecks - view.prepayment_kopecks)
        price = self.amount(view.final_price_kopecks)
        side = "_contractor" if self.role is Role.CONTRACTOR else ""
        return self.say(f"money.final{side}", price=price, rest=self.amount(rest))

    def cost(self) -> str:
        """What the client would get back if he cancelled now, and where to."""
        view = self.view
        cap = view.claim_cap_kopecks if view.state is not _S.SEARCHING else 0
        part = credit_back(view, view.prepayment_kopecks - cap) if view.prepaid else 0
        back = self.say("money.credit_back", credit=self.amount(part)) if part else ""
        return " ".join(filter(None, (self._cost(), self._cost_until(), back)))

    def _cost_until(self) -> str:
        """Until when that holds; a client should not be surprised a minute later."""
        view = self.view
        if not view.prepaid or view.state is _S.SEARCHING or view.claim_cap_until is None:
            return ""
        until = deadline(view.claim_cap_until, view.state_since, view.utc_offset_minutes, self.lang)
        key = "cost_until" if view.claim_cap_kopecks else "free_until"
        return self.say(f"money.{key}", until=until)

    def _cost(self) -> str:
        view = self.view
        if not view.prepaid:
            return self.say("money.cancel_nothing")
        cap = view.claim_cap_kopecks if view.state is not _S.SEARCHING else 0
        back = view.prepayment_kopecks - cap
        if cap == 0:
            return self.say("money.cancel_free", amount=self.amount(back))
        if back == 0:
            return self.say("money.cancel_all", cap=self.amount(cap))
        return self.say("money.cancel_cost", back=self.amount(back), cap=self.amount(cap))

    def compensation(self) -> str:
        amount = self.view.compensation_kopecks
        return self.say("money.compensation", amount=self.amount(amount)) if amount else ""

    def client(self, *, cost: bool) -> list[str]:
        view = self.view
        if view.state in _LOST:
            return [*self.ended(), self.credit_returned(), self.compensation()]
        if view.state is _S.COMPLETED and not view.prepaid:
            # The bank let the hold go before it was taken.
            return [*self.ended(), self.compensation()]
        if view.state is _S.COMPLETED:
            kept = view.prepayment_kopecks - view.refund_kopecks
            words = self.say("money.kept", amount=self.amount(kept)) if kept > 0 else ""
            back = self._returned(self.due())
            return [words, *back, self.credit_returned(), self.compensation()]
        if view.prepaid or view.state in _WORKING:
            lines = [self.paid(), self.rest() if view.state in _WORKING else ""]
            said = view.state is _S.SEARCHING or (cost and view.state in _WORKING[:2])
            return [*lines, self.cost() if said else "", self.compensation()]
        return self._before_payment()

    def _before_payment(self) -> list[str]:
        view, sums = self.view, self.view.money
        if view.state is not _S.AWAITING_PREPAYMENT:
            return [self.price(), self.say("wait.client.searching_free")]
        if sums.held_kopecks or sums.captured_kopecks:
            return [self.paid()]
        if view.payments_down:
            # What he waits for says the rest; a link that cannot be opened would only mislead.
            return [self.to_pay()]
        if sums.confirming:
            return [self.to_pay(), self.say("money.confirming")]
        if sums.decline_reason:
            words = declined_words(sums.decline_reason, self.lang)
            return [self.to_pay(), self.say("money.declined", reason=words)]
        if sums.payment_method is Method.TELEGRAM:
            return [self.to_pay(), self.say("money.invoice")]
        return [self.to_pay(), self.say("money.link") if sums.payment_url else ""]

    def ended(self) -> list[str]:
        """What happened to the client's money of an order that came to nothing."""
        view, sums = self.view, self.view.money
        unwanted = not view.prepaid and not view.refund_kopecks
        due = self.due()
        if sums.held_kopecks:
            if unwanted or due >= sums.held_kopecks:
                key = "refund_delayed" if view.money_stuck in _BACK else "unfreezing"
                return [self.say(f"money.{key}", amount=self.amount(sums.held_kopecks))]
            return self._returned(due)
        if sums.captured_kopecks:
            return self._returned(sums.captured_kopecks if unwanted else due)
        key = "money.unfrozen" if view.refund_kopecks else "money.nothing"
        return [self.say(key)]

    def credit_returned(self) -> str:
        part = credit_back(self.view)
        return self.say("money.credit_returned", credit=self.amount(part)) if part else ""

    def due(self) -> int:
        """What comes back from the provider: not what never left the card or went to the credit."""
        view = self.view
        return view.refund_kopecks - view.unfrozen_kopecks - credit_back(view)

    def _returned(self, due: int) -> list[str]:
        done = self.view.money.refunded_kopecks
        lines = [self.say("money.refunded", amount=self.amount(done))] if done else []
        if due > done:
            key = "refund_delayed" if self.view.money_stuck in _BACK else "refunding"
            lines.append(self.say(f"money.{key}", amount=self.amount(due - done)))
        return lines

    def contractor(self) -> list[str]:
        view = self.view
        if view.state in (_S.SEARCHING, _S.AWAITING_PREPAYMENT):
            return [self.price()]
        if view.state in _WORKING:
            if view.final_price_kopecks is not None:
                return [self.rest()]
            paid = self.amount(view.prepayment_kopecks)
            return [self.say("money.rest_contractor", amount=paid)]
        if view.state is _S.COMPLETED and view.money_closed and view.prepaid:
            return [self.say("money.share_paid")]
        return []

    def support(self) -> list[str]:
        view, sums = self.view, self.view.money
        lines = [
            self.say(
                "money.support",
                prepayment=self.amount(view.prepayment_kopecks),
                held=self.amount(sums.held_kopecks),
                captured=self.amount(sums.captured_kopecks),
                refunded=self.amount(sums.refunded_kopecks),
            )
        ]
        if view.credit_kopecks:
            credit = self.amount(view.credit_kopecks)
            lines.append(self.say("money.credit_support", credit=credit))
        if view.compensation_kopecks:
            amount = self.amount(view.compensation_kopecks)
            lines.append(self.say("money.compensation_support", amount=amount))
        return lines


def money_lines(view: OrderView, role: Role, lang: Language, *, cost: bool) -> list[str]:
    """The money facts of an order for a role; '' stands for nothing to say."""
    teller = _Teller(view, role, lang)
    if role is Role.CONTRACTOR:
        return teller.contractor()
    lines = teller.client(cost=cost) if role is Role.CLIENT else teller.support()
    return [*lines, _proposed_price(view, role, lang)]


def _proposed_price(view: OrderView, role: Role, lang: Language) -> str:
    """Another price that waits for the client's word."""
    proposal = view.price_proposal
    if proposal is None or view.state is not OrderState.SEARCHING:
        return ""
    key = "price.support" if role is not Role.CLIENT else "price.proposed"
    if view.prepaid and role is Role.CLIENT:
        key = "price.proposed_paid"
    prepayment = money(proposal.prepayment_kopecks, lang)
    return say(key, lang, price=price_range(proposal.estimate, lang), prepayment=prepayment)


def cancel_cost(view: OrderView, lang: Language) -> str:
    """What the client gets back if he cancels now; said before he does."""
    return _Teller(view, Role.CLIENT, lang).cost()


def ended_money(view: OrderView, lang: Language) -> str:
    """What happened to the client's money of an order that came to nothing."""
    return " ".join(_Teller(view, Role.CLIENT, lang).ended())
