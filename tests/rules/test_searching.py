"""The search's own counters: empty queries, promised visits, and what a person inherits."""

from datetime import timedelta

from rules import cancelling, handover, searching
from rules.catalog import Service
from rules.changes import MoneyAction
from rules.orders import Offer, OfferState
from rules.points import PointsReason
from tests.orders import CONTRACTOR, NOW, RIVAL, booked_order, searching_order

HOUR = timedelta(hours=1)


def test_second_empty_query_in_a_row_hands_over_to_a_person() -> None:
    once = searching.wave_sent(searching_order(), ())

    assert searching.waves_left(once)
    assert not searching.waves_left(searching.wave_sent(once, ()))


def test_wave_that_finds_somebody_forgets_the_empty_queries_before_it() -> None:
    order = searching.wave_sent(searching_order(), ())
    order = searching.wave_sent(order, (Offer(CONTRACTOR, 1, NOW + HOUR, NOW + 72 * HOUR),))

    assert searching.waves_left(searching.wave_sent(order, ()))


def test_offer_accepted_after_its_slot_has_passed_gets_the_next_slot() -> None:
    order = searching_order(Service.REPAIR_PUMP, CONTRACTOR)  # the visit was offered in 72 hours
    much_later = NOW + 80 * HOUR

    visit = searching.accepted(order, CONTRACTOR, much_later).order.visit_at

    assert visit is not None
    assert visit > much_later


def test_replacement_is_booked_from_its_acceptance_on() -> None:
    order = cancelling.withdrew(booked_order(), "ill", NOW).order

    assert searching.assigned(order, RIVAL, NOW + HOUR).order.booked_at == NOW + HOUR


def test_refusal_does_not_restart_the_clock_of_the_state() -> None:
    order = searching_order(Service.REPAIR_PUMP, CONTRACTOR)

    assert searching.declined(order, CONTRACTOR, "busy", NOW + HOUR).order.state_since == NOW


def test_who_was_silent_when_a_person_takes_over_loses_points() -> None:
    order = searching_order(Service.REPAIR_PUMP, CONTRACTOR)
    change = handover.person_called(order, NOW + HOUR)
    # At 22:00 in Moscow; the offer's time was up, but he slept.
    at_night = handover.person_called(order, NOW + 10 * HOUR)
    early = handover.person_called(order, NOW)

    lost = [(one.contractor_id, one.reason, one.delta) for one in change.points]
    assert lost == [(CONTRACTOR, PointsReason.SILENCE, -3)]
    assert at_night.points == ()
    assert [one.state for one in at_night.offers] == [OfferState.EXPIRED]
    # Whoever still has time keeps it.
    assert (early.offers, early.points) == ((), ())
    assert early.order.search.live() == order.search.live()


def test_search_that_gives_up_lets_all_money_go() -> None:
    order = cancelling.withdrew(booked_order(), "ill", NOW).order

    assert handover.gave_up(order, NOW).money is MoneyAction.RELEASE


def test_who_withdrew_in_any_earlier_round_is_never_asked_again() -> None:
    order = cancelling.withdrew(booked_order(visit_at=NOW + HOUR), "ill", NOW).order
    order = searching.assigned(order, RIVAL, NOW).order
    again = cancelling.withdrew(order, "ill", order.visit_at or NOW).order

    assert again.search.excluded == (CONTRACTOR, RIVAL)
    assert again.compensation_kopecks == 480_00  # 10 % of 2 400 ₽, twice


def test_overtaken_wave_does_not_take_the_order_from_whom_support_gave_it_to() -> None:
    order = searching.assigned(searching_order(Service.REPAIR_PUMP), CONTRACTOR, NOW).order
    sent = tuple(Offer(who, 1, NOW, NOW + HOUR) for who in (CONTRACTOR, RIVAL))

    change = searching.overtaken(order, sent)

    assert [one.contractor_id for one in change.offers] == [RIVAL]
    mine = change.order.search.of(CONTRACTOR)
    assert mine is not None
    assert mine.state is OfferState.WON
