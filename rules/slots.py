"""When a visit is: the slot that an offer states."""

from datetime import datetime, time, timedelta

from rules.catalog import JobClass
from rules.errors import BadTime
from rules.limits import RESCHEDULE_DAYS_MAX
from rules.orders import Order

MORNING = time(9)
AFTERNOON = time(14)


def offered_visit(order: Order, now: datetime) -> datetime:
    """The visit's start (UTC) that an offer made at `now` states.

    Urgent: arrival within the promised hours. Otherwise the wished day's morning, or the next
    half-day (service) or start day (project) that leaves the promised time to prepare.
    """
    clocks = order.clocks
    soonest = now + timedelta(seconds=clocks.arrival_seconds)
    if order.job_class is JobClass.URGENT:
        return soonest
    if clocks.arrival_seconds < 3600:
        # A shortened policy counts in seconds; half-days would outlast it.
        return soonest
    offset = timedelta(minutes=order.utc_offset_minutes)
    local = soonest + offset
    if order.wish_day is not None and order.wish_day > local.date():
        wished = local.replace(
            year=order.wish_day.year, month=order.wish_day.month, day=order.wish_day.day
        )
        return _at(wished, MORNING) - offset
    if order.job_class is JobClass.SERVICE and local <= _at(local, AFTERNOON):
        start = MORNING if local <= _at(local, MORNING) else AFTERNOON
        return _at(local, start) - offset
    return _at(local + timedelta(days=1), MORNING) - offset


def _at(day: datetime, hour: time) -> datetime:
    return day.replace(hour=hour.hour, minute=hour.minute, second=0, microsecond=0)


def check_proposal(visit_at: datetime, now: datetime) -> None:
    """A proposed time lies ahead and within 60 days.

    Raises:
        BadTime: It does not.
    """
    if not now < visit_at <= now + timedelta(days=RESCHEDULE_DAYS_MAX):
        raise BadTime("the proposed time must lie ahead, within 60 days")
