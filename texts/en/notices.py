"""Short messages: what happened and what to do now. Key: notice.<what>.<to whom>."""

WORDS = {
    "notice.still_searching.client": (
        "{number}: still looking for a crew. Nothing to pay. We write as soon as we have one."
    ),
    "notice.night_pause.client": "{number}: it is night, crews rest. We go on {morning}.",
    "notice.morning": "in the morning",
    "notice.morning_at": "at {clock}",
    "notice.person_searches.client": (
        "{number}: our staff is looking for a crew now. We answer by {until}. Nothing to pay."
    ),
    "notice.person_searches_paid.client": (
        "{number}: our staff looks for a replacement. We answer by {until}. The card can "
        "refund you."
    ),
    "notice.no_contractor.client": (
        "{number}: no crew was found. No money was taken. Order for another day or write to us."
    ),
    "notice.no_contractor_paid.client": (
        "{number}: no replacement was found. We return the whole prepayment: {refund}."
    ),
    "notice.contractor_found.client": (
        "{number}: crew found, it comes {visit}. Please prepay {to_pay} by {until}."
    ),
    "notice.replacement_found.client": (
        "{number}: another crew is found, it comes {visit}. Nothing more to pay now."
    ),
    "notice.pay_reminder.client": (
        "{number}: waiting for {to_pay} until {until}. After that the crew is let go."
    ),
    "notice.payment_declined.client": (
        "{number}: the payment failed, {declined}. Nothing was charged. Please try again."
    ),
    "notice.payment_received.client": (
        "{number}: prepayment {prepayment} received. The crew comes {visit}, "
        "its phone is on the card."
    ),
    "notice.order_unpaid.client": (
        "{number}: no prepayment came, the crew was let go. Need it again? Press “New request”."
    ),
    "notice.contractor_set_off.client": (
        "{number}: the crew is on the way. Please be within reach."
    ),
    "notice.work_started.client": "{number}: the crew has started.",
    "notice.work_done.client": (
        "{number}: the crew is done. Check and press “Accept the work” by {until}."
    ),
    "notice.start_overdue.client": (
        "{number}: the crew has not started. Call it or press “The crew didn't come”."
    ),
    "notice.contractor_withdrew.client": (
        "{number}: the crew withdrew. We look for another one. Wait or cancel, as you like."
    ),
    "notice.contractor_withdrew_paid.client": (
        "{number}: the crew can't come. We look for another one at no extra cost. Or take a refund."
    ),
    "notice.claim_made.client": (
        "{number}: the crew asks {claim} for costs ({claim_reason}). Answer by {until}."
    ),
    "notice.claim_settled.client": (
        "{number}: costs are decided. {claim} to the crew, the rest goes back to you."
    ),
    "notice.claim_decided.client": (
        "{number}: support decided: {claim} of {claim_asked} to the crew for costs, the rest goes"
        " back to you. You may appeal by {until}, with the card's button."
    ),
    "notice.claim_settled.contractor": "{number}: your costs are accepted, {claim} to you.",
    "notice.claim_decided.contractor": (
        "{number}: support decided: {claim} of {claim_asked} to you for costs. You may appeal by"
        " {until}, with the card's button."
    ),
    "notice.claim_nothing.client": "{number}: the crew had no costs, we return the rest to you.",
    "notice.order_cancelled.client": "{number}: the order is cancelled. {money}",
    "notice.please_rate.client": "{number}: work accepted, thank you! Rate the crew on the card.",
    "notice.late_money_returned.client": (
        "{number}: your payment came after the deadline. We return all of it: {amount}."
    ),
    "notice.refund_sent.client": (
        "{number}: returned {amount}. When it arrives depends on your bank."
    ),
    "notice.payments_down.client": (
        "{number}: payments are down. Your crew and time are kept; we write when they work again."
    ),
    "notice.payments_back.client": (
        "{number}: payments work again. Please pay {prepayment} by {until}."
    ),
    "notice.you_won.contractor": (
        "{number}: it is yours, be there {visit}. Waiting for the client's prepayment by {until}."
    ),
    "notice.you_won_paid.contractor": (
        "{number}: it is yours and paid already. Be there {visit}. Address and phone on the card."
    ),
    "notice.client_paid.contractor": (
        "{number}: the client paid. Be there {visit}. Address and phone on the card."
    ),
    "notice.client_did_not_pay.contractor": (
        "{number}: the client did not pay. You are free, no points were taken."
    ),
    "notice.client_cancelled.contractor": (
        "{number}: the order is cancelled. No need to go, you are free."
    ),
    "notice.claim_invited.contractor": (
        "{number}: the order is cancelled. Had costs? Claim at most {claim_cap} by {until}."
    ),
    "notice.work_accepted.contractor": "{number}: work accepted. Rate the client on the card.",
    "notice.visit_soon.contractor": (
        "{number}: leave soon, be there {visit}. When you leave, press “On my way”."
    ),
    "notice.settled.contractor": (
        "{number}: order closed, your share of the prepayment is credited. See /money"
    ),
    "notice.you_were_released.contractor": (
        "{number}: you are no longer on this order. Wait for the next request."
    ),
    "notice.slot_proposed.client": (
        "{number}: the crew proposes {proposed}. Agree, or keep {visit}."
    ),
    "notice.slot_proposed.contractor": (
        "{number}: the client proposes {proposed}. Agree, or keep {visit}."
    ),
    "notice.slot_agreed.client": "{number}: the crew agreed. New time: {visit}.",
    "notice.slot_agreed.contractor": "{number}: the client agreed. New time: {visit}.",
    "notice.slot_refused.client": "{number}: the crew can't at another time. It stays {visit}.",
    "notice.slot_refused.contractor": (
        "{number}: the client can't at another time. It stays {visit}."
    ),
    "notice.needs_person.support": (
        "{number}: a person is needed. {headline}, {town}. Next: /order {number}"
    ),
    "notice.money_stuck.support": (
        "{number}: money does not move, a person is needed. {operation}, {amount}: {trouble}. "
        "See /order {number}"
    ),
    "notice.money_recovered.support": "{number}: money moves again, nothing needs to be done.",
    "notice.captured_in_part.support": (
        "{number}: a part of the hold was captured in the YooKassa cabinet. {amount} went "
        "back. Check: /order {number}"
    ),
    "operation.create": "Creating the payment",
    "operation.get": "Checking the payment",
    "operation.capture": "Capture",
    "operation.void": "Releasing the hold",
    "operation.refund": "Refund",
    "operation.get_refund": "Checking the refund",
    "operation.other": "Operation",
    "trouble.unanswered": "YooKassa gives no answer, we go on trying",
    "trouble.integrity_breach": "YooKassa's answer is about something else, operations are frozen",
    "trouble.not_found": "YooKassa knows no such payment",
    "trouble.too_high": "the refund is above what is left of the payment",
    "trouble.not_proven": "it is not proven that the last request had no effect",
    "trouble.other": "YooKassa refuses, we go on trying",
    "notice.other": "{number}: the order has changed, see the card.",
}
