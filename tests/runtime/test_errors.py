"""Sentry gets unexpected failures once, with ids and without anything personal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local.temporal import EmbeddedTemporal
from tests.runtime.reporting_program import CANARIES

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def finished(temporal_server: EmbeddedTemporal) -> subprocess.CompletedProcess[str]:
    """A whole process that failed in every way, against a real Temporal server."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.runtime.reporting_program", temporal_server.address],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def output(finished: subprocess.CompletedProcess[str]) -> str:
    """What that process sent to Sentry."""
    return finished.stdout


@pytest.fixture(scope="module")
def printed(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


@pytest.fixture(scope="module")
def failures(printed: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Every reported exception as (its words, the event)."""
    return [
        (value["value"], event)
        for event in printed
        for value in event.get("exception", {}).get("values", ())
    ]


def test_no_canary_reaches_sentry(output: str) -> None:
    assert "raised fault" in output
    assert "logged fault" in output
    assert "/bot[bot token]" in output
    for canary in CANARIES.values():
        assert canary not in output


def test_its_log_lines_name_the_order_and_hold_no_canary(
    finished: subprocess.CompletedProcess[str],
) -> None:
    lines = [line for line in finished.stderr.splitlines() if "failing soon" in line]

    assert lines
    assert all("drillflow.order_id=reported" in line for line in lines)
    assert "Completing activity as failed" in finished.stderr
    assert "__temporal" not in finished.stderr
    for canary in CANARIES.values():
        assert canary not in finished.stderr


def test_no_local_variable_is_reported(failures: list[tuple[str, dict[str, Any]]]) -> None:
    frames = [
        frame
        for _, event in failures
        for value in event["exception"]["values"]
        for frame in value["stacktrace"]["frames"]
    ]

    assert frames
    assert all("vars" not in frame for frame in frames)


def test_an_activity_reports_its_first_and_tenth_attempt_with_its_order(
    failures: list[tuple[str, dict[str, Any]]],
) -> None:
    tags = [event["tags"] for words, event in failures if words.startswith("activity fault")]

    assert [tag["temporal.activity.attempt"] for tag in tags] == [1, 10]
    assert {tag["temporal.workflow.id"] for tag in tags} == {"order-reported"}
    assert {tag["process"] for tag in tags} == {"worker"}


def test_a_fault_in_a_handler_is_reported_once_although_it_replays(
    printed: list[dict[str, Any]], failures: list[tuple[str, dict[str, Any]]]
) -> None:
    divisions = [event for words, event in failures if "division" in words]

    assert {"answered": "ApplicationError"} in printed
    assert len(divisions) == 1
    assert divisions[0]["tags"]["temporal.workflow.type"] == "FailingWorkflow"


def test_refusals_and_benign_failures_are_never_reported(
    failures: list[tuple[str, dict[str, Any]]],
) -> None:
    words = " ".join(words for words, _ in failures)

    for expected in ("declined", "taken", "not now", "expected fault"):
        assert expected not in words
