"""A plugin of pytest: writes down how each test ended and what was raised, as lines of JSON.

The file is named by DRILLFLOW_VERDICTS. A test that could not even begin has no verdict of its own.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_FILE = Path(os.environ["DRILLFLOW_VERDICTS"])
_TIMEOUT = "Timeout"


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _leaves(one)
    else:
        yield error


def _asserted(error: BaseException) -> bool:
    """An assertion that does not hold, or a refusal that does not come; not a broken import."""
    refused = isinstance(error, pytest.fail.Exception) and not str(error).startswith(_TIMEOUT)
    return isinstance(error, AssertionError) or refused


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    """Note the end of each test, and of preparations that failed."""
    report: pytest.TestReport = yield
    if report.when != "call" and report.passed:
        return report
    error = call.excinfo.value if call.excinfo is not None else None
    said = {
        "test": item.nodeid,
        "passed": report.passed,
        "asserted": report.when == "call"
        and error is not None
        and all(_asserted(one) for one in _leaves(error)),
        "raised": "" if error is None else f"{type(error).__name__}: {error}"[:200],
    }
    with _FILE.open("a", encoding="utf-8") as file:
        file.write(json.dumps(said, ensure_ascii=False) + "\n")
    return report
