"""Proven costs: what may be claimed, what silence grants, and who decides."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rules import cancelling, claims
from rules.changes import MoneyAction, Notice
from rules.errors import BadInput, ClaimTooHigh, NoClaimOpen
from rules.orders import ClaimItem, ClaimState, Order, OrderEvent, Role
from rules.payments import Money
from rules.views import view
from tests.orders import NOW, started_order

PROVEN = ("a-picture",)


def open_claim() -> Order:
    """Cancelled at work: the whole prepayment of 2 400 ₽ may be proven costs."""
    return cancelling.cancelled(started_order(), Role.CLIENT, "price", NOW).order


def made(*items: ClaimItem) -> Order:
    return claims.claimed(open_claim(), items, NOW).order


@pytest.mark.parametrize(
    ("items", "kopecks"),
    [
        ([ClaimItem("travel", 1)], 1),
        ([ClaimItem("travel", 2_400_00)], 2_400_00),
        ([ClaimItem("travel", 400_00, PROVEN), ClaimItem("materials", 2_000_00)], 2_400_00),
        ([ClaimItem("work_begun", 100_00)] * 5, 500_00),
    ],
)
def test_items_add_up_to_the_claim(items: list[ClaimItem], kopecks: int) -> None:
    claim = made(*items).claim

    assert claim is not None
    assert (claim.amount_kopecks, claim.asked_kopecks) == (kopecks, kopecks)
    assert claim.items == tuple(items)


@pytest.mark.parametrize(
    ("items", "refused"),
    [
        ([], BadInput),
        ([ClaimItem("travel", 100_00)] * 6, BadInput),
        ([ClaimItem("travel", 0)], BadInput),
        ([ClaimItem("travel", 500_00), ClaimItem("materials", -100_00)], BadInput),
        ([ClaimItem("gold", 100_00)], BadInput),
        ([ClaimItem("travel", 1, tuple(map(str, range(11))))], BadInput),
        ([ClaimItem("travel", 1, PROVEN), ClaimItem("materials", 1, PROVEN)], BadInput),
        ([ClaimItem("travel", 2_400_01)], ClaimTooHigh),
        ([ClaimItem("travel", 2_000_00), ClaimItem("materials", 400_01)], ClaimTooHigh),
    ],
)
def test_what_cannot_be_claimed(items: list[ClaimItem], refused: type[Exception]) -> None:
    with pytest.raises(refused):
        made(*items)


@pytest.mark.parametrize(
    ("roubles", "files", "granted"),
    [
        (1_000, (), True),
        (1_000.01, (), False),
        (2_400, (), False),
        (2_400, PROVEN, True),
    ],
)
def test_silence_grants_what_is_little_or_proven(
    roubles: float, files: tuple[str, ...], granted: bool
) -> None:
    order = made(ClaimItem("travel", round(roubles * 100), files))
    late = NOW + timedelta(days=1)

    change = claims.unanswered(order, late)

    seen = view(order, Money()).claim
    assert seen is not None
    assert seen.needs_proof is not granted
    if granted:
        assert (change.event, change.by) == (OrderEvent.CLAIM_SETTLED, Role.SYSTEM)
        return
    assert (change.event, change.money) == (OrderEvent.CLAIM_OBJECTED, MoneyAction.NONE)
    assert change.order.needs_attention
    assert [one.notice for one in change.tellings] == [Notice.NEEDS_PERSON]
    # The client's own word needs no picture.
    assert claims.decided(order, Role.CLIENT, None, late).event is OrderEvent.CLAIM_SETTLED


def test_an_open_claim_that_nobody_makes_is_waived() -> None:
    change = claims.unanswered(open_claim(), NOW + timedelta(days=1))

    assert (change.event, change.by) == (OrderEvent.CLAIM_WAIVED, Role.SYSTEM)
    with pytest.raises(NoClaimOpen):
        claims.unanswered(change.order, NOW)


@pytest.mark.parametrize("reason", ["gold", "", "unproven"])
def test_an_objection_has_a_reason_of_its_own(reason: str) -> None:
    order = made(ClaimItem("travel", 100_00))
    with pytest.raises(BadInput):
        claims.objected(order, reason, NOW)

    claim = claims.objected(order, "too_much", NOW).order.claim
    assert claim is not None
    assert (claim.state, claim.objection) == (ClaimState.OBJECTED, "too_much")


@pytest.mark.parametrize(
    ("granted", "client_lost", "contractor_lost"),
    [(0, False, True), (300_00, True, True), (500_00, True, False)],
)
def test_both_hear_what_support_decides_and_whoever_lost_may_appeal_for_a_week(
    granted: int, client_lost: bool, contractor_lost: bool
) -> None:
    order = claims.objected(made(ClaimItem("travel", 500_00)), "other", NOW).order

    change = claims.decided(order, Role.SUPPORT, granted, NOW, support_id=7)

    assert change.actor_id == 7
    assert [(one.role, one.notice) for one in change.tellings] == [
        (Role.CLIENT, Notice.CLAIM_SETTLED),
        (Role.CONTRACTOR, Notice.CLAIM_SETTLED),
    ]
    seen = view(change.order, Money()).claim
    assert seen is not None
    assert seen.until == NOW + timedelta(days=7)
    lost = (seen.was_lost_by(Role.CLIENT), seen.was_lost_by(Role.CONTRACTOR))
    assert lost == (client_lost, contractor_lost)
    # Against one's own word, or silence, there is no appeal.
    assert not replace(seen, decided_by=Role.CLIENT).was_lost_by(Role.CLIENT)
    with pytest.raises(BadInput):
        claims.decided(order, Role.SUPPORT, 500_01, NOW)
