"""What people type, without what nobody can see."""

from __future__ import annotations

import pytest

from rules.words import is_named, tidy


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("вода\x00", "вода"),
        ("\u202eадов\u202c", "адов"),
        ("\u200b\ufeff \u3164", ""),
        ("а\r\nб\u2028в", "а\nб\nв"),
        ("И\u0306ошкар-Ола", "Йошкар-Ола"),
        ("👨\u200d👩\u200d👧 5\u00a0м", "👨\u200d👩\u200d👧 5\u00a0м"),
        ("שלום مرحبا", "שלום مرحبا"),
        ("<b>\ud83d", "<b>"),
        ("  край  ", "край"),
    ],
)
def test_unseen_signs_are_left_out_and_the_rest_stays(typed: str, kept: str) -> None:
    assert tidy(typed) == kept
    assert tidy(kept) == kept


@pytest.mark.parametrize(
    ("name", "is_one"), [("Анна", True), ("Ян 2", True), ("…", False), ("", False)]
)
def test_a_name_has_a_letter(name: str, is_one: bool) -> None:
    assert is_named(name) is is_one
