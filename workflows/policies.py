"""Named timeouts and retries; every activity call uses one of them by keyword."""

from datetime import timedelta

from temporalio.common import RetryPolicy

TASK_QUEUE = "drillflow"
PAYMENTS_TASK_QUEUE = "drillflow-payments"
GEOCODE_TASK_QUEUE = "drillflow-geocode"

# A transaction in our own database: short, idempotent, and the order cannot go on without it,
# so it is retried for as long as it takes.
WRITE_TIMEOUT = timedelta(seconds=10)
WRITE_RETRY = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=10),
)

# One exchange with the payment provider, which answers within 40 s or not at all. No attempt
# limit: the 23-hour life of an idempotence key is kept by the activity itself.
MONEY_TIMEOUT = timedelta(seconds=60)
# A worker that was killed in the middle is missed after this time, not only after the whole one.
MONEY_HEARTBEAT = timedelta(seconds=6)
MONEY_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=60),
)
# How long a person who chooses how to pay waits for an answer that is just coming in.
PAGE_PATIENCE = timedelta(seconds=2)

# Reading windows of lists and comparing them; a run that fails is followed by the next one.
RECONCILE_TIMEOUT = timedelta(minutes=10)
RECONCILE_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=5),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(minutes=1),
    maximum_attempts=8,
)

# One question to a geocoder, which answers within 5 s. Nobody waits longer than a few seconds;
# what comes later is kept for the next who asks. The server lets one question a second through.
GEOCODE_TIMEOUT = timedelta(seconds=15)
GEOCODE_IN_ALL = timedelta(minutes=3)
GEOCODE_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=10),
    maximum_attempts=4,
)
GEOCODE_PER_SECOND = 1.0
