"""What must never be readable in a log line or a report, and what must stay readable."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from runtime.scrub import MASK, scrub, scrub_text

TOKEN = "123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc"


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("sentence", "secret"),
    [
        ("Authorization: Bearer {}", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"),
        ("authorization: basic {}", "MTAwNTAwOnNlY3JldA=="),
        ("postgresql://drill:{}@db:5432/drillflow", "hunter2-of-the-database"),
        ("GET /path?secret_token={}&x=1", "short"),
        ("YooKassa shop 100500 with {}", "live_Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA"),
        ("API token {}", "local-Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA"),
        ("INSERT failed\n[parameters: ('{}', 5)]\n(Background …)", "Иван Петров"),
        ("DETAIL:  Failing row contains (1, {}, null).", "Лесная 5"),
        ("DETAIL:  Key (company)=({}) already exists.", "ООО Скважина"),
        ("call +{} now", "79261234567"),
        ("call {}", "79261234567"),
        ("телефон: {}.", "8 (926) 123-45-67"),
        ("phone={}", "+7 926 123-45-67"),
        ("'{}'", "8-926-123-45-67"),
        ("tel:{}", "(926) 123-45-67"),
        ("from {}", "+375 29 123-45-67"),
        ("mailto:{}", "ivan.petrov@example.ru"),
        ("card {}", "4111 1111 1111 1111"),
        ("pan={};", "5555555555554477"),
        ("ИНН {}", "7707083893"),
        ("инн: {}", "1234567890"),
        ("taxpayer {}", "500100732259"),
        ("at {}, ", "55.755831"),
        ("lon={}", "37.6172"),
        ("(-{})", "122.41941"),
    ],
)
def test_a_canary_in_a_sentence_is_masked(sentence: str, secret: str) -> None:
    text = sentence.format(secret)

    assert secret not in scrub_text(text)
    assert secret not in str(scrub({"event": text, "rows": [(1, text)]}))


def test_a_bot_token_is_masked_wherever_it_stands() -> None:
    for text in (TOKEN, f"/bot{TOKEN}/getMe", f"Bot[token={TOKEN}]", TOKEN.replace(":", "%3A")):
        assert "AAEhBOweik6ad9r" not in scrub_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "order 8f14e45f-ceea-467f-a830-52d6bce10ab1 is booked",
        "deadline 2026-11-23T14:35:45.123456+03:00",
        "chat 1764000000 got message 512",
        "took 0.012345 s, 12.5 km, 2000.00",
        "offer 2 to C-1042 until 14:35",
        "order-01935f1e-7a2b-7c3d-8e4f-567890123456",
        "1764000000123 ms",
    ],
)
def test_ids_instants_and_amounts_stay_readable(text: str) -> None:
    assert scrub_text(text) == text


@pytest.mark.parametrize(
    "key",
    [
        *("phone", "client_phone", "address", "name", "first_name", "text", "comment", "token"),
        *("secret", "Authorization", "telegram_token", "api_key", "password", "email", "inn"),
        *("latitude", "lon", "Set-Cookie", "drillflow.phone", "note", "sentry_dsn"),
    ],
)
def test_a_telling_key_masks_whatever_it_holds(key: str) -> None:
    assert scrub({key: "Иван"}) == {key: MASK}
    assert scrub({"outer": [{key: {"deep": "Иван"}}]}) == {"outer": [{key: MASK}]}


@pytest.mark.parametrize("key", ["order_id", "card_key", "state", "service", "temporal_address"])
def test_a_plain_key_keeps_its_value(key: str) -> None:
    assert scrub({key: "value"}) == {key: "value"}


def test_values_of_other_kinds_are_made_harmless() -> None:
    order_id = UUID(int=7)
    at = datetime(2026, 11, 23, 14, 35, tzinfo=UTC)

    assert scrub([order_id, at, Colour.RED, None, True, 5]) == [
        *(str(order_id), "2026-11-23 14:35:00+00:00", "red", None, True, 5)
    ]
    assert scrub({"x": SecretStr("hunter2")}) == {"x": "SecretStr('**********')"}
    assert scrub({"x": b"photo"}) == {"x": "[5 bytes]"}
    assert scrub({"x": 79261234567}) == {"x": "[phone]"}
    assert scrub({"x": 55.755831, "seconds": 0.012345}) == {"x": 55.76, "seconds": 0.012345}


def test_a_bottomless_structure_ends() -> None:
    nested: dict[str, object] = {}
    nested["x"] = nested

    assert MASK in str(scrub(nested))


@settings(deadline=None)
@given(st.text(max_size=300))
def test_scrubbing_never_fails_and_a_second_time_changes_nothing(text: str) -> None:
    once = scrub_text(text)

    assert scrub_text(once) == once


@settings(deadline=None)
@given(st.integers(min_value=9_000_000_000, max_value=9_999_999_999))
def test_every_russian_mobile_number_is_masked(number: int) -> None:
    for text in (f"+7{number}", f"8{number}", f"call +7 {number} now"):
        assert str(number) not in scrub_text(text)
