"""What one ordinary order costs at the server: events, activities and billable actions."""

import sys

import pytest

from rules.catalog import Service
from rules.orders import OrderState, Role
from tests.workflows.histories import bill
from tests.workflows.world import Town

EVENTS_MAX, ACTIVITIES_MAX, ACTIONS_MAX = 180, 16, 45


async def test_an_ordinary_order_stays_within_its_budget(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    """One refusal, one acceptance, hold and capture, on the way to done, rated both ways."""
    near, far = await town.contractor(km=1), await town.contractor(km=40)
    order = await town.place(Service.SEWAGE_OVERFLOW)
    assert await order.offered() == [near]
    await order.decline(near)
    assert await order.offered() == [far]
    await order.book(far)
    await order.work(far)
    await order.accept_work()
    await order.rate(Role.CLIENT, order.client_id, 5)
    await order.rate(Role.CONTRACTOR, far, 4)
    await order.advance(days=4)
    assert (await order.closed()).state is OrderState.COMPLETED

    costs = bill(await order.handle.fetch_history())
    kinds = ", ".join(f"{count} {kind.lower()}" for kind, count in costs.kinds.most_common())
    with capsys.disabled():
        sys.stdout.write(
            f"\nOne order: {costs.events} events (at most {EVENTS_MAX}), {costs.activities} "
            f"activities ({ACTIVITIES_MAX}), {costs.actions} billable actions ({ACTIONS_MAX}): "
            f"{kinds}\n"
        )
    assert costs.events <= EVENTS_MAX
    assert costs.activities <= ACTIVITIES_MAX
    assert costs.actions <= ACTIONS_MAX
