"""Which facts need a receipt and what it says: tables in roubles that an accountant can read."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import receipts
from rules.errors import BadEmail
from rules.receipts import Contact, ReceiptKind, Tax, contact, earned_kopecks, mode_of, receipt
from tests.orders import NOW

PREPAYMENT, SETTLEMENT, REFUND = ReceiptKind
WORDS = "Работы по заказу D-1042"


@pytest.mark.parametrize(
    ("kind", "earned", "type_", "mode", "settled_by"),
    [
        (PREPAYMENT, False, "payment", "full_prepayment", "cashless"),
        (SETTLEMENT, True, "payment", "full_payment", "prepayment"),
        (REFUND, False, "refund", "full_prepayment", "cashless"),
        (REFUND, True, "refund", "full_payment", "cashless"),
    ],
)
def test_a_receipt_of_1_000_roubles_tells_of_its_fact(
    kind: ReceiptKind, earned: bool, type_: str, mode: str, settled_by: str
) -> None:
    made = receipt(kind, 1_000_00, mode_of(kind, earned=earned), WORDS, Tax(4, 2, "service"))

    (line,) = made.items
    assert (line.description, line.amount_kopecks) == (WORDS, 1_000_00)
    assert (line.mode, line.vat_code, line.subject) == (mode, 4, "service")
    assert (made.type, made.settled_by, made.tax_system) == (type_, settled_by, 2)
    assert made.total_kopecks == 1_000_00


@pytest.mark.parametrize(
    ("paid", "returned", "settled", "second_receipt"),
    [
        pytest.param(1_000, 0, 1_000, 1_000, id="the work was done"),
        pytest.param(1_000, 300, 700, 700, id="a part went back, the rest was earned"),
        pytest.param(1_000, 700, 300, 300, id="costs kept of a late cancellation"),
        pytest.param(1_000, 1_000, 0, 0, id="everything went back"),
        pytest.param(600, 0, 1_000, 600, id="a credit paid 400 of it, which no till has seen"),
        pytest.param(600, 200, 800, 400, id="a credit paid 400, and 200 went back by the bank"),
        pytest.param(1_000, 0, 700, 700, id="a refund of 300 has failed and is tried again"),
    ],
)
def test_the_second_receipt_tells_of_what_was_kept(
    paid: int, returned: int, settled: int, second_receipt: int
) -> None:
    found = earned_kopecks(paid * 100, returned * 100, settled * 100)

    assert found == second_receipt * 100


@given(
    paid=st.integers(1, 10**9),
    parts=st.lists(st.integers(1, 10**8), max_size=5),
)
def test_receipts_add_up_to_the_kopeck(paid: int, parts: list[int]) -> None:
    returned = min(sum(parts), paid)
    kept = earned_kopecks(paid, returned, paid - returned)

    assert returned + kept == paid


@pytest.mark.parametrize("kopecks", [0, -1])
def test_a_receipt_of_nothing_is_a_mistake(kopecks: int) -> None:
    with pytest.raises(ValueError, match="amount"):
        receipt(PREPAYMENT, kopecks, "full_prepayment", WORDS, Tax())


def test_an_address_is_an_email_or_a_verified_phone() -> None:
    phone = "+79001234567"
    assert contact("a@b.ru", phone, phone_verified=True) == Contact(email="a@b.ru")
    assert contact(None, phone, phone_verified=True) == Contact(phone="79001234567")
    assert contact(None, phone, phone_verified=False) is None
    assert contact(None, "112", phone_verified=True) is None
    assert contact(None, None, phone_verified=False) is None


@pytest.mark.parametrize(
    "typed", ["anna@mail.ru", "  Anna.Petrova+cheki@sub.example.co ", "o'neil@a-b.io"]
)
def test_an_email_is_taken_as_typed(typed: str) -> None:
    assert receipts.read_email(typed) == typed.strip()


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "anna",
        "anna@",
        "@mail.ru",
        "anna@mail",
        "anna@@mail.ru",
        "anna@mail.ru, boris@mail.ru",
        "anna@mail.ru\r\nBcc: all@mail.ru",
        "anna@mail.ru\nX: y",
        "Анна <anna@mail.ru>",
        "анна@почта.рф",
        ".anna@mail.ru",
        "anna@-mail.ru",
        "anna@mail..ru",
        f"{'a' * 100}@mail.ru",
    ],
)
def test_what_is_no_email_is_refused(typed: str) -> None:
    with pytest.raises(BadEmail):
        receipts.read_email(typed)


def test_a_key_lives_23_hours_and_a_person_is_asked_after_24() -> None:
    hour = timedelta(hours=1)
    assert not receipts.key_is_dead(None, NOW)
    assert not receipts.key_is_dead(NOW, NOW + 22 * hour)
    assert receipts.key_is_dead(NOW, NOW + 23 * hour)
    assert not receipts.is_late(NOW, NOW + 23 * hour)
    assert receipts.is_late(NOW, NOW + 24 * hour)


def test_it_is_tried_each_minute_first_and_each_hour_in_the_end() -> None:
    waits = [receipts.wait_seconds(tries) for tries in range(12)]

    assert waits[:3] == [60, 120, 240]
    assert waits == sorted(waits)
    assert waits[-1] == 3600
