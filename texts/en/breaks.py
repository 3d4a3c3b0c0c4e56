"""Differences from the payment provider and their repair, for support."""

WORDS = {
    "breaks.found": (
        "{number}: differs from YooKassa, a person is needed. {kind}: "
        "{subject}, ours {ours}, theirs {theirs}. /breaks"
    ),
    "breaks.invariant": "The books do not hold: {name}. Make no payouts, call a developer. {note}",
    "breaks.external": (
        "{number}: {amount} went back from the YooKassa cabinet, the order is still open. "
        "Take it into account when you end it."
    ),
    "breaks.none": "Nothing differs from YooKassa.",
    "breaks.line": "{number} {kind}, {subject}: ours {ours}, theirs {theirs}, {state}",
    "breaks.help": (
        "Repair: /repair B-1. Second person: /approve B-1. Do nothing: /dismiss B-1 why"
    ),
    "breaks.proposed": "{number}: proposed. Now another person: /approve {number}",
    "breaks.approved": "{number}: approved, being repaired.",
    "breaks.dismissed": "{number}: closed, nothing is done.",
    "break.missing_there": "they do not have our payment",
    "break.missing_here": "money we did not know of",
    "break.status_lag": "theirs has moved on",
    "break.late_success": "paid after its time",
    "break.amount_differs": "amount or end differs",
    "break.fee_differs": "fee differs",
    "break.external_refund": "refund from the cabinet",
    "break.duplicate_capture": "order paid twice",
    "break.stuck": "open for too long",
    "break.test_flag": "a training payment among real ones",
    "break.chargeback": "the bank took a payment back",
    "break.appeal": "an appeal about costs",
    "break.invariant": "the books do not hold",
    "break_state.open": "waits",
    "break_state.repairing": "being repaired",
    "break_state.awaiting_approval": "waits for a second person",
    "break_state.repaired": "repaired",
    "break_state.dismissed": "closed",
}
