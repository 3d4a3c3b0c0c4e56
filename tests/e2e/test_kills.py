"""SIGKILL at the worst moments: nothing is lost, nothing doubled, and the person is told.

Three scripts run side by side on one product, because each spends its time waiting for leases
and restarts: one about money, one about the bot, one about the API and the worker itself.
"""

import os
import signal
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from local.programs import ROOT
from rules.orders import OrderState
from tests.e2e.failpoints import NAMES, arm, fired, settle
from tests.e2e.house import House
from tests.e2e.orders import Order, service, urgent
from tests.e2e.people import eventually
from tests.money import Money

# The three scripts take over a minute on a quiet machine.
pytestmark = pytest.mark.timeout(600)
Scripts = dict[str, Future[Order]]
PRODUCTION = {
    "DRILLFLOW_ENV": "production",
    "DRILLFLOW_PUBLIC_URL": "https://drillflow.example",
    "DRILLFLOW_DATABASE_URL": "postgresql://app:a-long-password@db.example:5432/drillflow",
    "DRILLFLOW_TEMPORAL_ADDRESS": "temporal.example:7233",
    "DRILLFLOW_TELEGRAM_TOKEN": "123456:a-real-token",
    "DRILLFLOW_TELEGRAM_WEBHOOK_SECRET": "a-secret-of-enough-characters",
    "DRILLFLOW_YOOKASSA_SHOP_ID": "100500",
    "DRILLFLOW_YOOKASSA_SECRET_KEY": "live_a-real-key",
    "DRILLFLOW_DATA_KEYS": "k1:" + "A" * 43 + "=",
    "DRILLFLOW_PAYLOAD_CODEC": "on",
    "DRILLFLOW_FAILPOINTS": "payment.create.sent=kill",
}


def _money(house: House) -> Order:
    """The worker dies after each answer of the provider, before our record of it."""
    village = house.village()
    crew = village.crew()
    order = urgent(village)
    crew.press("accept", order.number)
    arm(house, "payment.create.sent")
    page = order.page()
    fired(house, "payment.create.sent")
    arm(house, "api.yookassa.stored")
    house.simulator.sim(f"/pay/{page.rpartition('/')[2]}", method="card")
    arm(house, "payment.capture.sent")
    order.until(OrderState.BOOKED)
    crew.press("set_off", order.number)
    crew.press("start", order.number)
    fired(house, "payment.capture.sent", "api.yookassa.stored")
    order.cancel()
    arm(house, "payment.refund.sent")
    crew.confirm("waive", "sure_waive", order.number)
    fired(house, "payment.refund.sent")
    return order


def _talk(house: House) -> Order:
    """The bot dies after serving an update, and after sending a message, before noting it."""
    village = house.village()
    crew = village.crew()
    order = service(village)
    eventually(lambda: crew.is_offered(f"accept:{order.number}:"), "an offer", crew)
    arm(house, "bot.handled.before_done")
    crew.press("accept", order.number)
    fired(house, "bot.handled.before_done")
    order.until(OrderState.AWAITING_PREPAYMENT)
    arm(house, "bot.sent.before_mark")
    order.cancel()
    fired(house, "bot.sent.before_mark")
    order.until(OrderState.CANCELLED)
    return order


def _work(house: House) -> Order:
    """The API dies after storing an update; the worker dies in the middle of an order."""
    village = house.village()
    crew = village.crew()
    client = village.client()
    arm(house, "api.telegram.stored")
    order = urgent(village, client)
    fired(house, "api.telegram.stored")
    eventually(lambda: crew.is_offered(f"accept:{order.number}:"), "an offer", crew)
    pid = house.program("worker").pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    crew.press("accept", order.number)
    order.until(OrderState.AWAITING_PREPAYMENT)
    order.cancel()
    order.until(OrderState.CANCELLED)
    return order


@pytest.fixture(scope="module")
def killed(fragile_house: House) -> House:
    """The product after all kills; its scripts have ended, well or not."""
    fragile_house.be_kind()
    return fragile_house


@pytest.fixture(scope="module")
def scripts(killed: House) -> Scripts:
    """The orders that lived through it."""
    with ThreadPoolExecutor(3) as pool:
        lived = {one.__name__: pool.submit(one, killed) for one in (_money, _talk, _work)}
    settle(killed)
    return lived


def test_money_moves_once_when_the_worker_dies_after_the_providers_answer(
    killed: House, scripts: Scripts
) -> None:
    order = scripts["_money"].result()

    assert order.closed() == Money(captured=1000_00, refunded=1000_00)
    assert len(order.payments()) == len(order.refunds()) == 1
    sent = order.sends()
    # Each of the three was asked for again, with the same key, and had one effect.
    assert {name: len(keys) for name, keys in sent.items()} == {
        "payments": 2, "capture": 2, "refunds": 2,
    }  # fmt: skip
    assert all(len(set(keys)) == 1 for keys in sent.values())
    kinds = [row["kind"] for row in order.journals()]
    assert sorted(kinds) == [
        "captured", "held", "psp_fee", "refund_requested", "refund_succeeded",
    ]  # fmt: skip
    order.client.sees(f"D-{order.number} · Заказ отменён")


def test_nothing_is_lost_or_doubled_when_the_bot_dies(killed: House, scripts: Scripts) -> None:
    order = scripts["_talk"].result()

    assert order.count("offers", "state = 'won'") == 0
    assert order.count("offers") == 1
    assert order.count("order_events", "event = 'accepted'") == 1
    order.client.sees(f"D-{order.number} · Заказ отменён")
    _everything_is_said(killed)


def test_orders_go_on_when_the_api_or_the_worker_dies(killed: House, scripts: Scripts) -> None:
    order = scripts["_work"].result()

    assert order.count("order_events", "event = 'accepted'") == 1
    order.client.sees(f"D-{order.number} · Заказ отменён")
    _everything_is_said(killed)


@pytest.mark.parametrize("name", NAMES)
def test_the_failpoint_killed_its_process(killed: House, scripts: Scripts, name: str) -> None:
    assert all(one.exception() is None for one in scripts.values())
    process = "worker" if name.startswith("payment") else name.partition(".")[0]
    log = killed.program(process).log_path.read_text()
    assert f"failpoint {name}: kill" in log
    assert (process, "ended with code -9, starting again") in killed.reports


def _everything_is_said(house: House) -> None:
    def said() -> bool:
        waiting = house.value("SELECT count(*) FROM telegram_updates WHERE state = 'new'")
        owed = "SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending')"
        return bool(waiting == 0 and house.value(owed) == 0)

    eventually(said, "everything is served and said")
    assert house.read("SELECT kind, error FROM telegram_updates WHERE state = 'failed'") == []
    late = house.read("SELECT notice, error FROM outbox WHERE state = 'failed'")
    # Of a plain notice nobody knows whether it arrived; it is not said twice.
    assert len(late) <= 1


@pytest.mark.parametrize("command", [["worker.py"], ["-m", "api"], ["-m", "bot"]])
def test_failpoints_are_refused_in_production(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, *command],
        check=False, capture_output=True, text=True, cwd=ROOT, timeout=60,
        env={"PATH": os.environ["PATH"], **PRODUCTION},
    )  # fmt: skip

    assert done.returncode == 2
    assert done.stderr.strip() == (
        "drillflow: bad setting: DRILLFLOW_FAILPOINTS kills processes on purpose;"
        " unset it in production"
    )
