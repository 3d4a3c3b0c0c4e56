"""Who may be offered an order: one statement for the eligible, one for the reasons of the others.

Distances are great-circle kilometres, widened by 1.006 so that nobody whom the ellipsoid includes
is missed; the caller checks the kept rows exactly and filters priority bands by wave.
"""

import math
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from models.queries import quotas
from models.queries.plain import run
from rules.catalog import JobClass, Service, ServiceType
from rules.geo import coverage_box, normalised_longitude
from rules.limits import CANDIDATES_MAX, EXPLAINED_MAX, EXPLAINED_NAMED_MAX
from rules.offers import FARTHER_FROM_WAVE, Candidate, Exclusion
from rules.policy import POLICY_V1, Policy
from rules.quotas import quota_of

_FACTS = tuple(one.name for one in fields(Candidate))


@dataclass(frozen=True)
class Wanted:
    """What a wave looks for, where and when; `asked` are contractors who are not asked again."""

    service: Service
    latitude: float
    longitude: float
    wave: int
    now: datetime
    client_id: int
    asked: tuple[int, ...] = ()
    policy: Policy = POLICY_V1
    # Support's word: whoever agreed to farther may be so much farther away.
    extra_km: int = 0


# Everything is `c` (contractors) and `u` (their owners), so that both statements ask the same.
_DISTANCE = "haversine_km(c.latitude, c.longitude, :latitude, :longitude)"
_REACHED = f"""{_DISTANCE} <= 1.006 * CASE WHEN c.farther_ok AND :farther
    THEN farthest_km(c.radius_km, true) + CAST(:extra_km AS int) ELSE c.radius_km END"""
# Whole minutes of the day in UTC: time zones in SQL cost more than the rest of a row.
_LOCAL_HOUR = "(CAST(:{at} AS int) + c.utc_offset_minutes + 1440) % 1440 / 60"
# As rules.offers.sleeps: equal hours switch night off; urgent jobs go to those who opted in, and
# are not begun with others when their short timer would end at night.
_NIGHT = """CASE WHEN CAST(:night_from AS int) < CAST(:night_to AS int)
    THEN {hour} >= CAST(:night_from AS int) AND {hour} < CAST(:night_to AS int)
    WHEN CAST(:night_from AS int) > CAST(:night_to AS int)
    THEN {hour} >= CAST(:night_from AS int) OR {hour} < CAST(:night_to AS int)
    ELSE false END"""
_SLEEPS = f"""(({_NIGHT.format(hour=_LOCAL_HOUR.format(at="now_minute"))}
    OR {_NIGHT.format(hour=_LOCAL_HOUR.format(at="timer_minute"))})
    AND NOT (CAST(:urgent AS boolean) AND c.night_ok))"""
_SHUT_OUT = "u.blocked_at IS NOT NULL"
_FRAUD = "greatest(c.fraud_score, u.fraud_score) >= :fraud_gate"
# Read once: whoever this client does not want, or who does not want him.
_PARTED = """c.id = ANY(ARRAY(
    SELECT b.contractor_id FROM blocks b WHERE b.client_id = :client_id))"""
_BLOCKED = f"(c.status <> 'active' OR {_SHUT_OUT})"
_ASKED = "c.id = ANY(CAST(:asked AS bigint[]))"
_FULL = "c.busy + c.held >= c.capacity"
# An open offer holds a place, so most cost no look at the offers.
_OFFERS_LIVE = """(c.held > 0 AND (
    SELECT count(*) FROM offers f JOIN orders o ON o.id = f.order_id
    WHERE f.contractor_id = c.id AND f.state = 'live' AND o.job_class = :job_class
) >= :offers_max)"""

# One scan of the coverage index gives the rows in the order of distance on the plane, so a dense
# town is not read whole. A box may lie on either side of the zero meridian: near it, three scans.
_NEAR = """(
    SELECT c.id AS contractor_id, {distance} AS distance_km, c.rating, c.points, c.completed,
        c.offers_90d, c.accepted_90d,
        coalesce(c.last_won_at, c.joined_at) AS idle_since,
        c.capacity, c.busy, c.held, c.utc_offset_minutes, c.night_ok, c.moved_at, c.user_id
    FROM contractor_services s
    JOIN contractors c ON c.id = s.contractor_id
    WHERE s.active AND s.service_type = '{service_type}'
        AND {covered} AND {reached}
        AND c.status = 'active' AND c.user_id <> :client_id AND NOT {asked}
        AND NOT {sleeps} AND NOT ({full}) AND NOT ({offers_live})
        AND NOT {parted} AND NOT {quota} AND c.fraud_score < :fraud_gate
    ORDER BY s.base <-> point(({east}) * {shrinks}, :latitude)
    LIMIT :first
)"""
# Reckoned for those who are kept only.
_IDLE_DAYS = """greatest(0.0,
    date_part('epoch', CAST(:now AS timestamptz) - near.idle_since) / 86400) AS idle_days"""

_COVERED = "s.cov @> box(point({east}, :latitude), point({east}, :latitude))"
# Circles that come near enough to the place.
_NEARLY_COVERED = """s.cov && box(point({east} - :margin_east, :latitude - :margin_north),
    point({east} + :margin_east, :latitude + :margin_north))"""


def _eligible(turns: tuple[int, ...], covered: str = _COVERED) -> str:
    scans = " UNION ALL ".join(
        _NEAR.replace("{covered}", covered).replace("{east}", f"east_of_zero(:longitude) + {turn}")
        for turn in turns
    )
    facts = ", ".join(_IDLE_DAYS if one == "idle_days" else f"near.{one}" for one in _FACTS)
    return (
        f"WITH near AS MATERIALIZED ({scans})"  # noqa: S608 - our own words only
        # Sorted first, so that only the owners of those who are kept are looked up; and they in
        # the small index of those few who are known for anything.
        f" SELECT {facts} FROM (SELECT * FROM near ORDER BY distance_km, contractor_id) AS near"
        " WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = near.user_id"
        f" AND (u.blocked_at IS NOT NULL OR u.fraud_score > 0)"
        f" AND ({_SHUT_OUT} OR u.fraud_score >= :fraud_gate))"
        " ORDER BY near.distance_km, near.contractor_id LIMIT :at_most"
    )


_ELIGIBLE, _ELIGIBLE_AT_ZERO = _eligible((0,)), _eligible((0, 360, -360))
_ELIGIBLE_WIDENED = _eligible((0, 360, -360), _NEARLY_COVERED)
# Up to 80 degrees north no box is wider than this to either side; nearer the pole any may be.
_WIDEST_DEGREES = 8.0
_FARTHEST_NORTH = 80.0
# The planner thinks that one row in a thousand lies in a box, and would sort all of a town; and
# thinking it over takes as long as the search in a small one, so a connection plans once.
_STEERED = {
    "plan_cache_mode": ("force_generic_plan", "auto"),
    **{
        f"enable_{way}": ("off", "on")
        for way in ("bitmapscan", "sort", "seqscan", "hashjoin", "mergejoin")
    },
}
_STEER, _RELEASE = (
    text(
        "SELECT "
        + ", ".join(f"set_config('{name}', '{to[end]}', true)" for name, to in _STEERED.items())
    )
    for end in (0, 1)
)
# How many are measured exactly for each that is kept. The plane is true at 56 degrees; elsewhere
# its order of distance errs by as much as its longitudes are too long or too short there.
_MEASURED_PER_KEPT, _MEASURED_PER_STRETCH, _MEASURED_PER_KEPT_MAX = 1.15, 3.0, 4.0
_PLANE_SHRINKS = 0.56

_EXCLUDED = """
WITH around AS MATERIALIZED (
    SELECT c.* FROM contractors c
    ORDER BY c.base <-> flat(:latitude, :longitude) LIMIT :first
)
SELECT reason, count(*), (array_agg(id ORDER BY distance))[1:{named}] FROM (
    SELECT c.id, {distance} AS distance, CASE
        WHEN NOT ({reached}) THEN CASE WHEN s.active THEN '{x.OUT_OF_RADIUS}' END
        WHEN s.contractor_id IS NULL THEN '{x.SERVICE}'
        WHEN {blocked} THEN '{x.BLOCKED}'
        WHEN {fraud} THEN '{x.FRAUD}'
        WHEN NOT c.online THEN '{x.OFF_LINE}'
        WHEN c.user_id = :client_id THEN '{x.OWN_ORDER}'
        WHEN {parted} THEN '{x.PARTED}'
        WHEN {asked} THEN '{x.ASKED_BEFORE}'
        WHEN {sleeps} THEN '{x.NIGHT}'
        WHEN {full} THEN '{x.CAPACITY}'
        WHEN {quota} THEN '{x.QUOTA}'
        WHEN {offers_live} THEN '{x.OFFERS_LIVE}'
    END AS reason
    FROM around c
    JOIN users u ON u.id = c.user_id
    LEFT JOIN contractor_services s
        ON s.contractor_id = c.id AND s.service_type = '{service_type}'
) AS reasons
WHERE reason IS NOT NULL GROUP BY reason
"""


def _statement(template: str, service_type: ServiceType) -> str:
    # The service is a literal: the planner matches it with that service's partial index.
    return template.format(
        service_type=service_type.value,
        distance=_DISTANCE,
        reached=_REACHED,
        blocked=_BLOCKED,
        asked=_ASKED,
        sleeps=_SLEEPS,
        full=_FULL,
        offers_live=_OFFERS_LIVE,
        fraud=_FRAUD,
        parted=_PARTED,
        quota=quotas.REACHED,
        shrinks=_PLANE_SHRINKS,
        named=EXPLAINED_NAMED_MAX,
        x=Exclusion,
    )


_FIND, _FIND_AT_ZERO, _FIND_WIDENED = (
    {service_type: text(_statement(template, service_type)) for service_type in ServiceType}
    for template in (_ELIGIBLE, _ELIGIBLE_AT_ZERO, _ELIGIBLE_WIDENED)
)
_COUNT = {service_type: text(_statement(_EXCLUDED, service_type)) for service_type in ServiceType}


def _parameters(wanted: Wanted) -> dict[str, Any]:
    policy = wanted.policy
    job_class = wanted.service.job_class
    quota = quota_of(policy, job_class)
    is_urgent = job_class is JobClass.URGENT
    timer = timedelta(seconds=policy.for_class(job_class).offer_timeout_seconds)
    return {
        "latitude": wanted.latitude,
        "longitude": wanted.longitude,
        "farther": wanted.wave >= FARTHER_FROM_WAVE or wanted.extra_km > 0,
        "extra_km": wanted.extra_km,
        "now": wanted.now,
        "now_minute": _minute_of_day(wanted.now),
        "night_from": policy.night_from_hour,
        "night_to": policy.night_to_hour,
        # The others' timers stand still at night.
        "timer_minute": _minute_of_day(wanted.now + timer if is_urgent else wanted.now),
        "urgent": is_urgent,
        "client_id": wanted.client_id,
        "asked": list(wanted.asked),
        "job_class": job_class.value,
        "offers_max": policy.for_class(job_class).max_live_offers,
        "fraud_gate": policy.fraud_score_gate,
        "open_jobs_max": quota.open_jobs,
        "per_day": quota.per_day,
        "per_week": quota.per_week,
        "newcomer_jobs": quota.newcomer_jobs,
        "newcomer_per_day": quota.for_newcomer(quota.per_day),
        "newcomer_per_week": quota.for_newcomer(quota.per_week),
    }


def _minute_of_day(moment: datetime) -> int:
    there = moment.astimezone(UTC)
    return there.hour * 60 + there.minute


def _measured(wanted: Wanted, kept: int) -> int:
    """How many to measure, so that the nearest `kept` are among them."""
    true = max(math.cos(math.radians(wanted.latitude)), 0.1) / _PLANE_SHRINKS
    per_kept = _MEASURED_PER_KEPT + _MEASURED_PER_STRETCH * (max(true, 1 / true) - 1)
    return math.ceil(kept * min(per_kept, _MEASURED_PER_KEPT_MAX))


def _is_at_zero(wanted: Wanted) -> bool:
    east = normalised_longitude(wanted.longitude)
    beside = min(east, 360.0 - east) <= _WIDEST_DEGREES
    return beside or abs(wanted.latitude) > _FARTHEST_NORTH


async def eligible(
    session: AsyncSession, wanted: Wanted, at_most: int = CANDIDATES_MAX
) -> list[Candidate]:
    """The nearest contractors who may be asked now; one statement, however many there are."""
    kept = min(at_most, CANDIDATES_MAX)
    first = _measured(wanted, CANDIDATES_MAX)
    parameters = {**_parameters(wanted), "at_most": kept, "first": first}
    find = _FIND_AT_ZERO if _is_at_zero(wanted) else _FIND
    if wanted.extra_km:
        find = _FIND_WIDENED
        box = coverage_box(wanted.latitude, wanted.longitude, wanted.extra_km)
        parameters["margin_east"] = (box.east - box.west) / 2
        parameters["margin_north"] = (box.north - box.south) / 2
    await run(session, _STEER)
    found = await run(session, find[wanted.service.service_type], parameters)
    rows = found.all()
    await run(session, _RELEASE)
    return [Candidate(*row) for row in rows]


@dataclass(frozen=True)
class Excluded:
    """How many may not be asked for one reason, and the nearest of them."""

    count: int
    nearest: tuple[int, ...]


async def excluded(session: AsyncSession, wanted: Wanted) -> dict[Exclusion, Excluded]:
    """How many others may not be asked, each counted under the first reason that applies.

    Who is out of reach counts only if he is on line with this service. Of the nearest
    `EXPLAINED_MAX` contractors: an explanation needs no census of the country.
    """
    parameters = {**_parameters(wanted), "first": EXPLAINED_MAX}
    await run(session, _STEER)
    found = await run(session, _COUNT[wanted.service.service_type], parameters)
    counted = {Exclusion(reason): Excluded(count, tuple(ids)) for reason, count, ids in found}
    await run(session, _RELEASE)
    return counted
