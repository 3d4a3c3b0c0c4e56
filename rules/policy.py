"""The numbers of the business as data; an order keeps the policy it started with."""

from dataclasses import dataclass, field

from rules.catalog import TARIFFS_V1, Estimate, JobClass, Service
from rules.errors import BadInput

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True)
class RefundTier:
    """From `from_seconds_before_visit` on, claims are capped at `claim_cap_percent`."""

    at_least_seconds_before_visit: int
    claim_cap_percent: int


@dataclass(frozen=True)
class ClassPolicy:
    """Clocks, waves and refund tiers of one job class; all times in seconds."""

    offer_timeout_seconds: int
    search_seconds: int
    payment_window_seconds: int
    arrival_seconds: int
    start_grace_seconds: int
    auto_accept_seconds: int
    review_window_seconds: int
    dispute_window_seconds: int
    # An urgent visit is hours away from the start, so its free window counts from the booking;
    # for the others it ends when the first tier below 100 % begins.
    free_after_booking_seconds: int
    # Ordered from far to near; before the visit and not yet on the way.
    refund_tiers: tuple[RefundTier, ...]
    on_the_way_cap_percent: int
    max_live_offers: int
    wave_sizes: tuple[int, ...] = (1, 1, 2, 3, 5)
    # How many jobs of the class a contractor may take, by his own clock; and have open at once.
    accepts_per_day: int = 4
    accepts_per_week: int = 20
    open_jobs_max: int = 5


def _urgent() -> ClassPolicy:
    return ClassPolicy(
        offer_timeout_seconds=5 * MINUTE,
        search_seconds=30 * MINUTE,
        payment_window_seconds=30 * MINUTE,
        arrival_seconds=3 * HOUR,
        start_grace_seconds=30 * MINUTE,
        auto_accept_seconds=24 * HOUR,
        review_window_seconds=7 * DAY,
        dispute_window_seconds=3 * DAY,
        free_after_booking_seconds=5 * MINUTE,
        refund_tiers=(RefundTier(0, 50),),
        on_the_way_cap_percent=50,
        max_live_offers=1,
        open_jobs_max=3,
    )


def _service() -> ClassPolicy:
    return ClassPolicy(
        offer_timeout_seconds=30 * MINUTE,
        search_seconds=3 * HOUR,
        payment_window_seconds=2 * HOUR,
        arrival_seconds=DAY,
        start_grace_seconds=HOUR,
        auto_accept_seconds=48 * HOUR,
        review_window_seconds=7 * DAY,
        dispute_window_seconds=7 * DAY,
        free_after_booking_seconds=0,
        refund_tiers=(RefundTier(24 * HOUR, 0), RefundTier(2 * HOUR, 10), RefundTier(0, 30)),
        on_the_way_cap_percent=30,
        max_live_offers=3,
    )


def _project() -> ClassPolicy:
    return ClassPolicy(
        offer_timeout_seconds=12 * HOUR,
        search_seconds=48 * HOUR,
        payment_window_seconds=24 * HOUR,
        arrival_seconds=7 * DAY,
        start_grace_seconds=DAY,
        auto_accept_seconds=7 * DAY,
        review_window_seconds=14 * DAY,
        dispute_window_seconds=30 * DAY,
        free_after_booking_seconds=0,
        refund_tiers=(RefundTier(72 * HOUR, 0), RefundTier(24 * HOUR, 20), RefundTier(0, 30)),
        on_the_way_cap_percent=30,
        max_live_offers=3,
        accepts_per_day=1,
        accepts_per_week=3,
        # One under way and three booked.
        open_jobs_max=4,
    )


@dataclass(frozen=True)
class ScoreWeights:
    """What the terms of a contractor's score weigh, in thousandths; see rules/offers.py."""

    priority: int = 300
    proximity: int = 250
    answer: int = 200
    idle: int = 150
    free: int = 100
    newcomer: int = 100


@dataclass(frozen=True)
class Policy:
    """One version of all business numbers (policy v1 by default)."""

    version: str = "v1"
    urgent: ClassPolicy = field(default_factory=_urgent)
    service: ClassPolicy = field(default_factory=_service)
    project: ClassPolicy = field(default_factory=_project)
    prepayment_percent: int = 20
    platform_fee_percent: int = 25
    # Nobody eligible: how long until the next query, and after how many a person takes over.
    empty_query_seconds: int = 10 * MINUTE
    empty_queries_max: int = 2
    person_seconds: int = 24 * HOUR
    redispatch_seconds: int = 48 * HOUR
    claim_seconds: int = 24 * HOUR
    # Above it a claim without a picture is not granted by the client's silence.
    claim_proof_above_kopecks: int = 1_000_00
    claim_appeal_seconds: int = 7 * DAY
    payment_reminder_percents: tuple[int, ...] = (50, 80)
    # A hold is captured at the latest this long before the provider would let it go.
    capture_margin_seconds: int = 12 * HOUR
    # How long a pending payment is looked at by ourselves when no notice arrives.
    payment_poll_seconds: tuple[int, ...] = (10, 30, 60, 120, 300)
    # How often a pending or refused refund is looked at again.
    refund_poll_seconds: tuple[int, ...] = (MINUTE, 5 * MINUTE, 30 * MINUTE, HOUR)
    score: ScoreWeights = field(default_factory=ScoreWeights)
    # In so many of a thousand waves the best newcomer comes first; never for an urgent order.
    exploration_permille: int = 100
    night_from_hour: int = 22
    night_to_hour: int = 7
    visit_reminder_seconds: int = 2 * HOUR
    # Contractor's withdrawal after payment, per cent of the prepayment, by time before the visit.
    withdrawal_tiers: tuple[RefundTier, ...] = (
        RefundTier(48 * HOUR, 0),
        RefundTier(24 * HOUR, 5),
        RefundTier(0, 10),
    )
    no_show_percent: int = 20
    no_show_min_kopecks: int = 300_00
    no_show_max_kopecks: int = 3_000_00
    # Smaller sums wait: a contractor's share, a client's compensation.
    payout_min_kopecks: int = 500_00
    credit_payout_min_kopecks: int = 100_00
    # Until so many jobs are done, a contractor may take so much of the class's quotas.
    newcomer_quota_jobs: int = 3
    newcomer_quota_percent: int = 50
    # From this score on (0-100) nothing is offered until a person has looked.
    fraud_score_gate: int = 70
    # A paid order goes to other contractors by itself so often; then a person decides.
    redispatches_max: int = 3
    client_unpaid_orders_max: int = 3
    client_orders_per_day: int = 5
    # Project jobs: contractors quote and the client chooses; off: ordinary offers, as for service.
    project_quotes: bool = True
    quotes_invited: int = 5
    quotes_wanted: int = 3
    choose_seconds: int = 72 * HOUR
    quote_valid_seconds: int = 21 * DAY
    tariffs: dict[str, Estimate] = field(default_factory=lambda: dict(TARIFFS_V1))

    def for_class(self, job_class: JobClass) -> ClassPolicy:
        """The clocks and tiers of one job class."""
        return {
            JobClass.URGENT: self.urgent,
            JobClass.SERVICE: self.service,
            JobClass.PROJECT: self.project,
        }[job_class]

    def estimate(self, service: Service, detail: str) -> Estimate:
        """The price range in kopecks for a service and its answered question.

        Raises:
            BadInput: The detail does not belong to the service.
        """
        found = self.tariffs.get(f"{service.value}:{detail}")
        if found is None:
            raise BadInput(f"no tariff for {service.value}:{detail}")
        return found


POLICY_V1 = Policy()
