"""What an order leaves in Temporal, as text to search in and as figures to count."""

import base64
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory

_PREFIX = "EVENT_TYPE_"
# Each of these is billed once; an activity by attempt, a timer when it starts.
_ACTIONS = {
    "WORKFLOW_EXECUTION_STARTED",
    "ACTIVITY_TASK_STARTED",
    "TIMER_STARTED",
    "WORKFLOW_EXECUTION_SIGNALED",
    "WORKFLOW_EXECUTION_UPDATE_ACCEPTED",
    "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES",
}
# What moving a test's clock leaves behind; no order in service has them.
_OF_THE_TEST = {
    "WORKFLOW_EXECUTION_OPTIONS_UPDATED",
    "WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED",
}


def payloads(found: Any) -> Iterator[str]:
    """Every payload of a history as JSON, decoded."""
    if isinstance(found, dict):
        if isinstance(found.get("data"), str) and "metadata" in found:
            yield base64.b64decode(found["data"]).decode()
        for one in found.values():
            yield from payloads(one)
    elif isinstance(found, list):
        for one in found:
            yield from payloads(one)


def as_text(history: WorkflowHistory) -> str:
    """Everything a history holds, as it is stored and decoded."""
    raw = history.to_json_dict()
    decoded = [*payloads(raw)]
    plain = [json.dumps(json.loads(one), ensure_ascii=False) for one in decoded if one]
    return "\n".join([json.dumps(raw, ensure_ascii=False), *decoded, *plain])


@dataclass(frozen=True)
class Bill:
    """What one order costs at the server."""

    events: int
    activities: int
    actions: int
    kinds: Counter[str]


def bill(history: WorkflowHistory) -> Bill:
    """Count as the server's operator is billed: start, attempts, timers, messages, upserts."""
    names = [EventType.Name(one.event_type).removeprefix(_PREFIX) for one in history.events]
    kinds = Counter(name for name in names if name not in _OF_THE_TEST)
    return Bill(
        events=kinds.total(),
        activities=kinds["ACTIVITY_TASK_SCHEDULED"],
        actions=sum(kinds[name] for name in _ACTIONS),
        kinds=kinds,
    )
