"""A contractor's proven costs after a late cancellation: claimed, answered, decided."""

from dataclasses import replace
from datetime import datetime, timedelta

from rules import credit
from rules.changes import Change, MoneyAction, Notice, to_client, to_contractor, to_support
from rules.errors import BadInput, ClaimTooHigh, NoClaimOpen
from rules.limits import CLAIM_ITEMS_MAX, CLAIM_PICTURES_MAX
from rules.orders import Claim, ClaimItem, ClaimState, Order, OrderEvent, Role
from rules.reasons import CLAIM_REASONS, OBJECTION_REASONS, UNPROVEN


def claimed(order: Order, items: tuple[ClaimItem, ...], now: datetime) -> Change:
    """The contractor claims proven costs, at most the cap, with what they were for.

    Raises:
        NoClaimOpen: Nothing can be claimed (any more).
        ClaimTooHigh: Above the cap.
        BadInput: No items or too many, one without an amount or a known reason.
    """
    claim = _open_claim(order)
    _check(items)
    kopecks = sum(one.kopecks for one in items)
    if kopecks > claim.cap_kopecks:
        raise ClaimTooHigh(str(claim.cap_kopecks))
    until = now + timedelta(seconds=order.policy.claim_seconds)
    made = replace(
        claim,
        state=ClaimState.MADE,
        amount_kopecks=kopecks,
        asked_kopecks=kopecks,
        reason=items[0].reason,
        items=items,
        until=until,
    )
    after = order.after(OrderEvent.CLAIMED, now, claim=made, due_at=until)
    return Change(
        after,
        OrderEvent.CLAIMED,
        Role.CONTRACTOR,
        order.contractor_id,
        tellings=to_client(Notice.CLAIM_MADE),
    )


def _check(items: tuple[ClaimItem, ...]) -> None:
    if not 1 <= len(items) <= CLAIM_ITEMS_MAX:
        raise BadInput(f"a claim has 1 to {CLAIM_ITEMS_MAX} items")
    if any(one.kopecks <= 0 or one.reason not in CLAIM_REASONS for one in items):
        raise BadInput("a claim needs an amount and what it was for")
    pictures = [name for one in items for name in one.files]
    if len(pictures) > CLAIM_PICTURES_MAX or len(set(pictures)) != len(pictures):
        raise BadInput(f"a claim has at most {CLAIM_PICTURES_MAX} pictures, each once")


def _open_claim(order: Order) -> Claim:
    if order.claim is None or order.claim.state is not ClaimState.OPEN:
        raise NoClaimOpen()
    return order.claim


def needs_proof(order: Order) -> bool:
    """Whether the claim is too high to be granted by silence without a picture."""
    claim = order.claim
    if claim is None or claim.has_proof:
        return False
    return claim.amount_kopecks > order.policy.claim_proof_above_kopecks


def waived(order: Order, by: Role, now: datetime) -> Change:
    """'No costs' (or a day's silence): the rest goes back to the client."""
    claim = _open_claim(order)
    return _settled(order, replace(claim, decided_by=by), 0, OrderEvent.CLAIM_WAIVED, now)


def objected(order: Order, reason: str, now: datetime, by: Role = Role.CLIENT) -> Change:
    """The client objects, or nothing proves the claim; a person decides.

    Raises:
        NoClaimOpen: There is no claim to object to.
        BadInput: The reason is unknown.
    """
    if order.claim is None or order.claim.state is not ClaimState.MADE:
        raise NoClaimOpen()
    if reason not in (*OBJECTION_REASONS, *((UNPROVEN,) if by is Role.SYSTEM else ())):
        raise BadInput("an objection needs a known reason")
    contested = replace(order.claim, state=ClaimState.OBJECTED, objection=reason)
    after = order.after(
        OrderEvent.CLAIM_OBJECTED, now, claim=contested, needs_attention=True, due_at=None
    )
    return Change(
        after,
        OrderEvent.CLAIM_OBJECTED,
        by,
        order.client_id if by is Role.CLIENT else None,
        tellings=to_support(Notice.NEEDS_PERSON),
        note=reason,
    )


def unanswered(order: Order, now: datetime) -> Change:
    """The time is up: an open claim is waived, a proven one granted, another goes to a person.

    Raises:
        NoClaimOpen: There is none that waits.
    """
    if order.claim is not None and order.claim.state is ClaimState.OPEN:
        return waived(order, Role.SYSTEM, now)
    if needs_proof(order):
        return objected(order, UNPROVEN, now, Role.SYSTEM)
    return decided(order, Role.SYSTEM, None, now)


def decided(
    order: Order, by: Role, kopecks: int | None, now: datetime, support_id: int | None = None
) -> Change:
    """The claim stands: by the client's word or silence in full, by support as decided.

    Raises:
        NoClaimOpen: There is none. BadInput: More than was claimed.
    """
    claim = order.claim
    if claim is None or claim.state not in (ClaimState.MADE, ClaimState.OBJECTED):
        raise NoClaimOpen()
    granted = claim.amount_kopecks if kopecks is None else kopecks
    if not 0 <= granted <= claim.amount_kopecks:
        raise BadInput("granted costs lie between nothing and the claim")
    until = claim.until
    if by is Role.SUPPORT:
        until = now + timedelta(seconds=order.policy.claim_appeal_seconds)
    verdict = replace(claim, decided_by=by, until=until)
    return _settled(order, verdict, granted, OrderEvent.CLAIM_SETTLED, now, support_id)


def _settled(
    order: Order,
    claim: Claim,
    granted: int,
    event: OrderEvent,
    now: datetime,
    support_id: int | None = None,
) -> Change:
    rest = claim.cap_kopecks - granted
    back = credit.give_back(order, rest)
    after = order.after(
        event,
        now,
        claim=replace(claim, state=ClaimState.SETTLED, amount_kopecks=granted),
        refund_kopecks=order.refund_kopecks + rest,
        needs_attention=False,
        due_at=None,
    )
    told = to_client(Notice.CLAIM_SETTLED)
    if event is OrderEvent.CLAIM_SETTLED:
        told = (*told, *to_contractor(order.contractor_id, Notice.CLAIM_SETTLED))
    # What is granted is posted when the books close: only then is it certain that it was taken.
    return Change(
        after,
        event,
        claim.decided_by or Role.SYSTEM,
        support_id,
        journals=back.journals,
        tellings=told,
        money=MoneyAction.REFUND if rest else MoneyAction.NONE,
        refund_kopecks=back.provider_kopecks,
    )
