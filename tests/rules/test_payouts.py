"""Payouts: what is paid out of what is there, and by whose word."""

import pytest

from rules.errors import PayoutDecided, SecondPersonNeeded
from rules.payouts import RegisterState, account, check_approval, check_rejection, minimum, portion
from rules.policy import POLICY_V1
from rules.statements import Side

MINIMUM = minimum(Side.CONTRACTOR, POLICY_V1)
_S = RegisterState


@pytest.mark.parametrize(
    ("available", "owed", "paid", "kept"),
    [(900, 0, 900, 0), (900, 300, 600, 300), (500, 0, 500, 0), (900, 400, 500, 400)],
)
def test_a_portion_is_what_is_there_less_what_is_owed(
    available: int, owed: int, paid: int, kept: int
) -> None:
    part = portion(available * 100, owed * 100, MINIMUM)

    assert part is not None
    assert (part.amount_kopecks, part.set_off_kopecks) == (paid * 100, kept * 100)


@pytest.mark.parametrize(("available", "owed"), [(0, 0), (499, 0), (900, 401), (300, 900), (-5, 0)])
def test_no_portion_is_too_small(available: int, owed: int) -> None:
    assert portion(available * 100, owed * 100, MINIMUM) is None


def test_each_side_has_its_own_account_and_smallest_sum() -> None:
    assert (MINIMUM, minimum(Side.CLIENT, POLICY_V1)) == (500_00, 100_00)
    assert account(Side.CLIENT, 17) == "client:17:credit"
    assert account(Side.CONTRACTOR, 17) == "contractor:17:payable"


def test_another_person_approves_once() -> None:
    check_approval(_S.PROPOSED, "api:anna", "api:boris")
    for state in _S:
        with pytest.raises(SecondPersonNeeded):
            check_approval(state, "api:anna", "api:anna")
    for state in (_S.APPROVED, _S.SENT, _S.REJECTED, _S.CLOSED):
        with pytest.raises(PayoutDecided):
            check_approval(state, "api:anna", "api:boris")


def test_a_register_is_taken_back_only_before_the_bank_has_it() -> None:
    for state in (_S.PROPOSED, _S.APPROVED):
        check_rejection(state)
    for state in (_S.SENT, _S.REJECTED, _S.CLOSED):
        with pytest.raises(PayoutDecided):
            check_rejection(state)
