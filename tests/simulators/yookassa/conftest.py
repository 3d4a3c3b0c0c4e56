"""A simulator per module and per test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulators.yookassa.harness import (
    Receiver,
    Simulator,
    receiving,
    simulating,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """One simulator for tests that look only at their own objects."""
    with simulating(tmp_path_factory.mktemp("yookassa") / "shared.sqlite") as simulator:
        yield simulator


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A shop's webhook address."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def own(tmp_path: Path, receiver: Receiver) -> Iterator[Simulator]:
    """A fresh simulator that sends its notices to `receiver`."""
    with simulating(tmp_path / "own.sqlite", receiver.url) as simulator:
        yield simulator
