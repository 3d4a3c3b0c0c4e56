"""Orders for tests: keyword defaults, fixed instants, no randomness."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rules import booking, searching, working
from rules.catalog import DETAILS, Service
from rules.money import prepayment
from rules.orders import Offer, Order, Role
from rules.policy import POLICY_V1

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
ORDER_ID = "0b5f2f6e-7c1d-4d2e-9a1b-3f1f6d0c7a11"
CLIENT, CONTRACTOR, RIVAL = 1001, 17, 18


def new_order(service: Service = Service.REPAIR_PUMP, **fields: Any) -> Order:
    """An order before its search; the detail is the service's first."""

    detail = fields.pop("detail", DETAILS[service][0])
    policy = fields.pop("policy", POLICY_V1)
    estimate = policy.estimate(service, detail)
    order = Order(
        order_id=ORDER_ID,
        number=1042,
        client_id=CLIENT,
        service=service,
        detail=detail,
        town="Тверь",
        region="Тверская область",
        utc_offset_minutes=180,
        estimate=estimate,
        prepayment_kopecks=prepayment(estimate, policy),
        created_at=NOW,
        policy=policy,
    )
    return replace(order, **fields)


def searching_order(service: Service = Service.REPAIR_PUMP, *offered: int, **fields: Any) -> Order:
    """An order in search with live offers to the given contractors."""
    order = searching.placed(new_order(service, **fields), NOW).order
    offers = tuple(
        Offer(who, 1, NOW + timedelta(minutes=5), NOW + timedelta(hours=72)) for who in offered
    )
    return searching.wave_sent(order, offers) if offers else order


def accepted_order(service: Service = Service.REPAIR_PUMP, **fields: Any) -> Order:
    """An order won by CONTRACTOR, waiting for the prepayment."""
    order = searching_order(service, CONTRACTOR, RIVAL, **fields)
    return searching.accepted(order, CONTRACTOR, NOW).order


def booked_order(service: Service = Service.REPAIR_PUMP, **fields: Any) -> Order:
    """A prepaid order; `visit_at` and others may be set."""
    order = booking.prepaid(accepted_order(service), NOW).order
    return replace(order, **fields)


def started_order(service: Service = Service.REPAIR_PUMP) -> Order:
    """Work under way."""
    return working.started(booked_order(service), NOW).order


def done_order(service: Service = Service.REPAIR_PUMP) -> Order:
    """Work reported as done."""
    return working.done(started_order(service), None, NOW).order


def completed_order(service: Service = Service.REPAIR_PUMP) -> Order:
    """Work accepted."""
    return working.work_accepted(done_order(service), Role.CLIENT, NOW).order
