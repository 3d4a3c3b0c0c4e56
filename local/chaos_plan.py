"""What a chaos run will do, all of it drawn from its seed before anything starts; pure.

The same seed and number of orders give the same lives, the same fault rules and the same blows
in the same order. What runs beside what is up to the machine, so two runs of one seed are alike
but not equal.
"""

import random
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rules.catalog import Service
from rules.payments import Method


class Fate(StrEnum):
    """What the people around one order have in mind."""

    COMPLETED = "completed"
    SILENT = "silent"  # done, and the client says nothing any more
    DECLINED_CARD = "declined_card"  # pays with the second card
    TWO_PAGES = "two_pages"  # pays both
    DISPUTED = "disputed"
    REPLACED = "replaced"  # the contractor withdraws after the payment, another one works
    CANCELLED_FREE = "cancelled_free"
    CANCELLED_COSTS_AGREED = "cancelled_costs_agreed"
    CANCELLED_COSTS_DECIDED = "cancelled_costs_decided"
    CANCELLED_NO_COSTS = "cancelled_no_costs"
    CANCELLED_BY_SUPPORT = "cancelled_by_support"
    CANCELLED_AFTER_NO_SHOW = "cancelled_after_no_show"
    UNPAID_PAID_LATE = "unpaid_paid_late"
    CANCELLED_PAID_LATE = "cancelled_paid_late"


# Of twenty orders. Paid: 18; paid and then cancelled: 8.
_SHARES = {
    Fate.COMPLETED: 4,
    Fate.SILENT: 1,
    Fate.DECLINED_CARD: 1,
    Fate.TWO_PAGES: 1,
    Fate.DISPUTED: 2,
    Fate.REPLACED: 1,
    Fate.CANCELLED_FREE: 2,
    Fate.CANCELLED_COSTS_AGREED: 1,
    Fate.CANCELLED_COSTS_DECIDED: 1,
    Fate.CANCELLED_NO_COSTS: 2,
    Fate.CANCELLED_BY_SUPPORT: 1,
    Fate.CANCELLED_AFTER_NO_SHOW: 1,
    Fate.UNPAID_PAID_LATE: 1,
    Fate.CANCELLED_PAID_LATE: 1,
}
PAID_SHARE, CANCELLED_AFTER_PAYMENT_SHARE = 0.40, 0.20
"""The least parts of the orders of a run that is worth anything."""

# Short payment windows belong to those who will not pay in time.
_SERVICES = (Service.REPAIR_PUMP, Service.REPAIR_CLEANING, Service.DRILLING_WELL)
_LATE = Service.SEWAGE_OVERFLOW

_ANSWERS = (
    "refuse_before", "commit_then_drop", "http_500", "commit_then_500", "undo_then_500", "slow",
    "http_429", "http_202", "html_502", "truncated_json",
)  # fmt: skip
_REFUNDS = ("refund_pending", "refund_canceled")
PROVIDER_KINDS = (*_ANSWERS, *_REFUNDS)
# Twenty orders make at least so many calls; with the first two every kind is certain to meet one.
_CALLS = {"payments.create": 16, "payments.get": 20, "payments.capture": 5, "refunds.create": 5}
_SURE, _FEW = ("payments.create", "payments.get"), ("payments.capture", "refunds.create")
_MORE = 5


# The part of a run in which blows fall.
_STORMY = 0.6


class Blow(StrEnum):
    """What happens to our processes and to the provider's notices."""

    WORKER_KILLED = "worker_killed"
    WORKER_KILLED_AFTER_EFFECT = "worker_killed_after_effect"
    API_KILLED = "api_killed"
    POSTGRES_RESTARTED = "postgres_restarted"
    TEMPORAL_FROZEN = "temporal_frozen"
    PROVIDER_KILLED = "provider_killed"
    WEBHOOKS_LOST = "webhooks_lost"
    WEBHOOKS_FIVEFOLD = "webhooks_fivefold"
    WEBHOOKS_DELAYED = "webhooks_delayed"


_PROCESSES = [
    Blow.WORKER_KILLED, Blow.API_KILLED, Blow.POSTGRES_RESTARTED, Blow.TEMPORAL_FROZEN,
]  # fmt: skip
# From so many orders on, blows come again; and the provider is away as well, after which
# everybody who pays waits for a minute: too long for a short run.
_LONG = 100
_NOTICES = [Blow.WEBHOOKS_FIVEFOLD, Blow.WEBHOOKS_DELAYED, Blow.WEBHOOKS_LOST]


@dataclass(frozen=True)
class Life:
    """One order: who wants what, and the seed of everything else that is left to chance."""

    number: int
    fate: Fate
    service: Service
    method: Method
    seed: str

    def chance(self) -> random.Random:
        """This life's own luck."""
        return random.Random(self.seed)  # noqa: S311 - a schedule, no secret


@dataclass(frozen=True)
class Due:
    """A blow on a process falls when so many orders closed, on notices when so many are paid."""

    after: int
    blow: Blow


@dataclass(frozen=True)
class Plan:
    """Everything that a run will do."""

    seed: int
    lives: tuple[Life, ...]
    blows: tuple[Due, ...]
    rules: tuple[dict[str, Any], ...] = field(repr=False)

    @property
    def kinds(self) -> tuple[str, ...]:
        """What has to happen in this run; notices by what becomes of them."""
        blows = [due.blow.value for due in self.blows if due.blow not in _NOTICES]
        told = ("webhooks_lost", "webhooks_duplicated", "webhooks_delayed", "webhooks_reordered")
        kills = Blow.WORKER_KILLED_AFTER_EFFECT.value
        return (*PROVIDER_KINDS, kills, *dict.fromkeys(blows), *told)


def plan(seed: int, orders: int) -> Plan:
    """The plan of one run; every kind of fault is in it at least once."""
    chance = random.Random(f"chaos:{seed}:{orders}")  # noqa: S311 - a schedule, no secret
    return Plan(seed, _lives(chance, seed, orders), _blows(chance, orders), _rules(chance, orders))


def _lives(chance: random.Random, seed: int, orders: int) -> tuple[Life, ...]:
    deck = [fate for fate, share in _SHARES.items() for _ in range(share)]
    lives: list[Life] = []
    while len(lives) < orders:
        chance.shuffle(deck)
        for fate in deck[: orders - len(lives)]:
            late = fate is Fate.UNPAID_PAID_LATE
            service = _LATE if late else chance.choice(_SERVICES)
            method = chance.choice(tuple(Method))
            number = len(lives)
            lives.append(Life(number, fate, service, method, f"{seed}:{number}"))
    return tuple(lives)


def _blows(chance: random.Random, orders: int) -> tuple[Due, ...]:
    """Every blow once per hundred orders (and once at least), evenly spread in a random order."""
    found: list[Due] = []
    away = [Blow.PROVIDER_KILLED] if orders >= _LONG else []
    courses = [*_PROCESSES, *away], _NOTICES.copy()
    rounds = max(1, orders // _LONG)
    for number in range(rounds):
        for blows in courses:
            chance.shuffle(blows)
            # The last orders close in peace: they need no blow to be late.
            span = orders * _STORMY / rounds
            found += [
                Due(int(span * (number + place / len(blows))), blow)
                for place, blow in enumerate(blows)
            ]
    return tuple(sorted(found, key=lambda due: due.after))


def _rules(chance: random.Random, orders: int) -> tuple[dict[str, Any], ...]:
    """Each kind meets one certain call per twenty orders, no two the same call; and some more."""
    found: list[dict[str, Any]] = []
    taken: set[tuple[str, int]] = set()
    for score in range(max(1, orders // 20)):
        for kind in (*_REFUNDS, "refund_pending"):
            nth = _free(chance, taken, "refunds.create", score)
            ends = chance.choice(("succeeded", "canceled"))
            rule = {"operation": "refunds.create", "kind": kind, "nth": nth, "seconds": 3.0}
            found.append({**rule, "ends": ends} if kind == "refund_pending" else rule)
        met = [(kind, chance.choice(_SURE)) for kind in _ANSWERS]
        met += [(kind, chance.choice(_FEW)) for kind in chance.sample(_ANSWERS, _MORE)]
        for kind, operation in met:
            nth = _free(chance, taken, operation, score)
            found.append({"operation": operation, "kind": kind, "nth": nth, "seconds": 2.0})
    found.append({"operation": "payments.cancel", "kind": chance.choice(_ANSWERS), "seconds": 2.0})
    return tuple(found)


def _free(chance: random.Random, taken: set[tuple[str, int]], operation: str, score: int) -> int:
    calls = _CALLS[operation]
    while True:
        nth = score * calls + chance.randint(1, calls)
        if (operation, nth) not in taken:
            taken.add((operation, nth))
            return nth
        calls += 1
