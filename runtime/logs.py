"""Structured logs of every process: readable on a console, ECS JSON for a log store."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, Literal, TextIO

import ecs_logging
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger
from temporalio import activity, workflow

from runtime.scrub import scrub

ORDER_KEY = "drillflow.order_id"
_ORDER_WORKFLOW_PREFIX = "order-"
# These log one line per call, with the bot's token in the address.
_QUIET = ("httpx", "httpcore", "telegram", "apscheduler", "uvicorn.access", "asyncio")
_ECS_KEYS = {"event", "message", "exception", "stack", "ecs.version", "@timestamp", "labels"}
_ECS_GROUPS = ("log.", "error.", "process.", "service.", "trace.", "http.", "url.", "drillflow.")
_TEMPORAL_FIELDS = ("workflow_id", "workflow_type", "activity_type", "attempt")


def configure_logs(
    process: str,
    log_format: Literal["console", "json"],
    *,
    level: str = "info",
    stream: TextIO | None = None,
) -> None:
    """Send structlog and every stdlib logger through one scrubbing handler; may be called again.

    Args:
        process: The name of this process in every line: `api`, `bot`, `worker`, `local`.
        log_format: `console` for people, `json` for Elastic.
        level: The lowest level that is written.
        stream: Where lines go; standard error by default.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _lift_temporal_fields,
        _scrub_event,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *_renderers(process, log_format, stream or sys.stderr),
        ],
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    _tame_libraries()


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return a structlog logger; log an event name and ids as fields, never a person's words."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


@contextmanager
def order_context(order_id: object) -> Iterator[None]:
    """Put the order's id into every line logged inside."""
    with structlog.contextvars.bound_contextvars(**{ORDER_KEY: str(order_id)}):
        yield


def _tame_libraries() -> None:
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    # The ids come as fields; appended to the message as well they would only hide it.
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False
    logging.captureWarnings(True)


def _renderers(process: str, log_format: str, stream: TextIO) -> list[Processor]:
    if log_format == "json":
        name = f"drillflow-{process}"

        to_json = ecs_logging.StructlogFormatter(ensure_ascii=False)

        def to_ecs(_logger: WrappedLogger, method: str, event: EventDict) -> str:
            return to_json(None, method, _as_ecs(event, name))

        return [to_ecs]
    console = structlog.dev.ConsoleRenderer(
        colors=stream.isatty(),
        exception_formatter=structlog.dev.plain_traceback,
        pad_event_to=0,
    )
    return [console]


def _as_ecs(event: EventDict, service: str) -> dict[str, Any]:
    """Move our own fields under `drillflow.`, so that Elastic keeps one type per name."""
    ecs: dict[str, Any] = {
        "@timestamp": event.pop("timestamp", None),
        "log.level": event.pop("level", "info"),
        "log.logger": event.pop("logger", None),
        "service.name": service,
    }
    for key, value in event.items():
        ours = key not in _ECS_KEYS and not key.startswith(_ECS_GROUPS)
        ecs[f"drillflow.{key}" if ours else key] = value
    return {key: value for key, value in ecs.items() if value is not None}


def _lift_temporal_fields(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Turn the SDK's nested fields into ours and name the order after its workflow."""
    for key in [key for key in event if key.startswith("__temporal")]:
        del event[key]
    if activity.in_activity():
        event.setdefault("workflow_id", activity.info().workflow_id)
        event.setdefault("activity_type", activity.info().activity_type)
    for group in ("temporal_workflow", "temporal_activity"):
        fields: MutableMapping[str, Any] | object = event.pop(group, None)
        if isinstance(fields, MutableMapping):
            event.update({name: fields[name] for name in _TEMPORAL_FIELDS if name in fields})
    workflow_id = event.get("workflow_id")
    if isinstance(workflow_id, str) and workflow_id.startswith(_ORDER_WORKFLOW_PREFIX):
        event.setdefault(ORDER_KEY, workflow_id.removeprefix(_ORDER_WORKFLOW_PREFIX))
    return event


def _scrub_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    # structlog keeps its own bookkeeping under names that begin with an underscore.
    return {
        key: value if key.startswith("_") else scrub(value, key) for key, value in event.items()
    }
