"""What is to be said of an order: one sentence per fact, each said once, for each role."""

from dataclasses import dataclass

from rules.orders import FINAL_STATES, OfferState, OrderState, Role
from rules.views import OrderView
from texts import describe_claims, describe_money, quotes
from texts.catalogue import has, say
from texts.formatting import (
    clock,
    contractor_number,
    counted,
    day,
    deadline,
    decimal,
    distance,
    lower_first,
    when,
)
from texts.language import Language
from texts.phases import is_offered, meets, phase
from texts.reasons import any_label

_S = OrderState


def headline(view: OrderView, role: Role, lang: Language) -> str:
    """The state in two or three words, without the number."""
    side = Role.SUPPORT if role is Role.SYSTEM else role
    return say(f"headline.{side.value}.{phase(view)}", lang)


@dataclass(frozen=True)
class _Teller:
    """Builds the sentences of one view for one role; every method gives '' for no fact."""

    view: OrderView
    role: Role
    lang: Language

    def say(self, key: str, **values: object) -> str:
        return say(key, self.lang, **values)

    def until(self) -> str:
        """The present deadline; with its date unless it lies on the day the state began."""
        view = self.view
        if view.due_at is None:
            return ""
        return deadline(view.due_at, view.state_since, view.utc_offset_minutes, self.lang)

    def what(self) -> str:
        view = self.view
        return self.say(
            "fact.what",
            service=self.say(f"service.{view.service.value}"),
            detail=self.say(f"detail.{view.detail}"),
            town=view.town,
        )

    def state(self) -> str:
        view = self.view
        words = headline(view, self.role, self.lang)
        if view.state_since is None:
            return self.say("fact.state_bare", headline=words)
        since = when(view.state_since, view.utc_offset_minutes, self.lang)
        return self.say("fact.state", headline=words, since=since)

    def waits(self) -> str:
        until = self.until()
        if self.view.payments_down and self.view.state is _S.AWAITING_PREPAYMENT:
            return self.say(f"wait.{self.role.value}.payments_down")
        if self.role is Role.SUPPORT:
            return self.say("wait.support", until=until) if until else ""
        if self.role is Role.CLIENT and self.view.state is _S.SEARCHING:
            return self._searching(until)
        key = f"wait.{self.role.value}.{phase(self.view)}"
        if not has(key) or (self.view.money_closed and self.view.state is _S.COMPLETED):
            return ""
        needs_until = "{until}" in say(key, self.lang, until="{until}")
        return "" if needs_until and not until else self.say(key, until=until)

    def _searching(self, until: str) -> str:
        view = self.view
        if view.quoting:
            return self.say(f"wait.client.{phase(view)}", until=until)
        if view.person_since is not None and until:
            return self.say("wait.client.searching_person", until=until)
        if view.redispatch_since is not None:
            return self.say("wait.client.searching_again")
        if until and view.offered:
            crews = counted(view.offered, "crew_to", self.lang)
            return self.say("wait.client.searching", crews=crews, until=until)
        return self.say("wait.client.searching_quiet")

    def who(self) -> list[str]:
        if self.role is Role.CONTRACTOR:
            return self._client()
        view = self.view
        if view.contractor_id is None or self._parted():
            return []
        number = contractor_number(view.contractor_id)
        about = ", ".join(self._about_crew())
        lines = [
            self.say("fact.crew_full", number=number, about=about)
            if about
            else self.say("fact.crew", number=number)
        ]
        if self.role is Role.CLIENT and view.contractor_phone and meets(view):
            lines.append(self.say("fact.crew_phone", phone=view.contractor_phone))
        return lines

    def _parted(self) -> bool:
        """The order ended without work: who would have come matters to support only."""
        view = self.view
        ended = view.state in FINAL_STATES and view.state is not _S.COMPLETED
        return ended and view.claim is None and self.role is not Role.SUPPORT

    def _about_crew(self) -> list[str]:
        view, about = self.view, []
        if self.role is not Role.CLIENT:
            return []
        if view.contractor_name:
            about.append(view.contractor_name)
        if not view.contractor_completed:
            # A rating before the first job is our guess, and nobody's opinion.
            about.append(self.say("fact.first_order"))
        elif view.contractor_rating is not None:
            rating = decimal(view.contractor_rating, self.lang)
            about.append(self.say("fact.rating", rating=rating))
        if view.contractor_completed:
            about.append(counted(view.contractor_completed, "job", self.lang))
        return about

    def _client(self) -> list[str]:
        view = self.view
        if not meets(view):
            return []
        about = ", ".join(part for part in (view.client_name, view.client_phone) if part)
        return [
            self.say("fact.client", about=about) if about else "",
            self.say("fact.address", address=view.address) if view.address else "",
            self.say("fact.comment", comment=view.comment) if view.comment else "",
        ]

    def hidden(self) -> str:
        """The contractor's question before the prepayment: where and who is it?"""
        view = self.view
        if self.role is not Role.CONTRACTOR:
            return ""
        early = is_offered(view) or view.state is _S.AWAITING_PREPAYMENT
        return self.say("fact.hidden") if early else ""

    def visit(self) -> list[str]:
        view, offset = self.view, self.view.utc_offset_minutes
        if view.quoting:
            return [] if self.role is Role.CONTRACTOR else [self._wish()]
        if is_offered(view) and self.role is Role.CONTRACTOR and view.offer is not None:
            return self._offered_visit()
        if view.state in (_S.NEW, _S.SEARCHING):
            return [self._wish()]
        if view.state in FINAL_STATES or view.visit_at is None:
            return []
        if view.started_at is not None:
            return [self.say("fact.started", when=when(view.started_at, offset, self.lang))]
        visit = when(view.visit_at, offset, self.lang)
        if self.role is Role.CONTRACTOR:
            return [self.say("fact.visit_asked", when=visit)]
        if view.set_off_at is None:
            return [self.say("fact.visit", when=visit)]
        return [self.say("fact.set_off", when=visit, clock=clock(view.set_off_at, offset))]

    def _offered_visit(self) -> list[str]:
        view = self.view
        if view.offer is None:
            return []
        offset = view.utc_offset_minutes
        until = deadline(view.offer.until, view.state_since, offset, self.lang)
        return [
            self.say("fact.visit_asked", when=when(view.offer.visit_at, offset, self.lang)),
            self.say("fact.distance", distance=distance(view.offer.distance_km, self.lang)),
            self.say("fact.answer_until", until=until)
            if view.offer.state is OfferState.LIVE
            else self.say("fact.late_but_open"),
        ]

    def _wish(self) -> str:
        if self.view.wish_day is None:
            return self.say("fact.wish_soonest")
        return self.say("fact.wish_day", day=day(self.view.wish_day, self.lang))

    def proposal(self) -> str:
        view = self.view
        if view.proposal is None or view.state is not _S.BOOKED:
            return ""
        at = when(view.proposal.visit_at, view.utc_offset_minutes, self.lang)
        own = view.proposal.by is self.role
        return self.say(f"proposal.{'own' if own else view.proposal.by.value}", when=at)

    def ended(self) -> str:
        view = self.view
        if view.state is not _S.CANCELLED or view.cancelled_by is None:
            return self._reason() if self.role is Role.SUPPORT else ""
        words = self.say(f"ended.{self.role.value}.{view.cancelled_by.value}")
        # A party is told the other party's reason, never support's own.
        told = self.role is Role.SUPPORT or (
            self.role is not view.cancelled_by
            and view.cancelled_by in (Role.CLIENT, Role.CONTRACTOR)
        )
        reason = self._reason() if told else ""
        return f"{words} {reason}".strip()

    def _reason(self) -> str:
        words = any_label(self.view.reason, self.lang) if self.view.reason else ""
        return self.say("fact.reason", reason=lower_first(words)) if words else ""

    def stars(self) -> list[str]:
        view = self.view
        if self.role is Role.SUPPORT:
            return [self._both_stars()] if view.state is _S.COMPLETED else []
        given, got = view.client_stars, view.contractor_stars
        if self.role is Role.CONTRACTOR:
            given, got = got, given
        # Ratings are blind until both are given or the window is over.
        shown = given is not None or view.money_closed
        return [
            self.say("stars.given", stars=given) if given is not None else "",
            self.say("stars.got", stars=got) if got is not None and shown else "",
        ]

    def _both_stars(self) -> str:
        none = self.say("stars.none")
        client, crew = self.view.client_stars, self.view.contractor_stars
        return self.say("stars.support", client=client or none, contractor=crew or none)


def what(view: OrderView, lang: Language) -> str:
    """The service, the answered question and the town."""
    return _Teller(view, Role.CLIENT, lang).what()


def sections(
    view: OrderView, role: Role, lang: Language, *, cost: bool = False
) -> tuple[list[str], list[str], list[str]]:
    """What is awaited; who, when and how it went; the money: the facts, by what they answer."""
    side = Role.SUPPORT if role is Role.SYSTEM else role
    teller = _Teller(view, side, lang)
    # A client asks who comes, a contractor when he must be there.
    meeting = [*teller.who(), *teller.visit()]
    if side is Role.CONTRACTOR:
        meeting = [*teller.visit(), *teller.who()]
    meeting += quotes.lines(view, side, lang)
    sums = describe_money.money_lines(view, side, lang, cost=cost)
    parts = (
        [teller.ended(), teller.waits()],
        [*meeting, teller.proposal(), teller.hidden(), *teller.stars()],
        [*sums, describe_claims.claim_line(view, side, lang)],
    )
    awaited, meeting, sums = ([one for one in part if one] for part in parts)
    return awaited, meeting, sums


def facts(view: OrderView, role: Role, lang: Language, *, cost: bool = False) -> list[str]:
    """All sentences but the first two (what, state); a card says those in its title.

    Only with `cost`: what a cancellation would cost now. It changes with the clock, so it belongs
    where it is read at once and not on a card that stays in the chat.
    """
    return [one for part in sections(view, role, lang, cost=cost) for one in part]


def describe(view: OrderView, role: Role, lang: Language) -> list[str]:
    """Everything a role may know of an order now, as plain sentences."""
    side = Role.SUPPORT if role is Role.SYSTEM else role
    teller = _Teller(view, side, lang)
    return [teller.what(), teller.state(), *facts(view, role, lang, cost=True)]
