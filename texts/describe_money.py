"""What is to be said of an order's money: price, prepayment, refund, costs, compensation."""

from dataclasses import dataclass

from rules.orders import ClaimState, OrderState, Role
from rules.views import OrderView
from texts.catalogue import has, say
from texts.formatting import deadline, lower_first, money, price_range
from texts.language import Language
from texts.reasons import label

_S = OrderState
_WORKING = (_S.BOOKED, _S.IN_PROGRESS, _S.AWAITING_ACCEPTANCE, _S.DISPUTED)
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

    def paid(self) -> str:
        sums = self.view.money
        if sums.held_kopecks and not sums.captured_kopecks:
            return self.say("money.held", amount=self.amount(sums.held_kopecks))
        taken = sums.captured_kopecks or self.view.prepayment_kopecks
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
        """What the client would get back if he cancelled now."""
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
            return [*self.ended(), self.compensation()]
        if view.state is _S.COMPLETED and not view.prepaid:
            # The bank let the hold go before it was taken.
            return [*self.ended(), self.compensation()]
        if view.state is _S.COMPLETED:
            kept = view.prepayment_kopecks - view.refund_kopecks
            words = self.say("money.kept", amount=self.amount(kept)) if kept > 0 else ""
            return [words, *self._returned(view.refund_kopecks), self.compensation()]
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
        if sums.confirming:
            return [self.price(), self.say("money.confirming")]
        if sums.decline_reason:
            words = declined_words(sums.decline_reason, self.lang)
            return [self.price(), self.say("money.declined", reason=words)]
        return [self.price(), self.say("money.link") if sums.payment_url else ""]

    def ended(self) -> list[str]:
        """What happened to the client's money of an order that came to nothing."""
        view, sums = self.view, self.view.money
        unwanted = not view.prepaid and not view.refund_kopecks
        if sums.held_kopecks:
            if unwanted or view.refund_kopecks >= sums.held_kopecks:
                return [self.say("money.unfreezing", amount=self.amount(sums.held_kopecks))]
            return self._returned(view.refund_kopecks)
        if sums.captured_kopecks:
            return self._returned(sums.captured_kopecks if unwanted else view.refund_kopecks)
        key = "money.unfrozen" if view.refund_kopecks else "money.nothing"
        return [self.say(key)]

    def _returned(self, due: int) -> list[str]:
        done = self.view.money.refunded_kopecks
        lines = [self.say("money.refunded", amount=self.amount(done))] if done else []
        if due > done:
            lines.append(self.say("money.refunding", amount=self.amount(due - done)))
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
        if view.compensation_kopecks:
            amount = self.amount(view.compensation_kopecks)
            lines.append(self.say("money.compensation_support", amount=amount))
        return lines


def money_lines(view: OrderView, role: Role, lang: Language, *, cost: bool) -> list[str]:
    """The money facts of an order for a role; '' stands for nothing to say."""
    teller = _Teller(view, role, lang)
    if role is Role.CLIENT:
        return teller.client(cost=cost)
    return teller.contractor() if role is Role.CONTRACTOR else teller.support()


def cancel_cost(view: OrderView, lang: Language) -> str:
    """What the client gets back if he cancels now; said before he does."""
    return _Teller(view, Role.CLIENT, lang).cost()


def ended_money(view: OrderView, lang: Language) -> str:
    """What happened to the client's money of an order that came to nothing."""
    return " ".join(_Teller(view, Role.CLIENT, lang).ended())


def claim_line(view: OrderView, role: Role, lang: Language) -> str:
    """Where the contractor's cost claim stands; '' without one."""
    claim = view.claim
    if claim is None:
        return ""
    state = claim.state
    if state == ClaimState.SETTLED and claim.amount_kopecks == 0:
        state = "none"
    until = deadline(claim.until, view.state_since, view.utc_offset_minutes, lang)
    return say(
        f"claim.{role.value}.{state}",
        lang,
        cap=money(claim.cap_kopecks, lang),
        amount=money(claim.amount_kopecks, lang),
        reason=lower_first(label("claim", claim.reason, lang)),
        until=until,
    )
