"""The refund table: who ends an order, when, and what each side has in the end, in roubles.

Read a line as a sentence: "A client cancels a planned repair one hour before the visit, having
prepaid 2 400 ₽; the contractor proves costs of 900 ₽: 1 680 ₽ go back to the client, 720 ₽ to
the contractor, nothing to the platform." Nothing here is computed by the rules it checks.

The prepayment is 1 000 ₽ for the urgent job, 2 400 ₽ for the planned one, 18 000 ₽ for the project.
What goes back, what the contractor gets and what the platform keeps always add up to it. A
compensation comes on top: the client is credited it and the contractor owes it.
"""

from datetime import timedelta

import pytest

from rules import cancelling, claims, working
from rules.catalog import Service
from rules.changes import Change
from rules.orders import ClaimItem, Order, OrderState, Role
from tests.orders import NOW, accepted_order, booked_order, completed_order

URGENT = Service.SEWAGE_OVERFLOW  # somebody comes within three hours
PLANNED = Service.REPAIR_PUMP  # a visit on an agreed half day
PROJECT = Service.DRILLING_WELL  # works of several days
PREPAID = {URGENT: 1_000, PLANNED: 2_400, PROJECT: 18_000}

CLIENT, CONTRACTOR, SUPPORT, NOBODY_CAME, NOBODY = (
    "client",
    "contractor",
    "support",
    "nobody came",
    "nobody: the work is done",
)
BEFORE_PAYMENT = "before the prepayment"
ON_THE_WAY = "crew on the way"
AT_WORK = "work has begun"
WORK_DONE = "work is done"
SILENT = None  # the contractor says nothing for a day, or that he had no costs

# who ends it, when, job, costs proven by the contractor
#                                                   -> client, contractor, platform, compensation
TABLE = [
    # Before the prepayment nothing moves, whoever leaves.
    (CLIENT, BEFORE_PAYMENT, URGENT, SILENT, 0, 0, 0, 0),
    (CONTRACTOR, BEFORE_PAYMENT, PLANNED, SILENT, 0, 0, 0, 0),
    (SUPPORT, BEFORE_PAYMENT, PROJECT, SILENT, 0, 0, 0, 0),
    # The work is done and accepted: a quarter is the platform's, the rest the contractor's.
    (NOBODY, WORK_DONE, URGENT, SILENT, 0, 750, 250, 0),
    (NOBODY, WORK_DONE, PLANNED, SILENT, 0, 1_800, 600, 0),
    (NOBODY, WORK_DONE, PROJECT, SILENT, 0, 13_500, 4_500, 0),
    # A client leaves an urgent job: free for five minutes after booking, then proven costs up to
    # half of the prepayment.
    (CLIENT, "4 minutes after booking", URGENT, 900, 1_000, 0, 0, 0),
    (CLIENT, "6 minutes after booking", URGENT, 300, 700, 300, 0, 0),
    (CLIENT, "6 minutes after booking", URGENT, 900, 500, 500, 0, 0),
    (CLIENT, "6 minutes after booking", URGENT, SILENT, 1_000, 0, 0, 0),
    (CLIENT, ON_THE_WAY, URGENT, 900, 500, 500, 0, 0),
    # A client leaves a planned job: free until a day before, then up to 10 %, from two hours
    # before (or with the crew on the way) up to 30 %.
    (CLIENT, "72 hours before", PLANNED, 900, 2_400, 0, 0, 0),
    (CLIENT, "24 hours before", PLANNED, 900, 2_400, 0, 0, 0),
    (CLIENT, "23 hours before", PLANNED, 900, 2_160, 240, 0, 0),
    (CLIENT, "23 hours before", PLANNED, 100, 2_300, 100, 0, 0),
    (CLIENT, "2 hours before", PLANNED, 900, 2_160, 240, 0, 0),
    (CLIENT, "1 hour before", PLANNED, 900, 1_680, 720, 0, 0),
    (CLIENT, "1 hour before", PLANNED, SILENT, 2_400, 0, 0, 0),
    (CLIENT, ON_THE_WAY, PLANNED, 900, 1_680, 720, 0, 0),
    # A client leaves a project: free until three days before, then up to 20 %, from a day before
    # up to 30 %.
    (CLIENT, "168 hours before", PROJECT, 9_000, 18_000, 0, 0, 0),
    (CLIENT, "72 hours before", PROJECT, 9_000, 18_000, 0, 0, 0),
    (CLIENT, "71 hours before", PROJECT, 9_000, 14_400, 3_600, 0, 0),
    (CLIENT, "24 hours before", PROJECT, 9_000, 14_400, 3_600, 0, 0),
    (CLIENT, "23 hours before", PROJECT, 9_000, 12_600, 5_400, 0, 0),
    (CLIENT, "23 hours before", PROJECT, 2_000, 16_000, 2_000, 0, 0),
    (CLIENT, ON_THE_WAY, PROJECT, SILENT, 18_000, 0, 0, 0),
    # A client leaves when work has begun: the proven costs, up to the whole prepayment.
    (CLIENT, AT_WORK, URGENT, 5_000, 0, 1_000, 0, 0),
    (CLIENT, AT_WORK, PLANNED, 1_500, 900, 1_500, 0, 0),
    (CLIENT, AT_WORK, PROJECT, SILENT, 18_000, 0, 0, 0),
    # Support ends an order: nothing of it is the client's fault.
    (SUPPORT, "1 hour before", PLANNED, 900, 2_400, 0, 0, 0),
    (SUPPORT, ON_THE_WAY, URGENT, 900, 1_000, 0, 0, 0),
    (SUPPORT, AT_WORK, PROJECT, 9_000, 18_000, 0, 0, 0),
    # The contractor leaves after the prepayment and the client does not want another one: all of
    # it goes back, and from two days before the visit 5 %, from one day before 10 % on top.
    (CONTRACTOR, "49 hours before", PLANNED, SILENT, 2_400, 0, 0, 0),
    (CONTRACTOR, "47 hours before", PLANNED, SILENT, 2_400, 0, 0, 120),
    (CONTRACTOR, "23 hours before", PLANNED, SILENT, 2_400, 0, 0, 240),
    (CONTRACTOR, "30 hours before", PROJECT, SILENT, 18_000, 0, 0, 900),
    (CONTRACTOR, "2 hours before", URGENT, SILENT, 1_000, 0, 0, 100),
    (CONTRACTOR, AT_WORK, PLANNED, SILENT, 2_400, 0, 0, 240),
    # Nobody came: all of it goes back, and a fifth on top, from 300 ₽ to 3 000 ₽.
    (NOBODY_CAME, "30 hours after", URGENT, SILENT, 1_000, 0, 0, 300),
    (NOBODY_CAME, "30 hours after", PLANNED, SILENT, 2_400, 0, 0, 480),
    (NOBODY_CAME, "30 hours after", PROJECT, SILENT, 18_000, 0, 0, 3_000),
]


def _case(row: tuple[object, ...]) -> str:
    who, when, service, costs = row[:4]
    proven = f", {costs} ₽ proven" if costs else ""
    return f"{who}, {when}, {getattr(service, 'value', '')}{proven}"


@pytest.mark.parametrize("row", TABLE, ids=_case)
def test_the_refund_table(row: tuple[str, str, Service, int | None, int, int, int, int]) -> None:
    who, when, service, costs, *expected = row

    changes = _ended(_order(when, service), who, costs)

    assert _outcome(changes) == expected
    if when != BEFORE_PAYMENT:
        assert sum(expected[:3]) == PREPAID[service]


def _order(when: str, service: Service) -> Order:
    """The order at the moment of which the line speaks (NOW)."""
    if when == BEFORE_PAYMENT:
        return accepted_order(service)
    if when == WORK_DONE:
        return completed_order(service)
    long_ago, tomorrow = NOW - timedelta(hours=10), NOW + timedelta(hours=20)
    if when == ON_THE_WAY:
        return booked_order(service, visit_at=tomorrow, booked_at=long_ago, set_off_at=NOW)
    if when == AT_WORK:
        visit = NOW - timedelta(hours=1)
        return booked_order(
            service, visit_at=visit, booked_at=long_ago, state=OrderState.IN_PROGRESS
        )
    number, unit, direction = when.split()[:3]
    span = timedelta(**{f"{unit.removesuffix('s')}s": int(number)})
    if direction == "after" and "minute" in unit:
        return booked_order(service, visit_at=NOW + timedelta(hours=2), booked_at=NOW - span)
    visit = NOW + span if direction == "before" else NOW - span
    return booked_order(service, visit_at=visit, booked_at=min(long_ago, visit - 2 * span))


def _ended(order: Order, who: str, costs: int | None) -> list[Change]:
    """Everything that is decided until the books are closed."""
    if who == NOBODY:
        return [working.settle_and_close(order, NOW)]
    changes = []
    if who == CONTRACTOR:
        changes.append(cancelling.withdrew(order, "ill", NOW))
    elif who == NOBODY_CAME:
        changes.append(cancelling.no_show(order, NOW))
    left = changes[-1].order if changes else order
    by = Role.SUPPORT if who == SUPPORT else Role.CLIENT
    changes.append(cancelling.cancelled(left, by, "other", NOW))
    claim = changes[-1].order.claim
    if claim is not None:
        cancelled = changes[-1].order
        if costs is None:
            changes.append(claims.waived(cancelled, Role.SYSTEM, NOW))
        else:
            # More than the cap cannot be claimed, whatever was spent.
            asked = min(costs * 100, claim.cap_kopecks)
            made = claims.claimed(cancelled, (ClaimItem("travel", asked),), NOW).order
            changes.append(claims.decided(made, Role.CLIENT, None, NOW))
    changes.append(working.settle_and_close(changes[-1].order, NOW))
    return changes


def _outcome(changes: list[Change]) -> list[int]:
    """Roubles: back to the client, to the contractor, to the platform, compensation."""
    lines = [line for one in changes for journal in one.journals for line in journal.entries]

    def credited(ending: str) -> int:
        return sum(one.credit_kopecks for one in lines if one.account.endswith(ending)) // 100

    order = changes[-1].order
    owed = sum(one.debit_kopecks for one in lines if one.account.endswith(":receivable")) // 100
    assert owed == credited(":credit") == order.compensation_kopecks // 100
    return [order.refund_kopecks // 100, credited(":payable"), credited("fee:platform"), owed]
