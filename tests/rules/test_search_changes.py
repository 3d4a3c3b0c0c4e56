"""What support and the client may change while somebody is looked for: radius and price."""

import pytest

from rules import cancelling, searching
from rules.catalog import Estimate, Service
from rules.changes import Notice
from rules.errors import BadInput, ProposalUnknown
from rules.orders import Order
from rules.search_changes import price_answered, price_proposed, radius_widened, slept
from tests.orders import CONTRACTOR, NOW, RIVAL, booked_order, searching_order

SUPPORT = 1
# 12 000 to 45 000 roubles, of which 2 400 are prepaid.
OLD, HIGHER = (12_000_00, 45_000_00), (15_000_00, 60_000_00)


def looking() -> Order:
    """A search in which two were asked."""
    return searching_order(Service.REPAIR_PUMP, CONTRACTOR, RIVAL)


@pytest.mark.parametrize(
    "price",
    [
        OLD,
        (11_000_00, 60_000_00),
        (15_000_00, 44_000_00),
        (61_000_00, 60_000_00),
        (15_000_00, 5 * 45_000_00 + 1),
    ],
    ids=["the same", "a lower low", "a lower high", "upside down", "out of proportion"],
)
def test_a_price_is_only_raised_and_within_reason(price: tuple[int, int]) -> None:
    with pytest.raises(BadInput):
        price_proposed(looking(), price, SUPPORT, NOW)


def test_an_agreed_price_makes_a_new_round_and_a_fifth_of_it_is_to_be_paid() -> None:
    proposed = price_proposed(looking(), HIGHER, SUPPORT, NOW)
    assert proposed.order.estimate == Estimate(*OLD), "nothing changes before the client's word"

    agreed = price_answered(proposed.order, agrees=True, now=NOW)

    assert agreed.order.estimate == Estimate(*HIGHER)
    assert agreed.order.prepayment_kopecks == 3_000_00
    assert agreed.order.search.round == 2
    assert [one.contractor_id for one in agreed.offers] == [CONTRACTOR, RIVAL]


def test_a_refused_price_leaves_everything_as_it_was() -> None:
    proposed = price_proposed(looking(), HIGHER, SUPPORT, NOW).order

    refused = price_answered(proposed, agrees=False, now=NOW)

    assert refused.order.estimate == Estimate(*OLD)
    assert refused.order.search == looking().search
    assert [one.notice for one in refused.tellings] == [Notice.PRICE_REFUSED]
    with pytest.raises(ProposalUnknown):
        price_answered(refused.order, agrees=True, now=NOW)


def test_a_prepayment_that_was_made_is_not_asked_for_again() -> None:
    paid = cancelling.withdrew(booked_order(), "ill", NOW).order

    proposed = price_proposed(paid, HIGHER, SUPPORT, NOW).order

    assert price_answered(proposed, agrees=True, now=NOW).order.prepayment_kopecks == 2_400_00


@pytest.mark.parametrize(("extra_km", "fits"), [(0, False), (1, True), (100, True), (101, False)])
def test_the_radius_is_widened_by_one_to_a_hundred_kilometres(extra_km: int, fits: bool) -> None:
    if fits:
        assert radius_widened(looking(), extra_km, SUPPORT, NOW).order.search.extra_km == extra_km
        return
    with pytest.raises(BadInput):
        radius_widened(looking(), extra_km, SUPPORT, NOW)


def test_a_pause_for_the_night_forgets_the_empty_queries() -> None:
    once = searching.wave_sent(looking(), ())
    assert once.search.empty_queries == 1

    assert slept(once, NOW).search.empty_queries == 0
