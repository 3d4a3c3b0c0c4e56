"""The one way a process ends."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from typing import NoReturn

import sentry_sdk

_SENTRY_SECONDS = 2.0


def hard_exit(code: int) -> NoReturn:
    """Flush logs, Sentry and the standard streams, then end without the interpreter's teardown.

    The Temporal SDK's native threads can abort while Python finalises; there is nothing left
    to finalise once everything is flushed, so that step is left out.
    """
    with suppress(Exception):
        sentry_sdk.flush(timeout=_SENTRY_SECONDS)
    for handler in logging.getLogger().handlers:
        with suppress(Exception):
            handler.flush()
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    os._exit(code)
