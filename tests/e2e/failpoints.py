"""Failpoints that fire when a test says so: the processes count passes in files, tests set them."""

import os
from pathlib import Path

from tests.e2e.house import House
from tests.e2e.people import eventually

FAR = 100_000
NAMES = (
    "payment.create.sent",
    "payment.capture.sent",
    "payment.refund.sent",
    "bot.handled.before_done",
    "bot.sent.before_mark",
    "api.telegram.stored",
    "api.yookassa.stored",
)


def failpoint_spec() -> str:
    """`DRILLFLOW_FAILPOINTS` for the processes: all known, none of them near."""
    return ",".join(f"{name}=kill:{FAR}" for name in NAMES)


def _passes(house: House, name: str) -> Path:
    return house.stack.data_dir / "failpoints" / name


def arm(house: House, *names: str) -> None:
    """The next pass of each of these kills its process."""
    for name in names:
        assert name in NAMES
        with _passes(house, name).open("ab") as file:
            os.ftruncate(file.fileno(), FAR - 1)


def fired(house: House, *names: str) -> None:
    """Wait until each of these has killed its process."""
    for name in names:
        eventually(lambda one=name: _passes(house, one).stat().st_size >= FAR, f"{name} fires")


def settle(house: House) -> None:
    """Wait until all processes serve again."""
    for name in ("api", "worker", "bot"):
        eventually(lambda one=name: house.program(one).is_healthy(), f"{name} is back")
