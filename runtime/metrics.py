"""Every metric of ours in one registry; names here are what dashboards and alerts read."""

from __future__ import annotations

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

# From ten seconds (an urgent job in a city) to two days (a person looks for a project's crew).
_DISTRIBUTION_BUCKETS = (1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 10800, 43200, 86400, 172800)
_HTTP_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

ORDERS = Counter(
    "orders_total", "Orders that entered a state", ["service", "state"], registry=REGISTRY
)
ORDER_DISTRIBUTION_SECONDS = Histogram(
    "order_distribution_seconds",
    "From the start of the search to the acceptance that won",
    ["service"],
    buckets=_DISTRIBUTION_BUCKETS,
    registry=REGISTRY,
)
OFFERS = Counter(
    "offers_total", "Offers by how they ended", ["service", "outcome"], registry=REGISTRY
)
HOLDS_SWEPT = Counter(
    "holds_swept_total",
    "Held slots released after their deadline because nobody waited for them",
    registry=REGISTRY,
)
PAYMENT_OPERATIONS = Counter(
    "payment_operations_total",
    "Calls to the payment provider by result",
    ["operation", "outcome"],
    registry=REGISTRY,
)
PAYMENT_SERVICE_DOWN = Gauge(
    "payment_service_down",
    "1 while the payment provider gives no answers and is only probed",
    registry=REGISTRY,
)
PAYMENT_NOTICES = Counter(
    "payment_notices_total", "Payment notices received", ["outcome"], registry=REGISTRY
)
RECEIPTS = Gauge(
    "receipts", "Receipts that are not at rest, by state", ["state"], registry=REGISTRY
)
MONEY_INVARIANT_VIOLATIONS = Gauge(
    "drillflow_money_invariant_violations",
    "Rows that break an invariant of money at the last check",
    ["invariant"],
    registry=REGISTRY,
)
RECONCILIATION_BREAKS = Gauge(
    "reconciliation_breaks", "Open differences from the provider", ["kind"], registry=REGISTRY
)
RECONCILIATION_OLDEST_SECONDS = Gauge(
    "reconciliation_oldest_seconds", "Age of the oldest open difference", registry=REGISTRY
)
RECONCILIATION_KOPECKS = Gauge(
    "reconciliation_kopecks", "Sum of the open differences", registry=REGISTRY
)
RECONCILIATION_REPAIRS = Counter(
    "reconciliation_repairs_total", "Differences repaired", ["kind"], registry=REGISTRY
)
PSP_CLEARING_DRIFT_KOPECKS = Gauge(
    "psp_clearing_drift_kopecks",
    "The clearing account less what the provider owes us; must be 0",
    registry=REGISTRY,
)
INBOX_PENDING = Gauge("inbox_pending", "Telegram updates stored, not yet done", registry=REGISTRY)
OUTBOX_PENDING = Gauge("outbox_pending", "Messages stored, not yet sent", registry=REGISTRY)
OUTBOX_OLDEST_SECONDS = Gauge(
    "outbox_oldest_seconds", "Age of the oldest message not yet sent", registry=REGISTRY
)
UPDATES = Counter(
    "updates_total", "Telegram updates by kind and result", ["kind", "outcome"], registry=REGISTRY
)
MESSAGES = Counter(
    "messages_total",
    "Calls to Telegram by method and result",
    ["method", "outcome"],
    registry=REGISTRY,
)
GEOCODING = Counter(
    "geocoding_total",
    "Places resolved by source and result",
    ["source", "outcome"],
    registry=REGISTRY,
)
GEOCODER_OPEN = Gauge(
    "geocoder_breaker_open",
    "Whether a geocoder is left alone for now (1) or asked (0)",
    ["provider"],
    registry=REGISTRY,
)
HTTP_REQUESTS = Counter(
    "http_requests_total", "HTTP requests served", ["method", "route", "status"], registry=REGISTRY
)
HTTP_REQUEST_SECONDS = Histogram(
    "http_request_seconds",
    "Time to serve a request",
    ["method", "route"],
    buckets=_HTTP_BUCKETS,
    registry=REGISTRY,
)


def exposition() -> tuple[bytes, str]:
    """Return the body and the content type of `/metrics`."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST
