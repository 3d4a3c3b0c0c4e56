"""One exchange with the payment provider: what its answer, or none, means for the next try."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from temporalio.exceptions import ApplicationError

from activities.messages import PaymentStep
from activities.payment_store import PaymentStore
from activities.ports import IntegrityBreach, NotSent, Refused, Unknown
from runtime import metrics

BUSY_SECONDS = 10.0
# Nothing about the payment is wrong: the shop's keys were changed, or we ask too often.
_WEATHER = (401, 403, 429)
_TOO_MANY = 429
_T = TypeVar("_T")


class Exchange:
    """Asks, counts, and keeps the weather; raises ApplicationErrors by name, and Refused."""

    def __init__(self, store: PaymentStore) -> None:
        """`store` keeps what is learned."""
        self._store = store

    def ask(self, step: PaymentStep, exchange: Callable[[], _T], key: str | None = None) -> _T:
        """One exchange; whatever may be different the next time becomes a retry."""
        outcome = "ok"
        try:
            answer = exchange()
        except (NotSent, Unknown) as failure:
            outcome = type(failure).__name__
            wait = self._store.unanswered(step, key if outcome == "Unknown" else None)
            raise ApplicationError(str(failure), type=outcome, next_retry_delay=wait) from failure
        except IntegrityBreach as failure:
            outcome = type(failure).__name__
            raise ApplicationError(str(failure), type=outcome) from failure
        except Refused as refusal:
            outcome = refusal.code
            if refusal.http_status not in _WEATHER:
                self._store.answered()
                raise
            raise self._busy(step, refusal) from refusal
        else:
            self._store.answered()
            return answer
        finally:
            metrics.PAYMENT_OPERATIONS.labels(operation=step.op.value, outcome=outcome).inc()

    def _busy(self, step: PaymentStep, refusal: Refused) -> ApplicationError:
        down = None
        if refusal.http_status != _TOO_MANY:
            # Without the right keys nobody's payments work.
            down = self._store.unanswered(step, None)
        wait = down or timedelta(seconds=refusal.retry_after_seconds or BUSY_SECONDS)
        return ApplicationError(str(refusal), type="ProviderBusy", next_retry_delay=wait)

    def read(self, step: PaymentStep, exchange: Callable[[], _T]) -> _T:
        """One reading; that the provider will not let it be read is a definite answer."""
        try:
            return self.ask(step, exchange)
        except Refused as refusal:
            raise ApplicationError(str(refusal), type="PaymentNotFound") from refusal


def take_turn(step: PaymentStep, wait: timedelta | None) -> None:
    """Go on, or come back in a while: the provider is down, or others have waited for longer."""
    if wait is None:
        return
    metrics.PAYMENT_OPERATIONS.labels(operation=step.op.value, outcome="waits").inc()
    raise ApplicationError("payments wait for the provider", type="Waits", next_retry_delay=wait)
