"""One order as its people live it, by taps; and what the database and the provider say of it."""

from dataclasses import dataclass
from typing import Any

import httpx

from rules.orders import OrderState
from tests.e2e.house import House, Village
from tests.e2e.people import Person, eventually
from tests.money import Money, books_balance
from texts import signs


@dataclass
class Order:
    """An order and its client."""

    house: House
    client: Person
    order_id: str
    number: int

    def row(self) -> Any:
        """Its row."""
        return self.house.read("SELECT * FROM orders WHERE id = :id", id=self.order_id)[0]

    def until(self, state: OrderState, *concerned: Person) -> None:
        """Wait for a state; `concerned` are shown, like the client, when it does not come."""
        people = (self.client, *concerned)
        eventually(lambda: self.row()["state"] == state, f"{self.number} is {state}", *people)

    def count(self, table: str, condition: str = "true") -> int:
        """How many rows of a table are this order's."""
        return int(
            self.house.value(
                f"SELECT count(*) FROM {table} WHERE order_id = :id AND {condition}",
                id=self.order_id,
            )
        )

    def page(self, method: str = "card") -> str:
        """The client asks to pay; returns the payment page's address."""
        self.client.press(f"pay_{method}", self.number)
        return self.page_shown()

    def page_shown(self) -> str:
        """The address behind the card's button."""

        def shown() -> str | None:
            button = self.client.button(signs.PAY)
            return button.get("url") if button else None

        return str(eventually(shown, f"{self.client.name} gets a page", self.client))

    def pay(self, method: str = "card") -> str:
        """Ask for the page and pay there as a person; returns the payment's id at the provider."""
        address = self.page(method)
        shown = httpx.get(address, follow_redirects=True, timeout=15, trust_env=False)
        assert shown.status_code == httpx.codes.OK
        paid = httpx.post(address, data={"action": method}, timeout=15, trust_env=False)
        assert paid.status_code in (httpx.codes.OK, httpx.codes.SEE_OTHER, httpx.codes.FOUND)
        return address.partition("?")[0].rstrip("/").rpartition("/")[2]

    def book(self, crew: Person, method: str = "card") -> None:
        """The crew accepts and the client pays."""
        crew.press("accept", self.number)
        self.pay(method)
        self.until(OrderState.BOOKED)

    def work(self, crew: Person) -> None:
        """On the way, started, done."""
        for action in ("set_off", "start", "done"):
            crew.press(action, self.number)
        self.priced(crew)

    def priced(self, crew: Person) -> None:
        """The crew names no price, as often as it is asked, until the work is done."""

        def said() -> bool:
            if crew.is_asked("skip"):
                crew.choose_each("skip")
            return bool(self.row()["state"] == OrderState.AWAITING_ACCEPTANCE)

        eventually(said, f"{self.number} is done", self.client, crew)

    def finish(self, crew: Person) -> None:
        """Accepted and rated both ways."""
        self.client.press("accept_work", self.number)
        self.client.press("rate5", self.number)
        crew.press("rate4", self.number)

    def cancel(self) -> None:
        """The client cancels, with the first reason."""
        self.client.confirm("cancel", "cancel_r0", self.number)

    def closed(self) -> Money:
        """Wait until the money is closed; then the books hold and equal the provider's."""
        eventually(lambda: self.row()["money_closed_at"], f"{self.number} is settled", self.client)
        return self.house.run(books_balance(self.house, self))

    def sends(self) -> dict[str, list[str]]:
        """What was sent to the provider, by the last word of its path: the key of each send."""
        mine = self.house.read(
            "SELECT CAST(key AS text) AS key FROM payment_operations WHERE order_id = :id",
            id=self.order_id,
        )
        keys = {row["key"] for row in mine}
        found: dict[str, list[str]] = {}
        for one in self.house.simulator.listing("requests"):
            if one["key"] in keys:
                found.setdefault(one["path"].rpartition("/")[2], []).append(one["key"])
        return found

    def journals(self) -> list[Any]:
        """Its journals, oldest first."""
        return self.house.read(
            "SELECT kind, phase FROM journals WHERE order_id = :id ORDER BY id", id=self.order_id
        )

    def payments(self) -> list[dict[str, Any]]:
        """The provider's list of its payments."""
        listed = self.house.simulator.listing("payments")
        return [one for one in listed if one["metadata"].get("order") == self.order_id]

    def refunds(self) -> list[dict[str, Any]]:
        """The provider's list of its refunds."""
        ids = {one["id"] for one in self.payments()}
        return [one for one in self.house.simulator.listing("refunds") if one["payment_id"] in ids]


def order_of(village: Village, client: Person, service: str, detail: str) -> Order:
    """A known client orders by taps."""
    kind = service.partition(".")[0]
    client.say("/new")
    steps = (kind, detail) if kind == "drilling" else (kind, service, detail)
    client.choose_each(*steps)
    client.share("location")
    if service not in ("repair.no_water", "sewage.overflow"):
        client.choose_each("soon")
    client.choose_each("skip", "send")
    return newest_order(village.house, client)


def newest_order(house: House, client: Person) -> Order:
    """The newest order of a client, as soon as it is written."""
    found = eventually(
        lambda: house.read(
            "SELECT CAST(o.id AS text) AS id, o.number FROM orders o JOIN users u"
            " ON u.id = o.client_id WHERE u.telegram_id = :id ORDER BY o.created_at DESC LIMIT 1",
            id=client.id,
        ),
        f"{client.name} has ordered",
        client,
    )[0]
    return Order(house, client, found["id"], found["number"])


def urgent(village: Village, client: Person | None = None) -> Order:
    """No water: minutes count."""
    return order_of(village, client or village.client(), "repair.no_water", "symptom_hums")


def service(village: Village, client: Person | None = None) -> Order:
    """A pump: cancelling is free for two minutes."""
    return order_of(village, client or village.client(), "repair.pump", "pump_check")
