from uuid import uuid4

from tests.api.stage import Stage


async def test_an_order_is_placed_once_under_its_key(api: Stage) -> None:
    first = await api.place(key="k1")
    again = await api.place(key="k1")

    assert first.status_code == again.status_code == 201, first.text
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(api.orders.of("place")) == 1
    assert len(await api.rows("SELECT 1 FROM order_requests")) == 1


async def test_a_placed_order_can_be_read_by_its_caller_alone(api: Stage) -> None:
    order_id = (await api.place()).json()["id"]

    mine = await api.http.get(f"/api/v1/orders/{order_id}", headers=api.as_caller())
    foreign = await api.http.get(f"/api/v1/orders/{order_id}", headers=api.as_caller("rival"))
    unknown = await api.http.get(f"/api/v1/orders/{uuid4()}", headers=api.as_caller("rival"))

    assert mine.status_code == 200, mine.text
    assert foreign.status_code == unknown.status_code == 404
    assert {**foreign.json(), "instance": ""} == {**unknown.json(), "instance": ""}


async def test_an_order_is_cancelled(api: Stage) -> None:
    order_id = (await api.place()).json()["id"]

    done = await api.http.post(
        f"/api/v1/orders/{order_id}/cancel", json={"reason": "price"}, headers=api.as_caller()
    )

    assert done.status_code == 200, done.text
    (told, said, _intent), *rest = api.orders.of("cancel")
    assert (told, said.reason, rest) == (order_id, "price", [])
