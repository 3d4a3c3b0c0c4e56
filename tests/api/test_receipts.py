"""The accountant's program reads which receipts need a person."""

import hashlib

import httpx
from sqlalchemy import text

from api.deps import Caller
from models.queries.plain import run
from tests.api.stage import SCOPES, TOKENS, Stage, stage, write_order

_ATTEMPT = """
    INSERT INTO payment_attempts (order_id, number, method, amount_kopecks, state, released, late,
        created_at, updated_at) VALUES (:id, 1, 'card', 100000, 'captured', false, false, now(),
        now())
"""
_RECEIPTS = """
    INSERT INTO receipts (order_id, attempt, kind, seq, amount_kopecks, mode, state, inside,
        by_email, generation, request_bytes, tries, next_at, reason, person_since, due_since,
        updated_at)
    SELECT :id, 1, 'refund', n, n * 100, 'full_prepayment', 'needs_person', false, true, 0,
        'anna@mail.ru', 0, now(), 'canceled', CASE WHEN n < 4 THEN now() END, now(), now()
    FROM generate_series(1, 4) n
"""


async def _get(api: Stage, caller: str, **query: int) -> httpx.Response:
    headers = {"Authorization": f"Bearer {TOKENS[caller]}"}
    return await api.http.get("/api/v1/accounting/receipts", params=query, headers=headers)


async def test_receipts_that_need_a_person_are_listed_page_by_page(database_url: str) -> None:
    callers = {
        hashlib.sha256(TOKENS["shop"].encode()).hexdigest(): Caller(
            "shop", SCOPES | {"accounting"}
        ),
        hashlib.sha256(TOKENS["rival"].encode()).hexdigest(): Caller("rival", SCOPES),
    }
    async with stage(database_url, callers=callers) as api:
        order = await write_order(api.database)
        async with api.database.transaction() as session:
            for statement in (_ATTEMPT, _RECEIPTS):
                await run(session, text(statement), {"id": order.id})

        first = (await _get(api, "shop", limit=2)).json()
        second = (await _get(api, "shop", limit=2, after=first["next_after"])).json()

        assert [one["amount_kopecks"] for one in first["items"]] == [100, 200]
        assert [one["amount_kopecks"] for one in second["items"]] == [300]
        assert second["next_after"] is None
        one = first["items"][0]
        assert (one["number"], one["order_number"]) == (f"R-{one['id']}", f"D-{order.number}")
        assert (one["kind"], one["state"], one["reason"]) == ("refund", "needs_person", "canceled")
        assert "anna" not in str((first, second))
        assert (await _get(api, "rival")).status_code == 403
        assert (await _get(api, "shop", limit=0)).status_code == 422
