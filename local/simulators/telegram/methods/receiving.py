"""Methods by which a bot receives updates: long polling or a webhook, never both."""

from __future__ import annotations

import asyncio
import re
import time
from urllib.parse import urlsplit

from local.simulators.telegram.errors import TERMINATED, Refusal, bad
from local.simulators.telegram.parameters import Answer, Method, kinds_of, method
from local.simulators.telegram.shapes import Json, present
from local.simulators.telegram.stand import Stand

LONGEST_POLL_SECONDS = 50
SECRET = re.compile(r"^[A-Za-z0-9_-]{1,256}$")
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
WEBHOOK_ACTIVE = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the"
    " webhook first"
)


async def get_updates(stand: Stand, params: Json) -> list[Json]:
    """Confirm what lies below the offset and wait up to 50 seconds for more."""
    if stand.database.setting("webhook"):
        raise Refusal(409, WEBHOOK_ACTIVE)
    offset, limit = params.get("offset", 0), min(max(params.get("limit", 100), 1), 100)
    if "allowed_updates" in params:
        stand.database.keep("allowed_updates", params["allowed_updates"])
    if offset > 0:
        stand.updates.confirm_before(offset)
    elif offset < 0:
        stand.updates.drop_pending(keep_last=-offset)
    stand.newest_poll += 1
    wakeup = asyncio.Event()
    stand.wake()
    stand.wake_polls.add(wakeup)
    try:
        return await _wait(stand, wakeup, params.get("timeout", 0), offset, limit)
    finally:
        stand.wake_polls.discard(wakeup)


async def _wait(
    stand: Stand, wakeup: asyncio.Event, timeout_seconds: int, offset: int, limit: int
) -> list[Json]:
    mine = stand.newest_poll
    patience = min(max(timeout_seconds, 0), LONGEST_POLL_SECONDS)
    deadline, ends = time.monotonic() + patience, stand.clock.now() + patience
    while True:
        if stand.newest_poll != mine:
            raise Refusal(409, TERMINATED)
        if stand.database.setting("webhook"):
            raise Refusal(409, "terminated by setWebhook request")
        found = stand.updates.due(offset, limit)
        # No poll outlasts a week that the clock was moved by.
        left = min(deadline - time.monotonic(), ends - stand.clock.now())
        if found or left <= 0:
            return [delivery.body for delivery in found]
        wakeup.clear()
        try:
            # Looks again now and then: held-back updates become due without a wake-up.
            await asyncio.wait_for(wakeup.wait(), min(left, 0.2))
        except TimeoutError:
            continue


def set_webhook(stand: Stand, params: Json) -> Answer:
    """Choose where updates are posted to; an empty url means none."""
    url = params.get("url", "")
    if not url:
        return delete_webhook(stand, params)
    _check_webhook(params, url)
    webhook = present(
        url=url,
        secret_token=params.get("secret_token"),
        max_connections=min(max(params.get("max_connections", 40), 1), 100),
    )
    if params.get("drop_pending_updates"):
        stand.updates.drop_pending()
    if "allowed_updates" in params:
        stand.database.keep("allowed_updates", params["allowed_updates"])
    is_same = stand.database.setting("webhook") == webhook
    stand.database.keep("webhook", webhook)
    stand.wake()
    return Answer(True, "Webhook is already set" if is_same else "Webhook was set")


def _check_webhook(params: Json, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if parts.hostname not in LOOPBACK:
        # The other bound of the stand: what people type here never leaves this machine.
        raise bad("bad webhook: this stand posts to its own machine only")
    secret = params.get("secret_token")
    if secret is not None and not SECRET.match(secret):
        raise bad("secret token contains unallowed characters")


def delete_webhook(stand: Stand, params: Json) -> Answer:
    """Post updates nowhere; they wait for getUpdates."""
    had = stand.database.setting("webhook")
    if params.get("drop_pending_updates"):
        stand.updates.drop_pending()
    stand.database.keep("webhook", None)
    stand.database.keep("webhook_error", None)
    stand.wake()
    return Answer(True, "Webhook was deleted" if had else "Webhook is already deleted")


def get_webhook_info(stand: Stand, _params: Json) -> Json:
    """Return the webhook's state and the last failure."""
    webhook = stand.database.setting("webhook") or {}
    failure = stand.database.setting("webhook_error") or {}
    return present(
        url=webhook.get("url", ""),
        has_custom_certificate=False,
        pending_update_count=stand.updates.pending_count(),
        max_connections=webhook.get("max_connections"),
        last_error_date=failure.get("date"),
        last_error_message=failure.get("message"),
        allowed_updates=stand.database.setting("allowed_updates") or None,
    )


METHODS: list[Method] = [
    Method(
        "getUpdates",
        kinds_of("offset:int limit:int timeout:int allowed_updates:json"),
        patient_act=get_updates,
    ),
    method(
        "setWebhook",
        "url:str certificate:file ip_address:str max_connections:int allowed_updates:json"
        " drop_pending_updates:bool secret_token:str",
        set_webhook,
    ),
    method("deleteWebhook", "drop_pending_updates:bool", delete_webhook),
    method("getWebhookInfo", "", get_webhook_info),
]
