"""The search for a contractor: waves of offers, then a person, then the end."""

from datetime import datetime, timedelta

from temporalio import workflow

from activities.messages import OfferTerms, Wave
from activities.offers import OfferActivities
from rules import handover, offers, search_changes, searching
from rules.catalog import JobClass
from rules.night import waking_time
from rules.orders import Offer, OfferState, Order
from rules.slots import offered_visit
from texts.formatting import clock
from texts.timeline import crews, label
from workflows.order_money import Cashier
from workflows.policies import WRITE_RETRY, WRITE_TIMEOUT

# How many of those farther away are asked at once.
WIDENED_WAVE = 3


class Searching(Cashier):
    """The phase `searching`; acceptance itself is an update and may come at any moment."""

    _available = False
    _sending = False

    async def search(self) -> None:
        """Send waves until somebody accepts, all are exhausted, or the order ends.

        An acceptance that the database refused comes back here: whoever was asked meanwhile
        still has his time.
        """
        while self.is_searching():
            until = offers.next_deadline(self.order.search.live())
            if self.order.search.person_since is not None:
                await self._wait_for_a_person()
            elif until is not None and until > workflow.now():
                await self._await_answers(until)
            elif searching.waves_left(self.order) and not self._is_late():
                size = offers.wave_size(self.order, self.order.search.wave + 1)
                await self._pause_after(await self._send_wave(size))
            else:
                self.decide(handover.person_called(self.order, workflow.now()))
                await self.written()

    def _is_late(self) -> bool:
        return workflow.now() >= searching.search_ends(self.order)

    async def _await_answers(self, until: datetime) -> None:
        live = self.order.search.live()
        asked = crews([one.contractor_id for one in live])
        await self.wait(
            lambda: not self.is_searching() or not self.order.search.live(),
            until,
            label(
                "offer",
                wave=self.order.search.wave,
                asked=asked,
                until=_local(until, self.order),
            ),
        )

    async def _pause_after(self, wave: Wave) -> None:
        """Nobody can be asked now: look again later, in the morning, or when somebody comes."""
        if wave.offers or not self.is_searching():
            return
        again = workflow.now() + timedelta(seconds=self.order.policy.empty_query_seconds)
        if wave.night_until is not None:
            again = await self._sleep_until(wave.night_until)
        self._available = False
        await self.wait(
            lambda: not self.is_searching() or self._available,
            again,
            label("nobody", at=_local(again, self.order)),
        )

    async def _sleep_until(self, morning: datetime) -> datetime:
        """When to go on; the client is told once, and nobody waits for his answer."""
        again = waking_time(morning, self.order.order_id)
        if not self.order.search.night_told:
            self.decide(search_changes.night_paused(self.order, again, workflow.now()))
            await self.written()
        if self.is_searching():
            self.order = search_changes.slept(self.order, again)
        return again

    async def _send_wave(self, size: int) -> Wave:
        # The writing lock keeps an acceptance of an earlier offer behind this wave's rows.
        async with self._writing:
            while self._unwritten:
                await self._write(self._next_batch())
            if not self.is_searching():
                return Wave(())
            terms = self._terms_of_wave(size)
            self._sending = True
            wave = await workflow.execute_activity_method(
                OfferActivities.send_wave,
                terms,
                start_to_close_timeout=WRITE_TIMEOUT,
                retry_policy=WRITE_RETRY,
                summary=label(
                    "wave", wave=terms.wave, size=size, until=_local(terms.until, self.order)
                ),
            )
            self._take_wave(terms, wave)
            self._sending = False
        await self.written()
        return wave

    def _terms_of_wave(self, size: int) -> OfferTerms:
        order, now = self.order, workflow.now()
        is_urgent = order.job_class is JobClass.URGENT
        return OfferTerms(
            order_id=order.order_id,
            client_id=order.client_id,
            service=order.service,
            round=order.search.round,
            wave=order.search.wave + 1,
            size=size,
            visit_at=offered_visit(order, now),
            until=now + timedelta(seconds=order.clocks.offer_timeout_seconds),
            asked=offers.asked(order.search),
            silent=searching.silent(order),
            max_live_offers=order.clocks.max_live_offers,
            now=now,
            policy=order.policy,
            explore=not is_urgent,
            is_urgent=is_urgent,
            extra_km=order.search.extra_km,
        )

    def _take_wave(self, terms: OfferTerms, wave: Wave) -> None:
        self._exclusions = dict(wave.exclusions)
        for one in wave.offers:
            self._terms[one.contractor_id] = tuple(one.terms.items())
        sent = tuple(
            Offer(
                one.contractor_id,
                terms.wave,
                one.until or terms.until,
                terms.visit_at,
                one.distance_km,
                one.score,
                utc_offset_minutes=one.utc_offset_minutes,
            )
            for one in wave.offers
        )
        if terms.round != self.order.search.round:
            # Won and given up again meanwhile: the acceptance's commit ends these offers, and
            # the new round may ask the same people.
            return
        if self.is_searching():
            self._after_wave(sent)
            self._describe()
        elif sent:
            self._take_back(sent)

    def _after_wave(self, sent: tuple[Offer, ...]) -> None:
        self.order = searching.wave_sent(self.order, sent)

    def _take_back(self, sent: tuple[Offer, ...]) -> None:
        """The order was won or ended while the wave went out: these offers are lost."""
        change = searching.overtaken(self.order, sent)
        self.order = change.order
        self._unwritten.append(self._written(change, workflow.now()))

    async def _wait_for_a_person(self) -> None:
        """Support looks by hand; whoever comes on line is asked beside it, one at a time."""
        ends = handover.person_ends(self.order)
        asked_until = offers.next_deadline(self.order.search.live())
        self._available = False
        woken = await self.wait(
            lambda: not self.is_searching() or self._available,
            min(ends, asked_until or ends),
            label("person", until=_local(ends, self.order)),
        )
        if not self.is_searching():
            return
        if not woken and workflow.now() >= ends:
            self.decide(handover.gave_up(self.order, workflow.now()))
            await self.written()
            return
        if self.order.search.person_since is None:
            # The client has agreed to another price: everything begins anew.
            return
        # Somebody is there now, or did not answer in time: the next one is asked.
        await self._send_wave(WIDENED_WAVE if self.order.search.extra_km else 1)

    def look_again(self) -> None:
        """Something about the search has changed: do not wait out the present pause."""
        self._available = True

    def may_be_asked(self, contractor_id: int) -> bool:
        """A wave is on its way and may hold an offer to him that we have not heard of yet."""
        return self._sending and self.is_searching() and self.order.search.of(contractor_id) is None

    async def offer_known(self, contractor_id: int) -> None:
        """Let an answer that is faster than its wave's own result wait for it."""
        if self.may_be_asked(contractor_id):
            await workflow.wait_condition(lambda: not self._sending)

    def skip_unreachable(self, contractor_id: int) -> bool:
        """Telegram cannot reach him: his offer ends at once; False if he had none."""
        offer = self.order.search.of(contractor_id)
        if not self.is_searching() or offer is None or offer.state is not OfferState.LIVE:
            return False
        now = workflow.now()
        self.decide(
            searching.declined(
                self.order, contractor_id, "unreachable", now, state=OfferState.SKIPPED
            )
        )
        return True


def _local(at: datetime | None, order: Order) -> str:
    return clock(at, order.utc_offset_minutes) if at is not None else "-"
