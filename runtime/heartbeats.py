"""Heartbeats from outside of a blocking activity, so that a killed worker is missed in seconds."""

import asyncio
from typing import Any

from temporalio.worker import (
    ActivityInboundInterceptor,
    ActivityOutboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)
from typing_extensions import override

BEAT_SECONDS = 1.5


class Heartbeats(Interceptor):
    """Lets every activity of a worker beat while it runs; a heartbeat timeout does the rest."""

    @override
    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Beating(next)


class _Beating(ActivityInboundInterceptor):
    _outbound: ActivityOutboundInterceptor

    @override
    def init(self, outbound: ActivityOutboundInterceptor) -> None:
        # Kept because `activity.heartbeat` of a blocking activity may not be called on the loop.
        self._outbound = outbound
        super().init(outbound)

    @override
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        beating = asyncio.create_task(self._beat())
        try:
            return await super().execute_activity(input)
        finally:
            beating.cancel()

    async def _beat(self) -> None:
        while True:
            self._outbound.heartbeat()
            await asyncio.sleep(BEAT_SECONDS)
