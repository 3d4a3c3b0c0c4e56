"""The slot that an offer states: hours for urgent jobs, half-days and days for the others."""

from datetime import UTC, date, datetime, timedelta

import pytest

from rules.catalog import DETAILS, Service
from rules.errors import BadInput
from rules.policy import POLICY_V1
from rules.slots import offered_visit
from tests.orders import new_order


@pytest.mark.parametrize(
    ("service", "now", "wish", "visit"),
    [
        # Tver is UTC+3.
        (Service.SEWAGE_OVERFLOW, (6, 1, 9, 0), None, (6, 1, 12, 0)),
        (Service.REPAIR_PUMP, (6, 1, 4, 0), None, (6, 2, 6, 0)),  # next morning, 9:00 local
        (Service.REPAIR_PUMP, (6, 1, 9, 0), None, (6, 2, 11, 0)),  # next afternoon, 14:00
        (Service.REPAIR_PUMP, (6, 1, 11, 0), None, (6, 2, 11, 0)),  # at 14:00 sharp
        # The wished day has begun too early: its morning would leave no time to prepare.
        (Service.REPAIR_PUMP, (6, 1, 9, 0), date(2026, 6, 2), (6, 2, 11, 0)),
        (Service.REPAIR_PUMP, (6, 1, 15, 0), None, (6, 3, 6, 0)),  # the morning after
        (Service.REPAIR_PUMP, (6, 1, 9, 0), date(2026, 6, 10), (6, 10, 6, 0)),
        (Service.DRILLING_WELL, (6, 1, 9, 0), None, (6, 9, 6, 0)),
        (Service.DRILLING_WELL, (6, 1, 9, 0), date(2026, 6, 3), (6, 9, 6, 0)),  # too soon a wish
    ],
)
def test_visit_is_the_next_possible_slot(
    service: Service,
    now: tuple[int, int, int, int],
    wish: date | None,
    visit: tuple[int, int, int, int],
) -> None:
    order = new_order(service, wish_day=wish)

    found = offered_visit(order, datetime(2026, *now, tzinfo=UTC))

    assert found == datetime(2026, *visit, tzinfo=UTC)


@pytest.mark.parametrize("service", Service)
def test_every_service_has_a_tariff_for_each_answer(service: Service) -> None:
    for detail in DETAILS[service]:
        estimate = POLICY_V1.estimate(service, detail)
        assert 0 < estimate.low_kopecks < estimate.high_kopecks
    with pytest.raises(BadInput):
        POLICY_V1.estimate(service, "depth_100000")


@pytest.mark.parametrize("service", Service)
def test_slot_is_never_in_the_past(service: Service) -> None:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    for hour in range(0, 48, 5):
        now = start + timedelta(hours=hour)
        assert offered_visit(new_order(service), now) > now
