"""Money's table: who cancels, when, which job class, and what each side gets, in roubles."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.cancelling import cancelled, no_show, withdrew
from rules.catalog import Estimate, Service
from rules.changes import MoneyAction
from rules.money import cancellation_terms, claim_caps, percent_of, prepayment, shares
from rules.orders import Order, OrderState, Role
from rules.policy import POLICY_V1
from rules.views import cap_at
from rules.working import settle_and_close
from tests.orders import (
    NOW,
    accepted_order,
    booked_order,
    completed_order,
    done_order,
    searching_order,
    started_order,
)

HOUR = timedelta(hours=1)
SEPTIC = Service.SEWAGE_OVERFLOW  # urgent, low estimate 5 000 ₽, prepayment 1 000 ₽
PUMP = Service.REPAIR_PUMP  # service, low estimate 12 000 ₽, prepayment 2 400 ₽
WELL = Service.DRILLING_WELL  # project, low estimate 90 000 ₽, prepayment 18 000 ₽


@dataclass(frozen=True)
class Row:
    """One line of the table; amounts in whole roubles."""

    case: str
    service: Service
    by: Role
    hours_before_visit: float
    refund_now: int
    claim_cap: int
    minutes_after_booking: float = 600.0
    on_the_way: bool = False
    state: OrderState = OrderState.BOOKED


CLIENT, SUPPORT = Role.CLIENT, Role.SUPPORT
TABLE = [
    # A client leaves an urgent job: free for five minutes after the booking, then at most half.
    Row("urgent, 4 minutes after booking", SEPTIC, CLIENT, 2.9, 1_000, 0, 4),
    Row("urgent, exactly 5 minutes after", SEPTIC, CLIENT, 2.9, 500, 500, 5),
    Row("urgent, an hour before arrival", SEPTIC, CLIENT, 1, 500, 500, 120),
    Row("urgent, on the way", SEPTIC, CLIENT, 1, 500, 500, 1, on_the_way=True),
    # A planned service: free until 24 hours before, then at most 10 %, then 30 %.
    Row("service, 3 days before", PUMP, CLIENT, 72, 2_400, 0),
    Row("service, exactly 24 hours before", PUMP, CLIENT, 24, 2_400, 0),
    Row("service, 23 hours before", PUMP, CLIENT, 23, 2_160, 240),
    Row("service, exactly 2 hours before", PUMP, CLIENT, 2, 2_160, 240),
    Row("service, an hour before", PUMP, CLIENT, 1, 1_680, 720),
    Row("service, on the way", PUMP, CLIENT, 20, 1_680, 720, on_the_way=True),
    # A project: free until 72 hours before, then at most 20 %, then 30 %.
    Row("project, a week before", WELL, CLIENT, 168, 18_000, 0),
    Row("project, exactly 72 hours before", WELL, CLIENT, 72, 18_000, 0),
    Row("project, 71 hours before", WELL, CLIENT, 71, 14_400, 3_600),
    Row("project, exactly 24 hours before", WELL, CLIENT, 24, 14_400, 3_600),
    Row("project, 23 hours before", WELL, CLIENT, 23, 12_600, 5_400),
    Row("project, on the way", WELL, CLIENT, 100, 12_600, 5_400, on_the_way=True),
    # Work has begun: the whole prepayment may be proven costs.
    Row("urgent, work begun", SEPTIC, CLIENT, -1, 0, 1_000, state=OrderState.IN_PROGRESS),
    Row("service, work begun", PUMP, CLIENT, -1, 0, 2_400, state=OrderState.IN_PROGRESS),
    Row("project, work begun", WELL, CLIENT, -1, 0, 18_000, state=OrderState.IN_PROGRESS),
    Row("project, work done", WELL, CLIENT, -9, 0, 18_000, state=OrderState.AWAITING_ACCEPTANCE),
    # Support ends an order: nothing of it is the client's fault.
    Row("urgent, by support on the way", SEPTIC, SUPPORT, 1, 1_000, 0, on_the_way=True),
    Row("service, by support an hour before", PUMP, SUPPORT, 1, 2_400, 0),
    Row("project, by support, work begun", WELL, SUPPORT, -1, 18_000, 0,
        state=OrderState.IN_PROGRESS),
]  # fmt: skip


def _order_of(row: Row) -> Order:
    booked_at = NOW - timedelta(minutes=row.minutes_after_booking)
    return booked_order(
        row.service,
        visit_at=NOW + row.hours_before_visit * HOUR,
        booked_at=booked_at,
        set_off_at=NOW if row.on_the_way else None,
        state=row.state,
    )


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.case)
def test_refund_table_says_what_goes_back_and_what_may_be_claimed(row: Row) -> None:
    terms = cancellation_terms(_order_of(row), row.by, NOW)

    assert terms.refund_now_kopecks == row.refund_now * 100
    assert terms.claim_cap_kopecks == row.claim_cap * 100


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.case)
def test_every_kopeck_of_the_prepayment_is_refunded_or_claimable(row: Row) -> None:
    order = _order_of(row)
    change = cancelled(order, row.by, "other", NOW)

    cap = change.order.claim.cap_kopecks if change.order.claim else 0
    assert change.order.refund_kopecks + cap == order.prepayment_kopecks
    assert change.order.state is OrderState.CANCELLED


@pytest.mark.parametrize(
    ("service", "hours", "compensation"),
    [
        (PUMP, 49, 0),
        (PUMP, 48, 0),
        (PUMP, 47, 120),  # 5 % of 2 400 ₽
        (PUMP, 24, 120),
        (PUMP, 23, 240),  # 10 %
        (WELL, 30, 900),
        (WELL, 1, 1_800),
        (SEPTIC, 2, 100),
    ],
)
def test_contractor_withdraws_and_client_is_credited(
    service: Service, hours: int, compensation: int
) -> None:
    order = booked_order(service, visit_at=NOW + hours * HOUR)

    change = withdrew(order, "ill", NOW)

    assert change.order.state is OrderState.SEARCHING
    assert change.order.prepaid  # price and money are kept
    assert change.money is MoneyAction.NONE
    assert change.order.compensation_kopecks == compensation * 100
    kinds = sorted(journal.kind for journal in change.journals)
    assert kinds == (["compensated", "penalised"] if compensation else [])


@pytest.mark.parametrize(
    ("service", "compensation"),
    [(SEPTIC, 300), (PUMP, 480), (WELL, 3_000)],  # 20 %, at least 300 ₽, at most 3 000 ₽
)
def test_no_show_costs_a_fifth_within_its_bounds(service: Service, compensation: int) -> None:
    order = booked_order(service, visit_at=NOW - 30 * HOUR)

    assert no_show(order, NOW).order.compensation_kopecks == compensation * 100


def test_before_payment_nothing_moves() -> None:
    for order in (searching_order(PUMP, 17), accepted_order(PUMP)):
        terms = cancellation_terms(order, Role.CLIENT, NOW)
        assert (terms.refund_now_kopecks, terms.claim_cap_kopecks) == (0, 0)


@pytest.mark.parametrize(
    ("low", "expected"),
    [
        (12_000, 2_400),
        (4_000, 800),
        (90_000, 18_000),
        (2_502, 500),  # 500,4 ₽
        (2_503, 501),  # 500,6 ₽
        (1_002.5, 201),  # exactly 200,50 ₽ rounds up
    ],
)
def test_prepayment_is_a_fifth_of_the_low_estimate_in_whole_roubles(
    low: float, expected: int
) -> None:
    estimate = Estimate(int(low * 100), int(low * 300))

    assert prepayment(estimate, POLICY_V1) == expected * 100


def test_platform_keeps_a_quarter_and_the_rest_is_payable() -> None:
    parts = shares(2_400_00, POLICY_V1)

    assert (parts.platform_kopecks, parts.contractor_kopecks) == (600_00, 1_800_00)


@given(kopecks=st.integers(0, 10**12))
def test_shares_add_up_to_the_kopeck(kopecks: int) -> None:
    parts = shares(kopecks, POLICY_V1)

    assert parts.platform_kopecks + parts.contractor_kopecks == kopecks
    assert parts.platform_kopecks >= 0 <= parts.contractor_kopecks


@given(kopecks=st.integers(0, 10**12), percent=st.integers(0, 100))
def test_percentages_stay_within_the_whole(kopecks: int, percent: int) -> None:
    assert 0 <= percent_of(kopecks, percent) <= kopecks


@pytest.mark.parametrize(
    ("kopecks", "percent", "share"), [(1, 49, 0), (1, 50, 1), (149, 25, 37), (150, 25, 38)]
)
def test_share_is_rounded_half_up_to_a_kopeck(kopecks: int, percent: int, share: int) -> None:
    assert percent_of(kopecks, percent) == share


BOOKED_BY_CLIENT = [row for row in TABLE if row.by is CLIENT and row.state is OrderState.BOOKED]


@pytest.mark.parametrize("row", BOOKED_BY_CLIENT, ids=lambda row: row.case)
def test_card_tells_the_same_cost_as_the_policy(row: Row) -> None:
    order = _order_of(row)
    a_moment_later = NOW + timedelta(seconds=1)

    told = cap_at(claim_caps(order), a_moment_later)

    assert told == cancellation_terms(order, CLIENT, a_moment_later).claim_cap_kopecks


def test_settlement_shares_what_is_left() -> None:
    change = settle_and_close(completed_order(WELL), NOW)

    entries = {line.account: line for line in change.journals[0].entries}
    assert entries["fee:platform"].credit_kopecks == 4_500_00
    assert entries["contractor:17:payable"].credit_kopecks == 13_500_00
    assert change.order.money_closed


def test_every_open_state_can_be_cancelled() -> None:
    orders = [
        searching_order(PUMP, 17),
        accepted_order(PUMP),
        booked_order(PUMP),
        started_order(PUMP),
        done_order(PUMP),
    ]
    for order in orders:
        assert cancelled(order, Role.CLIENT, "other", NOW).order.state is OrderState.CANCELLED
