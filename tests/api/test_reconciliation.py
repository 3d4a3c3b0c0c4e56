"""Breaks over HTTP: a scope of their own, two people, and a run at once when both agree."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from api.deps import Caller
from models.reconciliation import ReconciliationBreakRow
from rules.reconciliation import BreakClass, Remedy
from tests.api.stage import SCOPES, TOKENS, Stage, stage
from tests.factories import NOON


@dataclass
class Runs:
    """The door; counts the runs that were asked for."""

    asked: int = 0

    async def run_now(self) -> None:
        self.asked += 1


@pytest.fixture
def runs() -> Runs:
    """How often a run was asked for."""
    return Runs()


@pytest.fixture
async def api(database_url: str, runs: Runs) -> AsyncIterator[Stage]:
    """Two programs that may decide about money, and one that may not."""
    callers = {
        hashlib.sha256(token.encode()).hexdigest(): Caller(
            name, SCOPES if name == "reader" else SCOPES | {"money"}
        )
        for name, token in TOKENS.items()
    }
    async with stage(database_url, callers=callers, reconciliation=runs) as ready:
        yield ready


async def post(api: Stage, path: str, name: str, body: Any = None) -> httpx.Response:
    headers = api.as_caller(name, "k")
    url = f"/api/v1/reconciliation/breaks/{path}"
    return await api.http.post(url, json=body or {}, headers=headers)


async def test_a_repair_that_moves_money_needs_a_second_program(api: Stage, runs: Runs) -> None:
    async with api.database.transaction() as session:
        for number, remedy in enumerate((Remedy.REFUND, Remedy.PERSON)):
            row = ReconciliationBreakRow(
                kind=BreakClass.DUPLICATE_CAPTURE,
                subject=f"p{number}",
                remedy=remedy,
                first_seen=NOON,
                last_seen=NOON,
            )
            session.add(row)

    assert (await post(api, "1/repair", "reader")).status_code == 403
    answers = [
        await post(api, "1/approve", "rival"),
        await post(api, "1/repair", "shop"),
        await post(api, "1/repair", "shop"),
        await post(api, "1/approve", "shop"),
        await post(api, "1/approve", "rival"),
        await post(api, "1/approve", "rival"),
        await post(api, "1/dismiss", "shop", {"note": "too late"}),
        await post(api, "2/repair", "shop"),
        await post(api, "2/dismiss", "shop", {"note": "seen"}),
    ]
    assert [one.status_code for one in answers] == [409, 200, 200, 409, 200, 200, 409, 409, 200]
    assert answers[3].json()["code"] == "SamePersonTwice"
    assert runs.asked == 2
    url = "/api/v1/reconciliation/breaks"
    (left,) = (await api.http.get(url, headers=api.as_caller("shop"))).json()
    assert (left["number"], left["state"]) == ("B-1", "repairing")
    assert (left["proposed_by"], left["approved_by"]) == ("api:shop", "api:rival")
