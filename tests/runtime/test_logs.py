"""One line per event, with the order's id, without secrets, from structlog and from libraries."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Literal

import httpx
import pytest
import structlog

from runtime.logs import configure_logs, get_logger, order_context

CANARIES = {
    "token": "123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc",
    "phone": "+79261234567",
    "email": "canary@example.ru",
    "address": "Лесная улица, дом 5",
    "name": "Канарейкин Пётр",
    "inn": "7707083893",
    "point": "55.755831",
}
Configure = Callable[[Literal["console", "json"]], io.StringIO]


@pytest.fixture
def configure() -> Iterator[Configure]:
    """Configure logs into a text that the test reads; everything is put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level

    def start(log_format: Literal["console", "json"]) -> io.StringIO:
        stream = io.StringIO()
        configure_logs("worker", log_format, stream=stream)
        return stream

    yield start
    root.handlers = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def log_every_canary() -> None:
    log = get_logger("bot.inbox")
    library = logging.getLogger("some.library")
    with order_context("order-canary"):
        log.info("update stored", **CANARIES)
        log.warning("nested", update={"message": {"from": CANARIES, "text": CANARIES["name"]}})
        library.warning("calling https://api.telegram.org/bot%s/getMe", CANARIES["token"])
        library.error("row %s %s", CANARIES["phone"], CANARIES["email"], extra={"inner": CANARIES})
        try:
            raise ConnectionError(f"{CANARIES['phone']} {CANARIES['inn']} at {CANARIES['point']}")
        except ConnectionError:
            log.exception("failed")
            library.exception("failed too")
            logging.getLogger("asyncio").exception("Task exception was never retrieved")


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_no_canary_reaches_a_log_line(
    log_format: Literal["console", "json"], configure: Configure
) -> None:
    stream = configure(log_format)

    log_every_canary()

    written = stream.getvalue()
    assert written.count("order-canary") == 7
    for canary in CANARIES.values():
        assert canary not in written


def test_a_json_line_is_ecs_with_our_fields_under_our_name(configure: Configure) -> None:
    stream = configure("json")

    with order_context("0193"):
        get_logger("worker").warning("offer sent", offer=2, contractor="C-17")

    (line,) = lines(stream)
    assert line["message"] == "offer sent"
    assert line["log.level"] == "warning"
    assert line["service"] == {"name": "drillflow-worker"}
    assert line["drillflow"] == {"order_id": "0193", "offer": 2, "contractor": "C-17"}
    assert line["@timestamp"].endswith("Z")
    assert line["ecs.version"]


def test_an_exception_is_a_stack_trace_of_the_line(configure: Configure) -> None:
    stream = configure("json")

    try:
        raise ValueError("broken pump")
    except ValueError:
        get_logger("worker").exception("failed")

    (line,) = lines(stream)
    assert "ValueError: broken pump" in line["error"]["stack_trace"]


def test_the_order_is_named_after_its_workflow(configure: Configure) -> None:
    stream = configure("json")

    logging.getLogger("temporalio.workflow").info(
        "searching",
        extra={"temporal_workflow": {"workflow_id": "order-0193", "attempt": 1, "namespace": "n"}},
    )

    (line,) = lines(stream)
    assert line["drillflow"] == {"order_id": "0193", "workflow_id": "order-0193", "attempt": 1}


async def test_the_line_that_httpx_writes_per_call_is_not_written(configure: Configure) -> None:
    stream = configure("console")
    transport = httpx.MockTransport(lambda _: httpx.Response(200))

    async with httpx.AsyncClient(transport=transport) as http:
        await http.get(f"https://api.telegram.org/bot{CANARIES['token']}/getMe")

    assert stream.getvalue() == ""


def test_warnings_of_libraries_become_log_lines(configure: Configure) -> None:
    stream = configure("console")

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn(f"odd number {CANARIES['phone']}", stacklevel=1)

    assert "odd number [phone]" in stream.getvalue()
