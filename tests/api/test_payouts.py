"""Payouts over HTTP: a scope of their own, repeatable, and each refusal a sentence."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities import ledger
from activities.gateways.payout_file import PayoutFileGateway
from activities.payouts import PayoutActivities
from api.deps import Caller
from models.database import Database
from rules import ledger as postings
from rules.errors import BY_NAME
from rules.payouts import RegisterState
from tests.api.stage import SCOPES, TOKENS, Stage, stage, write_contractor
from tests.factories import NOON, at
from workflows.payout_door import PayoutAnswer, PayoutCommand


@dataclass
class DirectPayouts:
    """The door without a workflow behind it: the activities themselves."""

    activities: PayoutActivities

    async def say(self, command: PayoutCommand) -> PayoutAnswer:
        answer = await at().run(self.activities.decide_payout, command)
        if answer.refused is not None:
            raise BY_NAME[answer.refused]()
        if answer.state is RegisterState.APPROVED:
            return await at().run(self.activities.send_payouts, command.register_id)
        return answer


@pytest.fixture
async def api(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """Two people who may pay out, and one who may not."""
    database = Database(database_url, pool_size=2)
    door = DirectPayouts(PayoutActivities(database, PayoutFileGateway(tmp_path)))
    callers = {
        hashlib.sha256(token.encode()).hexdigest(): Caller(
            name, SCOPES if name == "reader" else SCOPES | {"payouts"}
        )
        for name, token in TOKENS.items()
    }
    async with stage(database_url, callers=callers, payouts=door) as ready:
        yield ready
    await database.close()


async def post(api: Stage, path: str, body: Any, name: str, key: str = "k") -> httpx.Response:
    headers = api.as_caller(name, key)
    return await api.http.post(f"/api/v1/payouts{path}", json=body, headers=headers)


async def test_two_people_pay_out_a_register(api: Stage) -> None:
    who = await write_contractor(api.database)
    async with api.database.transaction() as session:
        for journal in (
            postings.captured("x", "x", 800_00, was_held=False),
            postings.costs_kept("x", who, 800_00),
        ):
            await ledger.post(session, journal, None, NOON)

    made = await post(api, "", {"side": "contractor"}, "shop")
    again = await post(api, "", {"side": "contractor"}, "shop")
    alone = await post(api, "/101/approve", {}, "shop")
    sent = await post(api, "/101/approve", {}, "rival")
    paid = await post(api, "/101/paid", {"payee_id": who}, "shop")
    late = await post(api, "/101/reject", {}, "rival")
    listed = (await api.http.get("/api/v1/payouts", headers=api.as_caller("shop"))).json()

    assert made.status_code == 201, made.text
    assert made.json() == again.json()
    assert made.json()["payouts"][0]["payee"] == f"C-{who}"
    assert (alone.status_code, alone.json()["code"]) == (409, "SecondPersonNeeded")
    assert (sent.json()["state"], sent.json()["file_name"]) == ("sent", "P-101.csv")
    assert (paid.json()["state"], paid.json()["payouts"][0]["state"]) == ("closed", "paid")
    assert (late.status_code, late.json()["code"]) == (409, "PayoutDecided")
    assert [one["number"] for one in listed] == ["P-101"]


async def test_nobody_without_the_scope_and_nothing_that_is_not_there(api: Stage) -> None:
    assert (await post(api, "", {"side": "contractor"}, "reader")).status_code == 403
    nobody = await post(api, "", {"side": "client"}, "shop")
    missing = await post(api, "/999/paid", {}, "shop")

    assert (nobody.status_code, nobody.json()["code"]) == (409, "NobodyToPay")
    assert (missing.status_code, missing.json()["code"]) == (404, "PayoutUnknown")
