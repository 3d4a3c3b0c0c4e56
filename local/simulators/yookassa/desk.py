"""Everything one simulator consists of, wired once."""

import base64
import binascii
import hmac
from collections.abc import Callable

from local.simulators.yookassa.chargebacks import Chargebacks
from local.simulators.yookassa.clock import SimulatorClock
from local.simulators.yookassa.faults import Faults
from local.simulators.yookassa.keys import IdempotenceKeys
from local.simulators.yookassa.notices import Courier, Notices
from local.simulators.yookassa.payments import Payments
from local.simulators.yookassa.problems import ApiProblem
from local.simulators.yookassa.receipts import Receipts
from local.simulators.yookassa.refunds import Refunds
from local.simulators.yookassa.store import Store
from local.simulators.yookassa.terms import Shop


class Desk:
    """The parts of the simulator, shared by its API, its page and its controls."""

    def __init__(self, store: Store, shop: Shop) -> None:
        self.store = store
        self.shop = shop
        self.clock = SimulatorClock(store)
        self.keys = IdempotenceKeys(store, self.clock)
        self.faults = Faults(store)
        self.notices = Notices(store, self.clock, shop)
        self.courier = Courier(self.notices, shop)
        self.payments = Payments(store, self.clock, self.notices, shop)
        self.refunds = Refunds(store, self.clock, self.notices, self.payments, self.faults)
        self.receipts = Receipts(store, self.clock, self.faults, shop)
        self.chargebacks = Chargebacks(store, self.clock, self.payments)
        # What takes back a new object of another kind, by operation (`receipts.create`) and id.
        self.undoers: dict[str, Callable[[str], object]] = {"receipts.create": self.receipts.undo}

    def catch_up(self) -> None:
        """Let everything happen whose time has come on the simulator's clock."""
        with self.store.transaction():
            self.payments.expire_due()
            self.refunds.finish_due()
            self.receipts.catch_up()

    def check_credentials(self, header: str | None) -> None:
        """Basic auth with the shop's id and key, else 401."""
        scheme, _, encoded = (header or "").partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            given = b""
        wanted = f"{self.shop.shop_id}:{self.shop.secret_key}".encode()
        if scheme.lower() != "basic" or not hmac.compare_digest(given, wanted):
            raise ApiProblem(
                401, "invalid_credentials", "Basic authentication failed", "Authorization"
            )
