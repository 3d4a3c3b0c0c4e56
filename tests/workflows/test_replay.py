"""Recorded orders of every path still run on today's code, and a changed sequence is noticed."""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from temporalio.worker import WorkflowReplayResult
from temporalio.workflow import NondeterminismError

from local.histories import REPLAY_DIR, read_history, replayed
from workflows.runner import WORKFLOWS

RECORDED = sorted(REPLAY_DIR.glob("*.json"))
