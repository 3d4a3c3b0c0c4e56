"""What the routes are given by the composition root, and how they reach it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from starlette.requests import Request
from temporalio.converter import PayloadCodec

from models.database import Database
from models.files import FileStore
from rules.geo import Place
from rules.policy import POLICY_V1, Policy
from runtime.health import ReadinessCheck
from workflows import messages
from workflows.geocoding_door import AddressFinder
from workflows.payout_door import PayoutAnswer, PayoutCommand
from workflows.reconciliation_door import ReconciliationDoor


class OrderDoor(Protocol):
    """What the API asks of orders; `workflows.client.Orders` is the real one.

    Every call but the last is safe to repeat under the same intent and raises a RuleViolation
    or Unavailable.
    """

    async def place(self, order: messages.OrderInput, summary: str = "") -> messages.OrderAnswer:
        """Start an order."""
        ...

    async def pay(
        self, order_id: UUID | str, said: messages.PaymentChoice, *, intent: str
    ) -> messages.OrderAnswer:
        """Start the prepayment."""
        ...

    async def cancel(
        self, order_id: UUID | str, said: messages.Cancellation, *, intent: str
    ) -> messages.OrderAnswer:
        """End the order."""
        ...

    async def accept_work(
        self, order_id: UUID | str, said: messages.WorkAcceptance, *, intent: str
    ) -> messages.OrderAnswer:
        """The client accepts the work."""
        ...

    async def rate(
        self, order_id: UUID | str, said: messages.Rating, *, intent: str
    ) -> messages.OrderAnswer:
        """Give stars."""
        ...

    async def reschedule(
        self, order_id: UUID | str, said: messages.Rescheduling, *, intent: str
    ) -> messages.OrderAnswer:
        """Propose another time."""
        ...

    async def answer_reschedule(
        self, order_id: UUID | str, said: messages.ReschedulingAnswer, *, intent: str
    ) -> messages.OrderAnswer:
        """Answer a proposal."""
        ...

    async def answer_claim(
        self, order_id: UUID | str, said: messages.ClaimAnswer, *, intent: str
    ) -> messages.OrderAnswer:
        """Answer a cost claim."""
        ...

    async def report_no_show(
        self, order_id: UUID | str, said: messages.NoShowReport, *, intent: str
    ) -> messages.OrderAnswer:
        """Nobody came."""
        ...

    async def tell_payment_notice(self, order_id: UUID | str, notice_id: int = 0) -> bool:
        """Have the order look at its payment; False if it has closed."""
        ...


class PayoutDoor(Protocol):
    """What the API asks of payouts; `workflows.payout_door.Payouts` is the real one."""

    async def say(self, command: PayoutCommand) -> PayoutAnswer:
        """Do one thing to a register; raises a RuleViolation or Unavailable."""
        ...


@dataclass(frozen=True)
class Caller:
    """A program that calls the API, and what it may do."""

    name: str
    scopes: frozenset[str] = frozenset()

    @property
    def person(self) -> str:
        """Who answers for it where two people must agree.

        A token that a person holds is named after him (`user-17`): he is nobody else in the bot.
        """
        number = self.name.removeprefix("user-")
        held = number != self.name and number.isascii() and number.isdigit()
        return f"tg:{number}" if held else f"api:{self.name}"


@dataclass(frozen=True)
class TelegramHook:
    """Whose updates arrive here, and the secret that Telegram sends with each."""

    bot_id: int
    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        """Without a secret anybody could act as anybody: refuse it.

        Raises:
            ValueError: The secret is empty.
        """
        if not self.secret:
            raise ValueError("webhook mode needs a secret")


@dataclass(frozen=True)
class Places:
    """Towns by name and by pin, both at once; addresses after a bounded wait."""

    find: Callable[[str], list[Place]]
    nearest: Callable[[float, float], tuple[Place, float]]
    is_town_only: Callable[[str], bool] = lambda _: False
    # None where only our own table of places is asked.
    addresses: AddressFinder | None = None


@dataclass(frozen=True)
class Limits:
    """Token buckets: (burst, per second) for one address, or for one caller."""

    api: tuple[int, float] = (120, 40.0)
    page: tuple[int, float] = (60, 5.0)
    hook: tuple[int, float] = (300, 100.0)
    bad_secret: tuple[int, float] = (20, 0.2)
    # A look at the provider costs events in the order's history.
    look: tuple[int, float] = (5, 1 / 60)


@dataclass(frozen=True)
class Site:
    """Where we are seen from outside; `phones_url` only beside the local Telegram simulator."""

    public_url: str
    phones_url: str | None = None
    # The provider's origin, when it is not https: forms of our page redirect there.
    payment_origin: str | None = None
    # The Temporal UI's page, which alone may read decoded payloads in a browser.
    temporal_ui_origin: str | None = None
    metrics: bool = True


@dataclass(frozen=True)
class Services:
    """Everything that the API works with; `callers` by the SHA-256 of their bearer tokens."""

    database: Database
    orders: OrderDoor
    places: Places
    site: Site
    telegram: TelegramHook | None = None
    callers: Mapping[str, Caller] = field(default_factory=dict, repr=False)
    policy: Policy = POLICY_V1
    checks: Mapping[str, ReadinessCheck] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    # None where nothing is compared with the payment provider.
    reconciliation: ReconciliationDoor | None = None
    # None where no files are kept.
    files: FileStore | None = None
    # None where nobody is paid out.
    payouts: PayoutDoor | None = None
    # None while payloads are not encrypted.
    codec: PayloadCodec | None = None


def services_of(request: Request) -> Services:
    """The services of the application that serves this request."""
    found: Services = request.app.state.services
    return found
