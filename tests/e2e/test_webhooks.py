"""Payment notices are hints: lost or repeated in disorder, they change no end."""

import pytest

from rules.orders import OrderState
from tests.e2e.house import House
from tests.e2e.orders import Order, service, urgent
from tests.money import Money


@pytest.mark.parametrize("webhooks", ["dropped", "fivefold"])
def test_the_ends_are_the_same_when_notices_are(house: House, webhooks: str) -> None:
    house.be_kind(webhooks)
    done, voided, late = (house.village() for _ in range(3))
    crews = [one.crew() for one in (done, voided, late)]
    by_card, freed, by_sbp = urgent(done), service(voided), urgent(late)

    by_card.book(crews[0])
    freed.book(crews[1])
    by_sbp.book(crews[2], "sbp")
    freed.cancel()
    crews[2].press("set_off", by_sbp.number)
    by_card.work(crews[0])
    by_sbp.cancel()
    by_card.finish(crews[0])
    crews[2].confirm("waive", "sure_waive", by_sbp.number)

    assert by_card.closed() == Money(captured=1000_00, platform=250_00, contractor=750_00)
    assert freed.closed() == Money()
    assert by_sbp.closed() == Money(captured=1000_00, refunded=1000_00)
    assert [one.row()["state"] for one in (by_card, freed, by_sbp)] == [
        OrderState.COMPLETED, OrderState.CANCELLED, OrderState.CANCELLED,
    ]  # fmt: skip
    _were(house, webhooks, by_card, freed, by_sbp)


def _were(house: House, webhooks: str, *orders: Order) -> None:
    """The notices really had the fate that the test is about."""
    mine = {payment["id"] for order in orders for payment in order.payments()}
    listed = house.simulator.client.get("/sim/webhooks").json()["items"]
    notices = [one for one in listed if one["object_id"] in mine]
    if webhooks == "dropped":
        assert {one["state"] for one in notices} == {"dropped"}
    else:
        assert len(notices) == 5 * len({(one["event"], one["object_id"]) for one in notices})
