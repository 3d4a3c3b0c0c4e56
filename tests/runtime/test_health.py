"""Health, readiness and metrics of a process, asked over HTTP."""

from __future__ import annotations

import asyncio

import httpx

from runtime.health import HealthServer
from runtime.metrics import ORDERS


async def ready() -> bool:
    return True


async def broken() -> bool:
    raise ConnectionError("no database")


async def stuck() -> bool:
    await asyncio.sleep(60)
    return True


async def test_a_ready_process_says_so() -> None:
    async with HealthServer(0, {"database": ready}) as server, httpx.AsyncClient() as http:
        base = f"http://127.0.0.1:{server.port}"

        assert (await http.get(f"{base}/healthz")).json() == {"status": "ok"}
        answer = await http.get(f"{base}/readyz")

        assert (answer.status_code, answer.json()) == (200, {"database": True})


async def test_a_failing_or_hanging_check_is_not_ready_but_alive() -> None:
    checks = {"database": ready, "temporal": broken, "inbox": stuck}
    async with HealthServer(0, checks) as server, httpx.AsyncClient() as http:
        base = f"http://127.0.0.1:{server.port}"
        answer = await http.get(f"{base}/readyz")

        assert answer.status_code == 503
        said = answer.json()
        missing = said.pop("missing_seconds")
        assert said == {"database": True, "temporal": False, "inbox": False}
        assert missing == {"temporal": 0.0, "inbox": 0.0}
        assert (await http.get(f"{base}/healthz")).status_code == 200


async def test_metrics_carry_the_names_that_dashboards_read() -> None:
    ORDERS.labels(service="repair", state="new").inc()
    async with HealthServer(0, {}) as server, httpx.AsyncClient() as http:
        text = (await http.get(f"http://127.0.0.1:{server.port}/metrics")).text

    assert 'orders_total{service="repair",state="new"}' in text
    for name in ("order_distribution_seconds", "outbox_pending", "inbox_pending", "updates_total"):
        assert f"# TYPE {name}" in text


async def test_metrics_can_be_switched_off_and_other_paths_do_not_exist() -> None:
    async with HealthServer(0, {}, metrics=False) as server, httpx.AsyncClient() as http:
        base = f"http://127.0.0.1:{server.port}"

        assert (await http.get(f"{base}/metrics")).status_code == 404
        assert (await http.get(f"{base}/console")).status_code == 404
        assert (await http.post(f"{base}/healthz")).status_code == 405


async def test_garbage_and_silence_do_not_stop_the_server() -> None:
    async with HealthServer(0, {}) as server, httpx.AsyncClient() as http:
        silent = await asyncio.open_connection("127.0.0.1", server.port)
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"\x00\xff\r\n" + b"x" * 20_000)
        await writer.drain()
        writer.close()
        answer = await http.get(f"http://127.0.0.1:{server.port}/healthz")
        silent[1].close()

    assert answer.status_code == 200
