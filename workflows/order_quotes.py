"""A project job's search: several contractors quote, then the client chooses."""

from dataclasses import replace
from datetime import datetime

from temporalio import workflow
from typing_extensions import override

from activities.messages import OfferTerms, Wave
from rules import choosing, handover, quoting, searching
from rules.changes import Change
from rules.orders import Offer
from rules.quotes import Quotes
from texts.formatting import clock
from texts.timeline import label
from workflows.order_quote_updates import QuoteUpdates


class Quoting(QuoteUpdates):
    """Before a contractor is chosen; afterwards everything is as for any order."""

    _asks_quoters = False

    def prepare_quotes(self) -> None:
        """Have this order quoted, if its policy says so; older orders go on with offers."""
        if quoting.is_quoted(self.order) and workflow.patched("quotes"):
            self.order = replace(self.order, quotes=Quotes())

    async def seek(self) -> None:
        """Gather quotes while there is something to choose; else search as for any order."""
        while quoting.is_quoting(self.order):
            await self._quote_moment()
        await self.search()

    async def _quote_moment(self) -> None:
        order, now = self.order, workflow.now()
        quotes = order.quotes or Quotes()
        if quotes.choose_until is not None:
            if quotes.open():
                await self._await_choice(quotes.choose_until)
            else:
                await self._decide(handover.person_called(order, now))
            return
        ended = quoting.unanswered(order, now)
        if ended is not None:
            await self._decide(ended)
        elif quoting.enough(order, now):
            called = quoting.quotes_in if quotes.open() else handover.person_called
            await self._decide(called(order, now))
        elif not quoting.still_to_invite(order):
            await self._await_quotes()
        elif order.search.offers or searching.waves_left(order):
            await self._invite()
        else:
            await self._decide(handover.person_called(order, now))

    async def _decide(self, change: Change) -> None:
        self.decide(change)
        await self.written()

    async def _invite(self) -> None:
        wave = await self._send_wave(quoting.still_to_invite(self.order))
        if not self.order.search.offers and quoting.is_quoting(self.order):
            await self._pause_after(wave)

    async def _await_quotes(self) -> None:
        live = [one.until for one in self.order.search.live()]
        ends = min([*live, searching.search_ends(self.order)])
        await self.wait(
            lambda: (
                not quoting.is_quoting(self.order) or quoting.enough(self.order, workflow.now())
            ),
            ends,
            label("quotes", until=self._clock(ends)),
        )

    async def _await_choice(self, until: datetime) -> None:
        def changed() -> bool:
            quotes = self.order.quotes
            if quotes is None or not quoting.is_quoting(self.order):
                return True
            return quotes.choose_until != until or not quotes.open()

        remind_at = choosing.next_reminder(self.order)
        if remind_at is not None:
            if not await self.wait(changed, remind_at, label("choice_remind")):
                await self._decide(choosing.choice_reminded(self.order, workflow.now()))
        elif not await self.wait(changed, until, label("choice")):
            await self._decide(choosing.lapsed(self.order, workflow.now()))

    @override
    def _terms_of_wave(self, size: int) -> OfferTerms:
        terms = super()._terms_of_wave(size)
        if quoting.is_quoting(self.order):
            # Who was asked before keeps his time, and nobody's capacity is held.
            return replace(terms, silent=(), holds=False)
        first = choosing.asked_first(self.order)
        self._asks_quoters = bool(first)
        return replace(terms, only=first, size=len(first)) if first else terms

    @override
    def _after_wave(self, sent: tuple[Offer, ...]) -> None:
        if quoting.is_quoting(self.order):
            self.order = quoting.invited(self.order, sent)
        else:
            super()._after_wave(sent)

    @override
    async def _pause_after(self, wave: Wave) -> None:
        if not wave.offers and self._asks_quoters:
            # None of those who had quoted is free: the others are asked at once.
            self._asks_quoters = False
            return
        await super()._pause_after(wave)

    def _clock(self, at: datetime) -> str:
        return clock(at, self.order.utc_offset_minutes)
