"""Posting updates to the bot's webhook: ordered per queue, repeated until the bot says 200."""

from __future__ import annotations

import asyncio
import contextlib
import time

import httpx

from local.simulators.telegram.bot_api import call_in_answer
from local.simulators.telegram.shapes import Json
from local.simulators.telegram.stand import Stand
from local.simulators.telegram.updates import Delivery

ANSWER_SECONDS = 60.0
# A webhook that answers 410 for so long is taken off.
GONE_SECONDS = 23 * 3600.0
LOOK_AGAIN_SECONDS = 1.0


class WebhookPump:
    """Runs while the simulator runs; all its state is in the file."""

    def __init__(self, stand: Stand) -> None:
        """Deliver for this stand."""
        self._stand = stand
        self._busy: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Post what is due, forever."""
        # The environment's proxies must not see what stays on this machine.
        async with httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as client:
            try:
                while True:
                    self._stand.wake_delivery.clear()
                    wait = self._start_due(client)
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._stand.wake_delivery.wait(), wait)
            finally:
                for task in self._busy.values():
                    task.cancel()
                await asyncio.gather(*self._busy.values(), return_exceptions=True)

    def _start_due(self, client: httpx.AsyncClient) -> float:
        """Start one post per free queue and return the seconds until the next one is due."""
        webhook = self._stand.database.setting("webhook")
        if not webhook:
            return LOOK_AGAIN_SECONDS
        now, next_in = time.time(), LOOK_AGAIN_SECONDS
        for head in self._stand.updates.heads(self._busy):
            if len(self._busy) >= webhook["max_connections"]:
                continue
            if head.not_before > now:
                next_in = min(next_in, head.not_before - now)
                continue
            task = asyncio.create_task(self._post(client, webhook, head))
            self._busy[head.queue] = task
        return max(next_in, 0.001)

    async def _post(self, client: httpx.AsyncClient, webhook: Json, head: Delivery) -> None:
        headers = {}
        if "secret_token" in webhook:
            headers["X-Telegram-Bot-Api-Secret-Token"] = webhook["secret_token"]
        try:
            answer = await client.post(webhook["url"], json=head.body, headers=headers)
        except httpx.HTTPError as error:
            self._failed(head, f"Connection failed: {type(error).__name__}", None)
        else:
            self._note_gone(answer.status_code == httpx.codes.GONE)
            if answer.is_success and self._stand.updates.is_unheard(head):
                self._failed(head, "Read timeout expired", None)
            elif answer.is_success:
                self._stand.updates.record(head.id, state="delivered")
                await call_in_answer(self._stand, answer.content)
            else:
                reason = f"Wrong response from the webhook: {answer.status_code}"
                wait = answer.headers.get("Retry-After", "")
                self._failed(
                    head,
                    f"{reason} {answer.reason_phrase}",
                    min(float(wait), 3600.0) if wait.isdigit() else None,
                )
        finally:
            self._busy.pop(head.queue, None)
            self._stand.wake_delivery.set()

    def _note_gone(self, is_gone: bool) -> None:
        database, now = self._stand.database, self._stand.clock.now()
        since = database.setting("webhook_gone_since")
        if is_gone and since is not None and now - since > GONE_SECONDS:
            database.keep("webhook", None)
            since = None
        if is_gone != (since is not None):
            database.keep("webhook_gone_since", now if is_gone else None)

    def _failed(self, head: Delivery, error: str, retry_after_seconds: float | None) -> None:
        rules = self._stand.updates.rules
        doubled = rules.retry_first_seconds * 2 ** min(head.attempts, 20)
        wait = min(rules.retry_longest_seconds, doubled)
        if retry_after_seconds is not None:
            wait = retry_after_seconds
        failure = {"date": int(self._stand.clock.now()), "message": error}
        self._stand.database.keep("webhook_error", failure)
        self._stand.updates.record(head.id, state="pending", error=error, retry_in_seconds=wait)
