"""Night on people's own clocks: nobody is woken, and waiting time stands still."""

import hashlib
from datetime import datetime, timedelta

from rules.policy import Policy

WAKING_JITTER_SECONDS = 600


def is_night(now: datetime, utc_offset_minutes: int, policy: Policy) -> bool:
    """Whether it is night (22:00-07:00 by default) in a zone; equal hours switch night off."""
    begins, ends = policy.night_from_hour, policy.night_to_hour
    hour = (now + timedelta(minutes=utc_offset_minutes)).hour
    if begins <= ends:
        return begins <= hour < ends
    return hour >= begins or hour < ends


def morning(now: datetime, utc_offset_minutes: int, policy: Policy) -> datetime:
    """The end of the night that `now` lies in, or of the next one."""
    return _next_hour(now, utc_offset_minutes, policy.night_to_hour)


def evening(now: datetime, utc_offset_minutes: int, policy: Policy) -> datetime:
    """When the next night begins."""
    return _next_hour(now, utc_offset_minutes, policy.night_from_hour)


def _next_hour(now: datetime, utc_offset_minutes: int, hour: int) -> datetime:
    offset = timedelta(minutes=utc_offset_minutes)
    local = now + offset
    at = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    if at <= local:
        at += timedelta(days=1)
    return at - offset


def after_waking(
    start: datetime, seconds: float, utc_offset_minutes: int, policy: Policy
) -> datetime:
    """`seconds` of working time after `start`: nights in the zone do not count."""
    if policy.night_from_hour == policy.night_to_hour:
        return start + timedelta(seconds=seconds)
    left = timedelta(seconds=seconds)
    now = start
    if is_night(now, utc_offset_minutes, policy):
        now = morning(now, utc_offset_minutes, policy)
    while (dusk := evening(now, utc_offset_minutes, policy)) - now < left:
        left -= dusk - now
        now = morning(dusk, utc_offset_minutes, policy)
    return now + left


def waking_time(at: datetime, order_id: str) -> datetime:
    """`at` and up to ten minutes, by the order: a town's orders do not all wake at once."""
    digest = hashlib.sha256(f"waking:{order_id}".encode()).digest()
    return at + timedelta(seconds=int.from_bytes(digest[:8], "big") % WAKING_JITTER_SECONDS)
