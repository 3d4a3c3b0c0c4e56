import io
import logging
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from api.deps import Limits, Site
from api.limiter import KEYS_MAX, Limiter
from rules.errors import BY_NAME
from runtime.logs import configure_logs
from tests.api.stage import HOOK_SECRET, PHONES_URL, TOKENS, Stage, refusal, stage
from tests.api.test_orders import is_problem


@pytest.fixture
def log() -> Any:
    """What a process would log, as JSON lines."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure_logs("api", "json", stream=stream)
    yield stream
    root.handlers, root.level = before, level


async def test_a_host_that_is_not_ours_is_refused(api: Stage) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "", "@evil"):
        answer = await api.http.get("/healthz", headers={"Host": host})
        is_problem(answer, 400, "UnknownHost")
    for host in ("localhost:9999", "127.0.0.1", "[::1]:1"):
        assert (await api.http.get("/healthz", headers={"Host": host})).status_code == 200


async def test_errors_of_the_framework_are_problems_too(api: Stage) -> None:
    is_problem(await api.http.get("/nowhere"), 404, "NotFound")
    wrong = await api.http.put("/api/v1/orders", headers=api.as_caller())
    is_problem(wrong, 405, "MethodNotAllowed")
    assert set(wrong.headers["Allow"].split(", ")) <= {"GET", "POST"}
    is_problem(await api.http.get("/webhooks/telegram"), 405, "MethodNotAllowed")


async def test_bodies_are_bounded_whatever_they_claim(api: Stage) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1_000):
            yield b"x" * 1_000

    for path in ("/api/v1/orders", "/webhooks/yookassa", f"/o/{'x' * 40}"):
        headers = api.as_caller()
        told = await api.http.post(path, content=b"x" * 70_000, headers=headers)
        is_problem(told, 413, "ContentTooLarge")
        is_problem(
            await api.http.post(path, content=endless(), headers=headers), 413, "ContentTooLarge"
        )
    for length in ("-1", "1e3", "9" * 40):
        answer = await api.http.post(
            "/webhooks/yookassa", content=b"{}", headers={"Content-Length": length}
        )
        assert answer.status_code in (400, 413)


async def test_every_answer_carries_the_safe_headers(api: Stage) -> None:
    for path in ("/healthz", "/nowhere", "/docs", f"/o/{'x' * 40}", "/api/v1/orders"):
        headers = (await api.http.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert len(headers["x-request-id"]) == 32


async def test_a_fault_tells_nothing_and_is_logged_with_its_request(
    api: Stage, log: io.StringIO
) -> None:
    api.orders.refusal = ZeroDivisionError("at 8 926 123-45-67")

    answer = await api.place()

    body = is_problem(answer, 500, "InternalServerError")
    assert "926" not in answer.text
    assert "ZeroDivisionError" not in answer.text
    assert body["instance"].removeprefix("urn:request:") in log.getvalue()
    assert "926" not in log.getvalue()


async def test_nothing_personal_and_no_secret_is_logged(api: Stage, log: io.StringIO) -> None:
    placed = (await api.place()).json()
    await api.http.get(placed["page_url"])
    await api.http.post(placed["page_url"], data={"action": "slot_no", "version": "1"})
    api.orders.refusal = refusal("OrderClosed")
    await api.http.post(placed["page_url"], data={"action": "slot_no", "version": "1"})
    update = {"update_id": 1, "message": {"text": "позвоните 89261234567"}}
    for secret in (HOOK_SECRET, "guess"):
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
        await api.http.post("/webhooks/telegram", json=update, headers=headers)

    lines = log.getvalue()
    assert placed["id"] in lines
    secrets = (*TOKENS.values(), HOOK_SECRET, "guess", placed["page_url"].rpartition("/")[2])
    for word in (*secrets, "9261234567", "Анна", "Садовая", "собака"):
        assert word not in lines


async def test_who_asks_too_often_has_to_wait(database_url: str) -> None:
    few = Limits(api=(3, 0.01), page=(3, 0.01), hook=(3, 0.01), bad_secret=(2, 0.01))
    async with stage(database_url, limits=few) as api:
        for path in ("/api/v1/orders", f"/o/{'x' * 40}", "/webhooks/yookassa"):
            answers = [await api.http.get(path) for _ in range(4)]
            assert answers[-1].status_code == 429, path
            assert int(answers[-1].headers["Retry-After"]) > 0
        assert (await api.http.get("/healthz")).status_code == 200


async def test_guessing_tokens_ends_soon(database_url: str) -> None:
    async with stage(database_url, limits=Limits(bad_secret=(3, 0.001))) as api:
        bad = {"Authorization": "Bearer guess"}
        statuses = [
            (await api.http.get("/api/v1/orders", headers=bad)).status_code for _ in range(5)
        ]
        assert statuses == [401, 401, 401, 429, 429]


def test_buckets_refill_and_are_forgotten() -> None:
    now = [0.0]
    limiter = Limiter(2, 1.0, lambda: now[0])
    assert [limiter.allows("a") for _ in range(3)] == [True, True, False]
    now[0] = 1.0
    assert limiter.has_room("a")
    assert [limiter.allows("a") for _ in range(2)] == [True, False]
    for number in range(KEYS_MAX + 1):
        limiter.allows(str(number))
    assert limiter.allows("a")


# --- probes and pages -------------------------------------------------------------------------


async def test_readiness_names_what_is_missing(database_url: str) -> None:
    async def well() -> bool:
        return True

    async def broken() -> bool:
        raise OSError

    async with stage(database_url, checks={"database": well, "temporal": broken}) as api:
        answer = await api.http.get("/readyz")
        said = {"database": True, "temporal": False, "missing_seconds": {"temporal": 0.0}}
        assert (answer.status_code, answer.json()) == (503, said)
        assert (await api.http.get("/healthz")).status_code == 200


async def test_metrics_count_orders_by_state_and_routes_by_pattern(api: Stage) -> None:
    order_id = (await api.place()).json()["id"]
    await api.http.get(f"/api/v1/orders/{order_id}", headers=api.as_caller())
    secret = uuid4().hex
    await api.http.get(f"/o/{secret}")

    lines = (await api.http.get("/metrics")).text

    assert 'orders_in_state{state="searching"} 1.0' in lines
    assert 'orders_in_state{state="completed"} 0.0' in lines
    assert 'route="/api/v1/orders/{order_id}"' in lines
    assert "# TYPE orders_total counter" in lines
    assert "# TYPE order_distribution_seconds histogram" in lines
    assert order_id not in lines
    assert secret not in lines


async def test_the_local_phones_are_the_simulators(database_url: str) -> None:
    async with stage(database_url) as api:
        assert (await api.http.get("/local/phones")).headers["location"] == PHONES_URL
    async with stage(database_url, site=Site("http://127.0.0.1:8000")) as api:
        assert (await api.http.get("/local/phones")).status_code == 404


async def test_the_description_is_complete_and_loads_nothing_from_elsewhere(api: Stage) -> None:
    spec = (await api.http.get("/openapi.json")).json()
    docs = await api.http.get("/docs")

    assert set(spec["paths"]) >= {
        "/api/v1/orders",
        "/api/v1/orders/{order_id}",
        "/api/v1/orders/{order_id}/events",
        "/api/v1/orders/{order_id}/cancel",
        "/api/v1/orders/{order_id}/pay",
    }
    for methods in spec["paths"].values():
        for one in methods.values():
            assert one["security"] == [{"HTTPBearer": []}]
    assert docs.status_code == 200
    for path in spec["paths"]:
        assert path in docs.text
    assert "://" not in docs.text


@pytest.mark.parametrize("name", sorted(BY_NAME))
async def test_every_refusal_has_its_title_and_status(api: Stage, name: str) -> None:
    api.orders.refusal = refusal(name)

    answer = await api.place()

    body = is_problem(answer, BY_NAME[name].http_status, name)
    assert body["title"] != body["title_ru"]
    assert body["detail"]


async def test_an_unknown_fault_of_the_client_library_is_a_503(api: Stage) -> None:
    api.orders.refusal = RuntimeError("Failed client connect: nobody listens")

    is_problem(await api.place(), 503, "Unavailable")
