"""Quotes: totals, bounds, the stop depth, who may quote, what a choice does to an order."""

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest

from rules import cancelling, choosing, metres, quoting, searching
from rules.catalog import Estimate, Service
from rules.changes import MoneyAction
from rules.errors import (
    BadInput,
    MetresUnknown,
    OfferUnknown,
    PriceAboveQuote,
    QuoteGone,
    QuotesFull,
    RuleViolation,
    TransitionRefused,
)
from rules.orders import Offer, OfferState, Order, OrderState, Role, Search
from rules.quotes import (
    INCLUSIONS,
    ITEMS,
    Offered,
    QuoteLine,
    Quotes,
    QuoteState,
    Unit,
    check,
    price_bound,
    stop_depth_m,
    total,
)
from tests.orders import NOW, new_order

WELL, SEPTIC = Service.DRILLING_WELL, Service.SEWAGE_INSTALL
TODAY = NOW.date()
START = TODAY + timedelta(days=14)
METRES = QuoteLine("drilling", Unit.METRE, 3_000_00, 30, 60)
CASING = QuoteLine("casing", Unit.METRE, 500_00, 30, 60)
DELIVERY = QuoteLine("delivery", Unit.JOB, 10_000_00)
GOOD = Offered((METRES, CASING, DELIVERY), ("casing_new",), START, 60)


def asked_order(*contractors: int) -> Order:
    """A project order with live invitations."""
    order = searching.placed(replace(new_order(WELL), quotes=Quotes()), NOW).order
    until = NOW + timedelta(hours=12)
    sent = tuple(Offer(one, 1, until, until) for one in contractors)
    return quoting.invited(order, sent)


def quoted_order(*contractors: int) -> Order:
    """Everybody who was asked has quoted, each one dearer than the one before."""
    order = asked_order(*contractors)
    for place, one in enumerate(contractors):
        line = replace(METRES, unit_kopecks=3_000_00 + place * 1_000_00)
        order = quoting.quoted(order, one, replace(GOOD, lines=(line,)), NOW).order
    return order


def working_order() -> Order:
    """The dearer of two quotes, 30 to 60 metres at 4 000, is being worked."""
    chosen = choosing.chosen(quoted_order(1, 2), 2, NOW).order
    return replace(chosen, state=OrderState.IN_PROGRESS, prepaid=True)


@pytest.mark.parametrize(
    ("lines", "low", "high"),
    [
        ((METRES,), 90_000, 180_000),
        ((METRES, CASING), 105_000, 210_000),
        ((METRES, CASING, DELIVERY), 115_000, 220_000),
        ((DELIVERY,), 10_000, 10_000),
    ],
)
def test_totals_are_the_sums_of_the_lines(
    lines: tuple[QuoteLine, ...], low: int, high: int
) -> None:
    offered = replace(GOOD, lines=lines)
    assert total(offered) == Estimate(low * 100, high * 100)


BAD = [
    ("no drilling", WELL, replace(GOOD, lines=(DELIVERY,), stop_depth_m=None)),
    ("twice", WELL, replace(GOOD, lines=(METRES, METRES))),
    ("of another service", WELL, replace(GOOD, lines=(METRES, QuoteLine("tank", Unit.JOB, 1)))),
    ("in other units", WELL, replace(GOOD, lines=(replace(METRES, unit=Unit.JOB),))),
    ("for nothing", WELL, replace(GOOD, lines=(replace(METRES, unit_kopecks=0),))),
    ("too dear", WELL, replace(GOOD, lines=(replace(METRES, unit_kopecks=50_001_00),))),
    ("upside down", WELL, replace(GOOD, lines=(replace(METRES, low=61),))),
    ("too deep", WELL, replace(GOOD, lines=(replace(METRES, high=501),), stop_depth_m=501)),
    ("two depths", WELL, replace(GOOD, lines=(METRES, replace(CASING, high=50)))),
    ("many deliveries", WELL, replace(GOOD, lines=(METRES, replace(DELIVERY, high=2)))),
    ("no stop", WELL, replace(GOOD, stop_depth_m=None)),
    ("a deeper stop than priced", WELL, replace(GOOD, stop_depth_m=61)),
    ("unknown inclusion", WELL, replace(GOOD, included=("gold",))),
    ("inclusion twice", WELL, replace(GOOD, included=("filter", "filter"))),
    ("today", WELL, replace(GOOD, start_day=TODAY)),
    ("next year", WELL, replace(GOOD, start_day=TODAY + timedelta(days=121))),
    ("not quoted", Service.REPAIR_PUMP, GOOD),
]


@pytest.mark.parametrize(("service", "offered"), [one[1:] for one in BAD], ids=[b[0] for b in BAD])
def test_an_incomplete_or_boundless_quote_is_refused(service: Service, offered: Offered) -> None:
    check(WELL, GOOD, TODAY)
    with pytest.raises(BadInput):
        check(service, offered, TODAY)


def test_any_quote_within_bounds_has_a_total_between_its_ends() -> None:
    chance = random.Random(5)
    for _ in range(300):
        service = chance.choice((WELL, SEPTIC))
        low = chance.randint(1, 200)
        high = chance.randint(low, 500)
        lines = tuple(
            QuoteLine(item.code, item.unit, chance.randint(max(1, item.least_kopecks), 40_000_00))
            if item.unit is Unit.JOB
            else QuoteLine(item.code, item.unit, chance.randint(300_00, 50_000_00), low, high)
            for item in ITEMS[service]
            if item.required or chance.random() < 0.5
        )
        included = tuple(one for one in INCLUSIONS[service] if chance.random() < 0.5)
        start = TODAY + timedelta(days=chance.randint(1, 120))
        offered = Offered(lines, included, start, high if service is WELL else None)
        check(service, offered, TODAY)
        found = total(offered)
        assert 0 < found.low_kopecks <= found.high_kopecks


def test_who_was_asked_quotes_and_may_change_it_until_it_is_chosen() -> None:
    order = quoted_order(1, 2)
    with pytest.raises(OfferUnknown):
        quoting.quoted(order, 9, GOOD, NOW)
    changed = quoting.quoted(order, 1, GOOD, NOW)
    assert changed.tellings == ()
    quotes = changed.order.quotes
    assert quotes is not None
    assert [one.contractor_id for one in quotes.open()] == [2, 1]
    declined = searching.declined(asked_order(1, 2), 1, "busy", NOW).order
    with pytest.raises(OfferUnknown):
        quoting.quoted(declined, 1, GOOD, NOW)
    full = replace(order, policy=replace(order.policy, quotes_invited=1))
    with pytest.raises(QuotesFull):
        quoting.quoted(full, 1, GOOD, NOW)


def test_no_more_quotes_are_waited_for_after_three_or_when_all_have_answered_or_in_time() -> None:
    order = replace(asked_order(1, 2, 3, 4, 5))
    assert not quoting.enough(order, NOW)
    assert quoting.enough(order, NOW + timedelta(days=6))
    for one in (1, 2):
        order = quoting.quoted(order, one, GOOD, NOW).order
    assert not quoting.enough(order, NOW)
    assert quoting.enough(quoting.quoted(order, 3, GOOD, NOW).order, NOW)
    for one in (3, 4, 5):
        order = searching.declined(order, one, "busy", NOW).order
    assert quoting.enough(order, NOW)
    closed = quoting.quotes_in(order, NOW).order
    assert closed.due_at == NOW + timedelta(hours=72)


def test_silence_costs_points_and_a_late_quote_is_taken_while_the_order_is_open() -> None:
    order = asked_order(1, 2)
    assert quoting.unanswered(order, NOW) is None
    late = NOW + timedelta(hours=13)
    change = quoting.unanswered(order, late)
    assert change is not None
    assert [one.contractor_id for one in change.points] == [1, 2]
    assert quoting.quoted(change.order, 1, GOOD, late).order.version == change.order.version + 1


def test_a_choice_is_an_acceptance_at_the_quoted_price() -> None:
    order = quoting.quotes_in(quoted_order(1, 2, 3), NOW).order
    change = choosing.chosen(order, 2, NOW)
    after = change.order

    assert (change.winner, after.state, after.contractor_id) == (
        2,
        OrderState.AWAITING_PREPAYMENT,
        2,
    )
    # 20 % of 30 metres at 4 000 roubles.
    assert (after.estimate.low_kopecks, after.prepayment_kopecks) == (120_000_00, 24_000_00)
    assert after.visit_at is not None
    assert (after.visit_at + timedelta(hours=3)).date() == START
    states = {one.contractor_id: one.state for one in change.offers}
    assert states == {1: OfferState.LOST, 2: OfferState.WON, 3: OfferState.LOST}
    refused = choosing.choice_refused(after, 2, NOW)
    assert refused is not None
    assert (refused.order.state, refused.order.prepayment_kopecks) == (
        OrderState.SEARCHING,
        18_000_00,
    )
    with pytest.raises(QuoteGone):
        choosing.chosen(refused.order, 2, NOW)
    assert choosing.chosen(refused.order, 3, NOW).winner == 3


def test_a_quote_that_is_gone_or_too_old_is_not_chosen() -> None:
    order = quoted_order(1, 2)
    withdrawn = quoting.quote_withdrawn(order, 1, NOW).order
    with pytest.raises(QuoteGone):
        choosing.chosen(withdrawn, 1, NOW)
    with pytest.raises(QuoteGone):
        quoting.quote_withdrawn(withdrawn, 1, NOW)
    with pytest.raises(QuoteGone):
        choosing.chosen(order, 2, NOW + timedelta(days=14))
    # Its price holds for three weeks, however far ahead the start is.
    later = replace(GOOD, start_day=TODAY + timedelta(days=60))
    far = quoting.quoted(asked_order(1), 1, later, NOW).order
    assert choosing.chosen(far, 1, NOW + timedelta(days=21)).winner == 1
    with pytest.raises(QuoteGone):
        choosing.chosen(far, 1, NOW + timedelta(days=21, seconds=1))


def test_more_time_is_given_once_and_the_end_without_a_choice_takes_no_money() -> None:
    order = quoting.quotes_in(quoted_order(1, 2), NOW).order
    assert choosing.next_reminder(order) == NOW + timedelta(hours=36)
    longer = choosing.choice_extended(order, NOW + timedelta(hours=60)).order
    assert longer.due_at == NOW + timedelta(hours=144)
    with pytest.raises(TransitionRefused):
        choosing.choice_extended(longer, NOW)
    ended = choosing.lapsed(longer, NOW)
    assert (ended.order.state, ended.order.reason) == (OrderState.NO_CONTRACTOR, "not_chosen")
    assert [one.contractor_id for one in ended.tellings if one.contractor_id] == [1, 2]


def test_only_agreed_metres_move_the_stop_depth_and_the_price() -> None:
    order, chance = working_order(), random.Random(6)
    depth, bound = 60, 240_000_00
    for _ in range(40):
        many, each = chance.randint(1, 100), chance.randint(300_00, 90_000_00)
        order = metres.metres_asked(order, many, each, NOW).order
        with pytest.raises(MetresUnknown):
            metres.metres_asked(order, 1, each, NOW)
        agrees = chance.random() < 0.5
        order = metres.metres_answered(order, agrees=agrees, now=NOW).order
        depth, bound = depth + many * agrees, bound + many * each * agrees
        assert order.quotes is not None
        assert (stop_depth_m(order.quotes), price_bound(order.quotes)) == (depth, bound)
    metres.check_final(order, bound)
    metres.check_final(order, None)
    with pytest.raises(PriceAboveQuote):
        metres.check_final(order, bound + 1)
    with pytest.raises(MetresUnknown):
        metres.metres_answered(order, agrees=True, now=NOW)


@pytest.mark.parametrize(("many", "each"), [(0, 3_000_00), (101, 3_000_00), (5, 299_99), (5, -1)])
def test_boundless_metres_are_refused(many: int, each: int) -> None:
    with pytest.raises(BadInput):
        metres.metres_asked(working_order(), many, each, NOW)


def test_an_order_without_quotes_knows_no_stop_depth() -> None:
    order = replace(working_order(), quotes=None)
    with pytest.raises(RuleViolation):
        metres.metres_asked(order, 5, 3_000_00, NOW)
    metres.check_final(order, 10**12)


def test_a_replacement_who_had_quoted_less_works_at_his_quote_and_the_money_stays() -> None:
    again = Search(2, excluded=(2,))
    paid = replace(working_order(), state=OrderState.SEARCHING, contractor_id=None, search=again)
    assert choosing.asked_first(paid) == (1,)
    won = searching.accepted(
        replace(paid, search=replace(paid.search, offers=(Offer(1, 1, NOW, NOW),))), 1, NOW
    )
    after = choosing.at_his_quote(won, 1).order
    assert (after.estimate.high_kopecks, after.prepayment_kopecks) == (180_000_00, 24_000_00)
    assert after.quotes is not None
    assert after.quotes.chosen is not None
    assert after.quotes.chosen.contractor_id == 1
    assert choosing.at_his_quote(won, 9) == won


def test_support_gives_an_order_at_a_quote_or_at_the_price_of_the_catalogue() -> None:
    order = quoted_order(1, 2)
    at_quote = choosing.assigned(order, 2, NOW)
    assert (at_quote.by, at_quote.order.estimate.low_kopecks) == (Role.SUPPORT, 120_000_00)
    by_hand = choosing.assigned(order, 9, NOW)
    assert by_hand.order.estimate == order.estimate
    assert [one.contractor_id for one in by_hand.tellings if one.notice.value[:6] == "quote_"] == [
        1,
        2,
    ]
    assert by_hand.order.quotes is not None
    assert by_hand.order.quotes.open() == ()


def test_an_unpaid_contractor_who_leaves_takes_his_price_with_him() -> None:
    order = choosing.chosen(quoted_order(1, 2), 2, NOW).order
    left = choosing.after_withdrawal(cancelling.withdrew(order, "ill", NOW), NOW)
    assert left.money is MoneyAction.RELEASE
    assert (left.order.prepayment_kopecks, left.order.due_at) == (
        18_000_00,
        NOW + timedelta(hours=72),
    )
    assert left.order.quotes is not None
    assert [one.contractor_id for one in left.order.quotes.open()] == [1]
    paid = choosing.after_withdrawal(
        cancelling.withdrew(replace(order, prepaid=True), "ill", NOW), NOW
    )
    assert (paid.money, paid.order.estimate) == (MoneyAction.NONE, order.estimate)


def test_start_days_are_those_of_the_place() -> None:
    order = quoted_order(1)
    quotes = order.quotes
    assert quotes is not None
    assert quotes.all[0].state is QuoteState.OPEN
    assert choosing.start_of(order, quotes.all[0]).isoformat() == "2026-06-15T06:00:00+00:00"
    assert date(2026, 6, 15) == START
