"""An outage of the payment service: few ask, nobody is forgotten, the oldest goes first."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError

from models.database import Database
from rules import outage
from rules.payments import AttemptState, Op
from tests.activities.conftest import Books
from tests.activities.till import Till, gateway
from tests.factories import placed
from tests.simulators.yookassa.harness import Simulator

pytestmark = pytest.mark.money


async def _tries(till: Till, op: Op = Op.CREATE) -> ApplicationError:
    with pytest.raises(ApplicationError) as failed:
        await till.run(op)
    return failed.value


async def _let_it_go_down(till: Till) -> None:
    till.fault("create", "http_500", count=outage.FAILURES_TO_OPEN)
    for _ in range(outage.FAILURES_TO_OPEN):
        await _tries(till)


async def test_after_five_failures_one_asks_each_minute_and_the_others_wait(
    till: Till, books: Books
) -> None:
    await _let_it_go_down(till)

    turned_away = await _tries(till)

    assert turned_away.type == "Waits"
    assert turned_away.next_retry_delay is not None
    assert timedelta() < turned_away.next_retry_delay <= outage.PROBE_AFTER
    assert await books.value("SELECT sends FROM payment_operations") == outage.FAILURES_TO_OPEN
    assert await books.value("SELECT money->'confirming' FROM orders")
    till.now += outage.PROBE_AFTER
    assert (await till.run(Op.CREATE)).state is AttemptState.PENDING
    assert await books.value("SELECT weather FROM provider_health") == "draining"


async def test_a_probe_that_fails_keeps_the_others_waiting(till: Till) -> None:
    await _let_it_go_down(till)
    till.fault("create", "http_500")
    till.now += outage.PROBE_AFTER

    assert (await _tries(till)).type == "Unknown"
    assert (await _tries(till)).type == "Waits"


async def test_of_many_who_could_probe_one_does(till: Till) -> None:
    await _let_it_go_down(till)
    till.fault("create", "http_500", count=9)
    till.now += outage.PROBE_AFTER

    failures = await asyncio.gather(*(_tries(till) for _ in range(3)))

    assert sorted(str(one.type) for one in failures) == ["Unknown", "Waits", "Waits"]


async def test_who_has_waited_longest_goes_first_and_new_payments_go_last(
    database: Database, simulator: Simulator, books: Books
) -> None:
    tills = [
        Till(database, simulator, await placed(database), gateway(simulator))
        for _ in range(outage.DRAIN_AT_ONCE + 2)
    ]
    await tills[0].held()
    await _let_it_go_down(tills[1])
    for number, till in enumerate(tills[1:]):
        till.now += timedelta(seconds=number)
        assert (await _tries(till)).type == "Waits"
    tills[0].now += timedelta(seconds=30)
    assert (await _tries(tills[0], Op.CAPTURE)).type == "Waits"
    for till in tills:
        till.now += outage.PROBE_AFTER

    assert (await tills[0].run(Op.CAPTURE)).state is AttemptState.CAPTURED
    newest = await _tries(tills[-1])
    assert newest.type == "Waits"
    for till in tills[1:]:
        assert (await till.run(Op.CREATE)).state is AttemptState.PENDING
    assert await books.value("SELECT count(*) FROM payment_operations WHERE status = 'done'") == 7


async def test_a_look_waits_for_its_turn_as_well(till: Till) -> None:
    await till.run(Op.CREATE)
    till.fault("get", "http_500", count=outage.FAILURES_TO_OPEN)
    for _ in range(outage.FAILURES_TO_OPEN):
        await _tries(till, Op.GET)

    assert (await _tries(till, Op.GET)).type == "Waits"
    till.now += outage.PROBE_AFTER
    assert (await till.run(Op.GET)).state is AttemptState.PENDING


async def test_in_fair_weather_an_operation_writes_no_row_about_it(
    till: Till, books: Books
) -> None:
    await till.captured()
    await till.refund(till.kopecks)

    rows = await books.rows("SELECT weather, failures FROM provider_health")
    assert rows in ([], [{"weather": "fair", "failures": 0}])
    assert await books.value("SELECT count(asked_at) FROM payment_operations") == 0
