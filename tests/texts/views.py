"""Order views in every state, as rows give them to each role."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rules.catalog import Service, rubles
from rules.orders import OfferState, OrderState, Role
from rules.payments import Method, MoneySummary
from rules.views import ClaimView, OfferView, OrderView

NOW = datetime(2026, 9, 5, 11, 5, tzinfo=UTC)
VISIT = NOW + timedelta(hours=3)
PREPAID = 2_000_00
HELD = MoneySummary(held_kopecks=PREPAID)
CAPTURED = MoneySummary(captured_kopecks=PREPAID)
PERSONAL = {
    "client_name": "Анна <b>Петрова",
    "client_phone": "+7 900 111-22-33",
    "address": "Садовая 5 & гараж",
    "latitude": 56.85,
    "longitude": 35.9,
    "comment": "во дворе собака",
}
CREW = {
    "contractor_name": "Иван",
    "contractor_phone": "+7 900 444-55-66",
    "contractor_rating": 4.83,
    "contractor_completed": 12,
}
SECRETS = ("Анна", "111-22-33", "Садовая", "собака", "444-55-66")
_S = OrderState


def base(state: OrderState, **changes: object) -> OrderView:
    """A view of an urgent order in a state, the way the last commit left it."""
    view = OrderView(
        order_id="0b7c",
        number=1042,
        version=7,
        state=state,
        service=Service.REPAIR_NO_WATER,
        detail="symptom_silent",
        town="Тверь",
        region="Тверская область",
        utc_offset_minutes=180,
        estimate=rubles(10_000, 25_000),
        prepayment_kopecks=PREPAID,
        created_at=NOW - timedelta(minutes=5),
        state_since=NOW,
        page_url="https://example.ru/o/abc",
    )
    return replace(view, **changes)  # type: ignore[arg-type]  # names are checked at run time


def offer(state: OfferState, **changes: object) -> OfferView:
    """Contractor 17's offer."""
    found = OfferView(
        17, 2, state, NOW + timedelta(minutes=5), VISIT, 8.44, 0.84, (("proximity", 0.21),)
    )
    return replace(found, **changes)  # type: ignore[arg-type]  # names are checked at run time


def claim(state: str, amount: int = 0) -> ClaimView:
    """A claim of at most half of the prepayment."""
    reason = "travel" if state != "open" else ""
    return ClaimView(state, 1_000_00, amount, reason, NOW + timedelta(days=1))


def states() -> dict[str, OrderView]:
    """Every state with its phases, for both sides, with everything known that ever can be."""
    crew = {"contractor_id": 17, **CREW, **PERSONAL}
    wait = {**crew, "visit_at": VISIT, "due_at": NOW + timedelta(minutes=30)}
    paid = {**crew, "visit_at": VISIT, "due_at": VISIT, "prepaid": True, "money": HELD}
    work = {**paid, "started_at": VISIT, "due_at": None, "money": CAPTURED}
    done = {**work, "done_at": VISIT, "due_at": NOW + timedelta(days=1)}
    over = {**done, "completed_at": VISIT}
    again = {"prepaid": True, "money": CAPTURED, "redispatch_since": NOW, **PERSONAL}
    url = MoneySummary(payment_url="https://pay.example.ru/1", payment_method=Method.CARD)
    gone = {**paid, "cancelled_by": Role.CLIENT, "reason": "changed_mind", "money": CAPTURED}
    half = {**gone, "refund_kopecks": 1_000_00}
    return {
        "new": base(_S.NEW, **PERSONAL),
        "searching": base(
            _S.SEARCHING, due_at=NOW + timedelta(minutes=5), offered=3, wave=2, **PERSONAL
        ),
        "searching_quiet": base(_S.SEARCHING, **PERSONAL),
        "searching_person": base(
            _S.SEARCHING, person_since=NOW, due_at=NOW + timedelta(days=1), **PERSONAL
        ),
        "searching_again": base(_S.SEARCHING, compensation_kopecks=200_00, **again),
        "awaiting": base(_S.AWAITING_PREPAYMENT, **wait),
        "awaiting_url": base(_S.AWAITING_PREPAYMENT, **wait, money=url),
        "awaiting_confirming": base(
            _S.AWAITING_PREPAYMENT, **wait, money=MoneySummary(confirming=True)
        ),
        "awaiting_declined": base(
            _S.AWAITING_PREPAYMENT,
            **wait,
            money=MoneySummary(decline_reason="insufficient_funds"),
        ),
        "booked": base(_S.BOOKED, **paid),
        "on_the_way": base(_S.BOOKED, **paid, set_off_at=NOW, claim_cap_kopecks=1_000_00),
        "overdue": base(_S.BOOKED, **{**paid, "due_at": None, "needs_attention": True}),
        "in_progress": base(_S.IN_PROGRESS, **work, claim_cap_kopecks=PREPAID),
        "awaiting_acceptance": base(_S.AWAITING_ACCEPTANCE, **done, final_price_kopecks=14_500_00),
        "completed": base(_S.COMPLETED, **over),
        "completed_rated": base(_S.COMPLETED, **over, client_stars=5, contractor_stars=4),
        "completed_closed": base(_S.COMPLETED, **over, money_closed=True),
        "cancelled_free": base(_S.CANCELLED, cancelled_by=Role.CLIENT, reason="price"),
        "cancelled_back": base(
            _S.CANCELLED,
            **{**gone, "money": MoneySummary(captured_kopecks=PREPAID, refunded_kopecks=PREPAID)},
            refund_kopecks=PREPAID,
        ),
        "cancelled_open": base(_S.CANCELLED, **half, claim=claim("open")),
        "cancelled_made": base(_S.CANCELLED, **half, claim=claim("made", 600_00)),
        "cancelled_objected": base(_S.CANCELLED, **half, claim=claim("objected", 600_00)),
        "cancelled_settled": base(_S.CANCELLED, **half, claim=claim("settled", 600_00)),
        "unpaid": base(_S.UNPAID, **wait),
        "no_contractor": base(_S.NO_CONTRACTOR),
        "rejected": base(_S.REJECTED),
        "disputed": base(_S.DISPUTED, **{**work, "needs_attention": True}),
    }
