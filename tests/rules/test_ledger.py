"""Every posting balances, and an order's journals end with nothing left in its deposit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import ledger
from rules.ledger import Entry, Journal, Phase
from rules.money import Shares, shares
from rules.policy import POLICY_V1

KOPECKS = st.integers(1, 10**11)


def test_unbalanced_journal_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="does not balance"):
        Journal("x", "order", "1", (Entry("a", 2, 0), Entry("b", 0, 1)))


@given(kopecks=KOPECKS)
def test_every_posting_balances(kopecks: int) -> None:
    journals = [
        ledger.held("o", "o:1", kopecks),
        ledger.captured("o", "o:1", kopecks, was_held=True),
        ledger.voided("o", "o:1", kopecks),
        ledger.provider_fee("o:1", kopecks),
        ledger.refund_requested("o", "o:1:1", kopecks),
        ledger.refund_succeeded("o", "o:1:1", kopecks),
        ledger.refund_failed("o", "o:1:1", kopecks),
        ledger.settled("o", 17, shares(kopecks, POLICY_V1)),
        ledger.costs_kept("o", 17, kopecks),
        ledger.compensated("o", 1, 1001, kopecks),
        ledger.penalised("o", 1, 17, kopecks),
    ]
    for journal in journals:
        debit = sum(line.debit_kopecks for line in journal.entries)
        credit = sum(line.credit_kopecks for line in journal.entries)
        assert debit == credit == kopecks
        assert all(line.debit_kopecks >= 0 <= line.credit_kopecks for line in journal.entries)


def _balance(journals: list[Journal], account: str) -> int:
    posted = [one for one in journals if one.phase is Phase.POSTED]
    return sum(
        line.credit_kopecks - line.debit_kopecks
        for one in posted
        for line in one.entries
        if line.account == account
    )


@pytest.mark.parametrize("refunded", [0, 1, 100_00, 2_160_00])
def test_deposit_is_empty_after_refund_and_settlement(refunded: int) -> None:
    paid = 2_400_00
    journals = [
        ledger.held("o", "o:1", paid),
        ledger.captured("o", "o:1", paid, was_held=True),
        ledger.settled("o", 17, shares(paid - refunded, POLICY_V1)),
    ]
    if refunded:
        journals.append(ledger.refund_requested("o", "o:1:1", refunded))
        journals.append(ledger.refund_succeeded("o", "o:1:1", refunded))

    assert _balance(journals, ledger.deposit("o")) == 0
    kept = _balance(journals, ledger.payable(17)) + _balance(journals, ledger.FEE_PLATFORM)
    assert kept == paid - refunded


def test_late_money_lies_in_suspense_and_leaves_it() -> None:
    journals = [
        ledger.captured("o", "o:1", 500, was_held=False, late=True),
        ledger.refund_requested("o", "o:1:1", 500, late=True),
        ledger.refund_succeeded("o", "o:1:1", 500, late=True),
    ]

    assert _balance(journals[:1], ledger.SUSPENSE) == 500
    assert _balance(journals, ledger.SUSPENSE) == 0
    assert _balance(journals, ledger.deposit("o")) == 0


def test_late_hold_is_reserved_and_let_go_in_suspense_only() -> None:
    journals = [ledger.held("o", "o:1", 500, late=True), ledger.voided("o", "o:1", 500, late=True)]

    for journal in journals:
        accounts = {line.account for line in journal.entries}
        assert accounts == {ledger.PSP_CLEARING, ledger.SUSPENSE}


def test_each_round_has_its_own_compensation_owed_by_its_own_contractor() -> None:
    journals = [
        ledger.compensated("o", 1, 1001, 500),
        ledger.penalised("o", 1, 17, 500),
        ledger.compensated("o", 2, 1001, 300),
        ledger.penalised("o", 2, 18, 300),
    ]

    assert len({(one.kind, one.source, one.source_id) for one in journals}) == len(journals)
    assert _balance(journals, ledger.credit(1001)) == 800
    owed = [_balance(journals, ledger.receivable(one)) for one in (17, 18)]
    assert owed == [-500, -300]
    assert _balance(journals, ledger.payable(17)) == 0


def test_a_resolution_names_what_it_resolves() -> None:
    capture = ledger.captured("o", "o:1", 5, was_held=True)
    assert (capture.resolves_kind, capture.resolves_source_id) == ("held", "o:1")
    assert ledger.captured("o", "o:1", 5, was_held=False).resolves_kind == ""
    refund = ledger.refund_failed("o", "o:1:2", 5)
    assert (refund.phase, refund.resolves_kind) == (Phase.VOID, "refund_requested")


def test_settlement_without_a_fee_has_no_empty_line() -> None:
    journal = ledger.settled("o", 17, Shares(0, 100))
    assert all(line.debit_kopecks or line.credit_kopecks for line in journal.entries)
