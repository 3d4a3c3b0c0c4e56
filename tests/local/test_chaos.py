"""A chaos run's plan comes from its seed, and its checker sees every planted breach."""

from collections.abc import Callable
from typing import Any

import pytest

from local.chaos import Outcome
from local.chaos_books import INVARIANTS, Ours, Theirs, breaches
from local.chaos_plan import (
    CANCELLED_AFTER_PAYMENT_SHARE,
    PAID_SHARE,
    PROVIDER_KINDS,
    Blow,
    Fate,
    plan,
)

KINDS = plan(7, 24).kinds
UNPAID = {Fate.UNPAID_PAID_LATE, Fate.CANCELLED_PAID_LATE}
ONE, TWO = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
Planted = Callable[[list[dict[str, Any]], list[dict[str, Any]], Theirs], object]


def test_same_seed_is_the_same_plan_and_another_one_is_not() -> None:
    assert plan(7, 40) == plan(7, 40)
    assert plan(7, 40) != plan(8, 40)


@pytest.mark.parametrize("orders", [20, 24, 100, 1000])
@pytest.mark.parametrize("seed", range(5))
def test_every_plan_has_every_kind_and_enough_payments(seed: int, orders: int) -> None:
    wanted = plan(seed, orders)

    assert {rule["kind"] for rule in wanted.rules} == set(PROVIDER_KINDS)
    never = {Blow.WORKER_KILLED_AFTER_EFFECT, *([Blow.PROVIDER_KILLED] if orders < 100 else [])}
    assert {due.blow for due in wanted.blows} == set(Blow) - never
    calls = [(rule["operation"], rule.get("nth")) for rule in wanted.rules]
    assert len(set(calls)) == len(calls), "two faults for one call: the second never happens"
    fates = [life.fate for life in wanted.lives]
    cancelled = [fate for fate in fates if fate.value.startswith("cancelled")]
    cancelled = [fate for fate in cancelled if fate not in UNPAID]
    # With something to spare: a fault may keep an order from being paid in time.
    assert len([fate for fate in fates if fate not in UNPAID]) >= 2 * PAID_SHARE * orders
    assert len(cancelled) >= 1.2 * CANCELLED_AFTER_PAYMENT_SHARE * orders


def _amount(kopecks: int) -> dict[str, str]:
    return {"value": f"{kopecks // 100}.{kopecks % 100:02d}", "currency": "RUB"}


def _payment(order: str, kopecks: int, status: str = "succeeded", refunded: int = 0) -> Any:
    return {
        "id": f"p-{order[:4]}",
        "status": status,
        "amount": _amount(kopecks),
        "income_amount": _amount(kopecks - 100),
        "refunded_amount": _amount(refunded),
        "metadata": {"order": order, "attempt": "1"},
    }


def _refund(order: str, kopecks: int, status: str = "succeeded") -> Any:
    return {
        "id": "r-1",
        "payment_id": f"p-{order[:4]}",
        "status": status,
        "amount": _amount(kopecks),
    }


def _lines(order: str, kind: str, name: str, **accounts: int) -> list[dict[str, Any]]:
    names = {
        "clearing": "psp:clearing",
        "deposit": f"order:{order}:deposit",
        "fee": "psp_fee",
        "platform": "fee:platform",
        "payable": "contractor:17:payable",
    }
    return [
        {
            "order_id": order,
            "kind": kind,
            "phase": "posted",
            "source": "attempt",
            "source_id": f"{order}:{name}",
            "account": names[account],
            "kopecks": kopecks,
        }
        for account, kopecks in accounts.items()
    ]


def _order(order: str, state: str, **facts: Any) -> dict[str, Any]:
    return {
        "id": order,
        "state": state,
        "prepaid": True,
        "was_paid": True,
        "is_closed": True,
        "prepayment_kopecks": 1000_00,
        "refund_kopecks": 0,
        "shown_captured": 1000_00,
        "shown_refunded": 0,
        "granted": 0,
        "credit": 0,
        **facts,
    }


def _good() -> tuple[list[dict[str, Any]], list[dict[str, Any]], Theirs]:
    """One completed order, and one that was cancelled and refunded in full."""
    orders = [
        _order(ONE, "completed"),
        _order(TWO, "cancelled", refund_kopecks=1000_00, shown_refunded=1000_00),
    ]
    lines = [
        *_lines(ONE, "captured", "1", clearing=1000_00, deposit=-1000_00),
        *_lines(ONE, "psp_fee", "1", fee=1_00, clearing=-1_00),
        *_lines(ONE, "settled", "", deposit=1000_00, platform=-250_00, payable=-750_00),
        *_lines(TWO, "captured", "1", clearing=1000_00, deposit=-1000_00),
        *_lines(TWO, "psp_fee", "1", fee=1_00, clearing=-1_00),
        *_lines(TWO, "refund_succeeded", "1:1", deposit=1000_00, clearing=-1000_00),
    ]
    theirs = Theirs(
        [_payment(ONE, 1000_00), _payment(TWO, 1000_00, refunded=1000_00)],
        [_refund(TWO, 1000_00)],
    )
    return orders, lines, theirs


def _broken(found: dict[str, list[str]]) -> set[str]:
    return {name for name, rows in found.items() if rows}


def test_books_that_agree_with_the_provider_are_left_alone() -> None:
    orders, lines, theirs = _good()

    found = breaches(Ours(orders, lines), theirs)

    assert found == {name: [] for name in INVARIANTS}


def _refunds(theirs: Theirs, payment: int, kopecks: int, refunds: list[dict[str, Any]]) -> None:
    theirs.payments[payment]["refunded_amount"] = _amount(kopecks)
    theirs.refunds[:] = refunds


PLANTED: dict[str, tuple[set[str], Planted]] = {
    "captured twice there": (
        {"M8", "M10", "M12"},
        lambda _o, _l, theirs: theirs.payments.append({**_payment(ONE, 1000_00), "id": "p-2"}),
    ),
    "captured twice here": (
        {"M7", "M8", "M10"},
        lambda _o, lines, _t: lines.extend(
            _lines(ONE, "captured", "1", clearing=1000_00, deposit=-1000_00)
        ),
    ),
    "refund lost": (
        {"M8", "M11", "M12"},
        lambda _o, _l, theirs: _refunds(theirs, 1, 0, []),
    ),
    "refund over captured": (
        {"M6", "M8", "M11", "M12"},
        lambda _o, _l, theirs: _refunds(
            theirs, 1, 1200_00, [*theirs.refunds, {**_refund(TWO, 200_00), "id": "r-2"}]
        ),
    ),
    "refund made in the cabinet": (
        {"M8", "M11", "M12"},
        lambda _o, _l, theirs: _refunds(theirs, 0, 100_00, [*theirs.refunds, _refund(ONE, 100_00)]),
    ),
    "closed while something is pending": (
        {"M7"},
        lambda _o, _l, theirs: theirs.payments.append(
            {**_payment(ONE, 1000_00, "pending"), "id": "p-2"}
        ),
    ),
    "deposit never settled": (
        {"M7", "M12"},
        lambda _o, lines, _t: [lines.pop(4) for _ in range(3)],
    ),
    "client refunded more than the rule says": (
        {"M12"},
        lambda orders, _l, _t: orders[1].update(granted=300_00),
    ),
    "card tells another sum": (
        {"M12"},
        lambda orders, _l, _t: orders[0].update(shown_captured=0),
    ),
    "payment of nobody's order": (
        {"M8", "M10"},
        lambda _o, _l, theirs: theirs.payments.append({**_payment("nobody", 1000_00), "id": "p-3"}),
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_breach_is_reported(name: str) -> None:
    orders, lines, theirs = _good()
    wanted, plant = PLANTED[name]
    plant(orders, lines, theirs)

    assert _broken(breaches(Ours(orders, lines), theirs)) == wanted


def test_what_the_queries_of_the_ledger_found_is_reported_too() -> None:
    orders, lines, theirs = _good()
    broken = {"M5 nothing is overdrawn": [{"account": "suspense"}]}

    assert _broken(breaches(Ours(orders, lines, broken), theirs)) == {"M5"}


def _outcome(**fields: Any) -> Outcome:
    good: dict[str, Any] = {
        "seed": 7,
        "orders": 10,
        "kinds": KINDS,
        "fired": dict.fromkeys(KINDS, 1),
        "violations": {name: [] for name in INVARIANTS},
        "paid": 4,
        "cancelled_after_payment": 2,
        "still_open": 0,
        "ends": {},
        "seconds": 1.0,
    }
    return Outcome(**{**good, **fields})


def test_run_is_good_only_with_its_quotas_every_kind_and_no_breach() -> None:
    assert _outcome().problems() == []
    assert _outcome(paid=3).problems() == ["only 3 of 10 orders were paid"]
    assert _outcome(cancelled_after_payment=1).problems() == [
        "only 1 of 10 were cancelled after payment"
    ]
    assert _outcome(still_open=1).problems() == ["1 orders never closed"]
    assert _outcome(violations={"M8": ["gone"]}).problems() == ["M8: gone"]
    fired = {**dict.fromkeys(KINDS, 1), "api_killed": 0}
    assert _outcome(fired=fired).problems() == ["api_killed never happened"]
    assert set(_outcome().document()["violations"]) == set(INVARIANTS)
