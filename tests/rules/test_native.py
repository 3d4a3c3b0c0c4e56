"""What becomes of money that Telegram says was paid by an invoice."""

from dataclasses import replace

import pytest

from rules.attempts import Attempt, AttemptState, Method, Money, Op
from rules.native import Paid, fits, hear_of
from rules.payments import step_of
from rules.policy import POLICY_V1
from tests.factories import NOON

pytestmark = pytest.mark.money
SUM = 2_100_00
INVOICE = Attempt(1, Method.TELEGRAM, SUM, NOON, AttemptState.PENDING)


@pytest.mark.parametrize(
    ("attempt", "extra"),
    [
        (INVOICE, 0),
        (replace(INVOICE, state=AttemptState.CAPTURED, provider_id="p-1"), 0),
        (replace(INVOICE, state=AttemptState.CAPTURED, provider_id="p-0"), 1),
        (replace(INVOICE, released=True), 0),
        (replace(INVOICE, state=AttemptState.EXPIRED, released=True), 1),
        (replace(INVOICE, method=Method.CARD, state=AttemptState.EXPIRED), 0),
        (replace(INVOICE, number=2), 0),
    ],
)
def test_only_what_no_attempt_can_take_becomes_an_unwanted_one(
    attempt: Attempt, extra: int
) -> None:
    money = Money((attempt,))
    paid = Paid(1, "p-1", SUM)

    heard = hear_of(money, paid, NOON)

    assert len(heard.attempts) == 1 + extra
    assert hear_of(heard, paid, NOON) == heard
    assert heard.current == money.current
    if extra:
        unwanted = heard.attempts[-1]
        assert (unwanted.released, unwanted.provider_id) == (True, "p-1")
        step = step_of(unwanted, POLICY_V1)
        assert step is not None
        assert step.op is Op.GET


@pytest.mark.parametrize(("kopecks", "fit"), [(1_00, False), (200_00, True), (9_000_000_00, False)])
def test_telegram_takes_no_tiny_and_no_huge_invoices(kopecks: int, fit: bool) -> None:
    assert fits(kopecks) is fit
