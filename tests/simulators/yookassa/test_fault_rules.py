"""Fault rules as data: which calls they meet, by number, by chance and by seed."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.simulators.yookassa.faults import Faults, Rule, names_of
from local.simulators.yookassa.store import Store
from tests.simulators.yookassa.harness import Simulator, body, until


@pytest.fixture
def faults(tmp_path: Path) -> Iterator[Faults]:
    store = Store(tmp_path / "rules.sqlite")
    yield Faults(store)
    store.close()


def met(faults: Faults, operation: str, calls: int) -> list[str | None]:
    """The kind of fault each of so many calls meets."""
    found = [faults.take(operation) for _ in range(calls)]
    return [None if rule is None else rule.kind for rule in found]


RULES: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [1]),
    ({"count": 3}, [1, 2, 3]),
    ({"skip": 2, "count": 2}, [3, 4]),
    ({"nth": 5}, [5]),
]


@pytest.mark.parametrize(("wish", "struck"), RULES)
def test_a_rule_meets_the_calls_it_names(
    faults: Faults, wish: dict[str, Any], struck: list[int]
) -> None:
    faults.plant(Rule(operation="payments.capture", kind="http_500", **wish))

    seen = met(faults, "payments.capture", 8)

    assert [number for number, kind in enumerate(seen, 1) if kind] == struck


def test_the_same_seed_strikes_the_same_calls_and_another_seed_others(faults: Faults) -> None:
    courses = []
    for seed in (7, 7, 8):
        faults.clear()
        faults.plant(Rule(operation="create", kind="commit_then_drop", probability=0.3, seed=seed))
        courses.append(met(faults, "payments.create", 200))

    assert courses[0] == courses[1] != courses[2]
    assert 40 <= sum(kind is not None for kind in courses[0]) <= 80


def test_of_two_rules_the_first_fires_and_the_other_has_its_turn(faults: Faults) -> None:
    faults.plant(Rule(operation="refunds.create", kind="http_500"))
    faults.plant(Rule(operation="any", kind="http_429", count=2))

    assert met(faults, "refunds.create", 4) == ["http_500", "http_429", "http_429", None]


def test_a_fault_that_cannot_show_waits_for_an_answer_where_it_can(faults: Faults) -> None:
    faults.plant(Rule(operation="any", kind="wrong_shop"))

    assert met(faults, "refunds.create", 2) == [None, None]
    assert met(faults, "payments.get", 2) == ["wrong_shop", None]


@pytest.mark.parametrize(
    ("operation", "names"),
    [
        ("payments.create", {"payments.create", "create", "any"}),
        ("refunds.create", {"refunds.create", "refund", "any"}),
        ("refunds.list", {"refunds.list", "list", "any"}),
        ("receipts.list", {"receipts.list", "any"}),
    ],
)
def test_an_operation_has_a_long_and_a_short_name(operation: str, names: set[str]) -> None:
    assert set(names_of(operation)) == names


def test_the_list_says_how_often_each_rule_fired(shared: Simulator) -> None:
    shared.client.delete("/sim/faults")
    before = shared.client.get("/sim/faults").json()["fired"].get("http_403", 0)
    plan = {
        "seed": 5,
        "rules": [
            {"operation": "me.get", "kind": "http_403", "count": 2},
            {"operation": "payments.list", "kind": "html_502"},
        ],
    }
    assert shared.client.put("/sim/faults", json=plan).status_code == 200

    seen = [shared.get("/me").status_code for _ in range(3)]
    listed = shared.client.get("/sim/faults").json()

    assert seen == [403, 403, 200]
    assert [(rule["kind"], rule["fired"]) for rule in listed["items"]] == [("html_502", 0)]
    assert [(rule["kind"], rule["fired"]) for rule in listed["spent"]] == [("http_403", 2)]
    assert listed["fired"]["http_403"] == before + 2
    shared.client.delete(f"/sim/faults/{listed['items'][0]['id']}")
    assert shared.client.get("/sim/faults").json()["items"] == []


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("wrong_id", "id"),
        ("wrong_amount", "amount"),
        ("wrong_currency", "amount"),
        ("wrong_shop", "recipient"),
        ("wrong_test", "test"),
        ("wrong_metadata", "metadata"),
    ],
)
def test_a_wrong_answer_differs_in_one_fact_and_the_books_in_none(
    shared: Simulator, kind: str, changed: str
) -> None:
    payment_id = shared.create()["id"]
    truth = shared.payment(payment_id)
    shared.sim("/faults", operation="payments.get", kind=kind)

    wrong = shared.payment(payment_id)

    assert {name for name in truth if truth[name] != wrong[name]} == {changed}
    assert shared.payment(payment_id) == truth


def test_a_broken_off_answer_is_no_json_and_a_redirect_leads_elsewhere(shared: Simulator) -> None:
    shared.sim("/faults", operation="me.get", kind="truncated_json")
    shared.sim("/faults", operation="me.get", kind="redirect_302")

    with pytest.raises(json.JSONDecodeError):
        shared.get("/me").json()
    assert (shared.get("/me").status_code, shared.get("/me").status_code) == (302, 200)


def test_a_slow_answer_can_wait_on_the_simulators_clock(shared: Simulator) -> None:
    shared.sim("/faults", operation="payments.create", kind="slow", seconds=3600, clock="simulated")
    answers: list[httpx.Response] = []
    order = {"order": "slow-on-the-clock"}
    asking = threading.Thread(
        target=lambda: answers.append(shared.post("/payments", body(metadata=order), "hour"))
    )
    asking.start()
    until(lambda: any(row["key"] == "hour" for row in shared.listing("requests")))
    assert asking.is_alive()

    shared.sim("/clock", advance_seconds=3600)

    asking.join(20)
    assert [answer.status_code for answer in answers] == [200]


def test_a_pending_refund_ends_as_planted(own: Simulator) -> None:
    payment_id = own.captured()
    own.sim(
        "/faults",
        operation="refunds.create",
        kind="refund_pending",
        seconds=60,
        ends="canceled",
        reason="rejected_by_timeout",
    )
    refund = own.refund(payment_id, "5.00").json()
    assert (refund["status"], "cancellation_details" in refund) == ("pending", False)

    own.sim("/clock", advance_seconds=61)

    ended = own.get(f"/refunds/{refund['id']}").json()
    assert ended["status"] == "canceled"
    assert ended["cancellation_details"]["reason"] == "rejected_by_timeout"
