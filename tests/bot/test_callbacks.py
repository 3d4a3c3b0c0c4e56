"""Callback data is read back as it was packed, and anything else is nobody's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.callbacks import BYTES_MAX, Tap, pack, unpack


@given(
    st.from_regex(r"[a-z][a-z0-9_]{0,19}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9_.+-]{0,32}", fullmatch=True),
    st.integers(0, 999_999_999),
)
def test_what_is_packed_is_read_back(action: str, ref: str, version: int) -> None:
    packed = pack(action, ref, version)

    assert len(packed.encode()) <= BYTES_MAX
    assert unpack(packed) == Tap(action, ref, version)


@given(st.text(max_size=80))
def test_random_text_never_breaks_the_reader(text: str) -> None:
    tap = unpack(text)

    assert tap is None or pack(tap.action, tap.ref, tap.version)


@pytest.mark.parametrize(
    "data", [None, "", "accept", "accept:1042", "accept:1042:-1", "Accept:1:1", "a:١:1", "x" * 80]
)
def test_foreign_data_is_no_button(data: str | None) -> None:
    assert unpack(data) is None


def test_what_cannot_be_read_back_is_not_packed() -> None:
    with pytest.raises(ValueError, match="cannot be packed"):
        pack("accept", "a:b", 1)


@pytest.mark.parametrize(("ref", "number"), [("1042", 1042), ("", None), ("x", None)])
def test_an_order_is_known_by_its_number(ref: str, number: int | None) -> None:
    assert Tap("accept", ref, 1).number == number
