from datetime import UTC, date, datetime, timedelta

import pytest

from rules.catalog import Estimate, rubles
from texts.formatting import (
    clock,
    contractor_number,
    counted,
    day,
    deadline,
    distance,
    duration,
    money,
    order_number,
    price_range,
    when,
)
from texts.language import Language

RU, EN = Language.RU, Language.EN
AT = datetime(2026, 9, 5, 11, 35, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kopecks", "russian", "english"),
    [
        (24_000_00, "24 000 ₽", "24,000 ₽"),
        (0, "0 ₽", "0 ₽"),
        (1_50, "1,50 ₽", "1.50 ₽"),
        (1_234_567_05, "1 234 567,05 ₽", "1,234,567.05 ₽"),
        (-300_00, "-300 ₽", "-300 ₽"),
    ],
)
def test_money_is_grouped_and_shows_kopecks_only_when_there_are_any(
    kopecks: int, russian: str, english: str
) -> None:
    assert money(kopecks, RU) == russian.replace(" ", "\u00a0")
    assert money(kopecks, EN) == english.replace(" ", "\u00a0")


def test_a_price_range_names_the_currency_once() -> None:
    assert price_range(rubles(75_000, 120_000), RU) == "75\u00a0000–120\u00a0000\u00a0₽"
    assert price_range(Estimate(500_00, 500_00), RU) == "500\u00a0₽"


def test_an_instant_is_told_in_the_local_time_of_the_place() -> None:
    assert when(AT, 180, RU) == "сб, 5\u00a0сентября, 14:35"
    assert when(AT, 180, EN) == "Sat, 5\u00a0September, 14:35"
    assert when(AT, 12 * 60, RU) == "сб, 5\u00a0сентября, 23:35"
    assert when(AT + timedelta(hours=1), 12 * 60, RU) == "вс, 6\u00a0сентября, 00:35"
    assert clock(AT, 300) == "16:35"
    assert day(date(2027, 1, 1), RU) == "пт, 1\u00a0января"


def test_a_deadline_has_its_date_unless_it_is_on_the_same_local_day() -> None:
    assert deadline(AT + timedelta(minutes=5), AT, 180, RU) == "14:40"
    assert deadline(AT + timedelta(hours=10), AT, 180, RU) == "вс, 6\u00a0сентября, 00:35"
    assert deadline(AT + timedelta(hours=10), AT, 0, RU) == "21:35"
    assert deadline(AT, None, 180, RU) == when(AT, 180, RU)


@pytest.mark.parametrize(
    ("count", "russian", "english"),
    [
        (1, "1 бригада", "1 crew"),
        (2, "2 бригады", "2 crews"),
        (5, "5 бригад", "5 crews"),
        (11, "11 бригад", "11 crews"),
        (12, "12 бригад", "12 crews"),
        (21, "21 бригада", "21 crews"),
        (24, "24 бригады", "24 crews"),
        (111, "111 бригад", "111 crews"),
        (0, "0 бригад", "0 crews"),
    ],
)
def test_nouns_take_the_form_of_their_count(count: int, russian: str, english: str) -> None:
    assert counted(count, "crew", RU) == russian.replace(" ", "\u00a0")
    assert counted(count, "crew", EN) == english.replace(" ", "\u00a0")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (40, "40 секунд"),
        (300, "5 минут"),
        (3_600, "1 час"),
        (5_400, "90 минут"),
        (3 * 3_600, "3 часа"),
        (48 * 3_600, "2 дня"),
    ],
)
def test_a_span_is_told_in_its_largest_fitting_unit(seconds: int, words: str) -> None:
    assert duration(seconds, RU) == words.replace(" ", "\u00a0")


def test_public_numbers_and_distances_are_short() -> None:
    assert order_number(1042) == "D-1042"
    assert contractor_number(17) == "C-17"
    assert distance(8.44, RU) == "8,4\u00a0км"
    assert distance(8.44, EN) == "8.4\u00a0km"
    assert distance(23.4, RU) == "23\u00a0км"
