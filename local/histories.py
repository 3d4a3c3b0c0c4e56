"""Recorded histories: what is kept of them, and the command that records them anew."""

import base64
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory

from local.children import StartFailed

ROOT = Path(__file__).resolve().parent.parent
REPLAY_DIR = ROOT / "tests" / "replay"
RECORDER = REPLAY_DIR / "record.py"
# Replay asks for none of these; they name one machine or only cost space. What was asked of an
# activity is not compared either: its answer is what the workflow went on with.
_LEFT_OUT = frozenset(
    {
        "binaryChecksum", "firstExecutionRunId", "historySizeBytes", "identity",
        "meteringMetadata", "requestId", "stackTrace", "taskId", "workerVersion",
    }
)  # fmt: skip
_LOCAL_PAGE = re.compile(rb"http://127\.0\.0\.1:\d+")
_ANY_PAGE = b"https://pay.example"


def written_down(history: WorkflowHistory) -> str:
    """The history as JSON, without anything of the machine it was recorded on."""
    found: dict[str, Any] = _neutral(history.to_json_dict())
    return json.dumps({"workflow_id": history.workflow_id, **found}, separators=(",", ":")) + "\n"


def read_history(file: Path) -> WorkflowHistory:
    """A history that `written_down` has written."""
    found = json.loads(file.read_text())
    workflow_id = found.pop("workflow_id")
    return WorkflowHistory.from_json(workflow_id, found)


def _neutral(value: Any) -> Any:
    if isinstance(value, list):
        return [_neutral(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _neutral(one) for key, one in value.items() if key not in _LEFT_OUT}
    if "activityType" in kept:
        kept.pop("input", None)
    if isinstance(kept.get("data"), str) and "metadata" in kept:
        content = base64.b64decode(kept["data"])
        kept["data"] = base64.b64encode(_LOCAL_PAGE.sub(_ANY_PAGE, content)).decode()
    return kept


def record() -> int:
    """Play every path on services of its own and write the files; the recorder's exit code.

    Raises:
        StartFailed: There are no tests beside this package.
    """
    if not RECORDER.exists():
        raise StartFailed("Histories are recorded in a checkout with its tests.")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(RECORDER)],
        check=False,
        cwd=ROOT,
    )
    for file in sorted(REPLAY_DIR.glob("*.json")):
        size = file.stat().st_size // 1024
        print(f"{file.stem:<40} {len(read_history(file).events):>4} events {size:>4} kB")
    return done.returncode
