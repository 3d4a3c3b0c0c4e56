"""Facts of an order: one sentence per fact, for cards, the page, the console and support."""

WORDS = {
    "fact.what": "{service} ({detail}), {town}.",
    "fact.state": "{headline} ({since}).",
    "fact.state_bare": "{headline}.",
    # the state as the client sees it
    "headline.client.new": "Checking your request",
    "headline.client.searching": "Looking for a crew",
    "headline.client.searching_person": "Our staff is looking for a crew",
    "headline.client.searching_again": "Looking for another crew",
    "headline.client.awaiting_prepayment": "Crew found",
    "headline.client.booked": "Visit booked",
    "headline.client.on_the_way": "The crew is on the way",
    "headline.client.overdue": "The crew is late",
    "headline.client.in_progress": "Work in progress",
    "headline.client.awaiting_acceptance": "Work done",
    "headline.client.completed": "Work accepted",
    "headline.client.cancelled": "Order cancelled",
    "headline.client.unpaid": "Order closed: no prepayment",
    "headline.client.no_contractor": "No crew found",
    "headline.client.rejected": "Request not accepted",
    "headline.client.disputed": "Dispute: support decides",
    # the state as the crew sees it
    "headline.contractor.new": "Request is being checked",
    "headline.contractor.searching": "Request looks for a crew",
    "headline.contractor.searching_person": "Request looks for a crew",
    "headline.contractor.searching_again": "Request looks for a crew",
    "headline.contractor.awaiting_prepayment": "Yours, waiting for prepayment",
    "headline.contractor.booked": "Paid, visit booked",
    "headline.contractor.on_the_way": "You are on the way",
    "headline.contractor.overdue": "Time to start, the client waits",
    "headline.contractor.in_progress": "Work in progress",
    "headline.contractor.awaiting_acceptance": "Waiting for the client's word",
    "headline.contractor.completed": "Work accepted",
    "headline.contractor.cancelled": "Order cancelled",
    "headline.contractor.unpaid": "The client did not pay",
    "headline.contractor.no_contractor": "Request closed",
    "headline.contractor.rejected": "Request closed",
    "headline.contractor.disputed": "Dispute: support decides",
    # the state as support sees it
    "headline.support.new": "New request, being checked",
    "headline.support.searching": "Searching for a crew",
    "headline.support.searching_person": "Search exhausted",
    "headline.support.searching_again": "Replacing the crew of a paid order",
    "headline.support.awaiting_prepayment": "Waiting for prepayment",
    "headline.support.booked": "Visit booked",
    "headline.support.on_the_way": "Crew on the way",
    "headline.support.overdue": "Start of work overdue",
    "headline.support.in_progress": "Work in progress",
    "headline.support.awaiting_acceptance": "Waiting for the client's acceptance",
    "headline.support.completed": "Completed",
    "headline.support.cancelled": "Cancelled",
    "headline.support.unpaid": "Closed without prepayment",
    "headline.support.no_contractor": "No crew found",
    "headline.support.rejected": "Rejected by the checks",
    "headline.support.disputed": "Dispute, money frozen",
    # what is waited for
    "wait.client.new": "We are about to look for a crew.",
    "wait.client.searching": "Your request went to {crews}, answers are due by {until}.",
    "wait.client.searching_quiet": (
        "Waiting for a crew nearby to become free. Then we write at once."
    ),
    "wait.client.searching_free": "There is nothing to pay yet.",
    "wait.client.searching_person": "Our staff is calling crews. We answer by {until}.",
    "wait.client.searching_again": "Your prepayment is kept. We write as soon as we have a crew.",
    "wait.client.awaiting_prepayment": "Prepay by {until}. Until then the crew is kept for you.",
    "wait.client.payments_down": (
        "Payments are down. Your crew and time are kept, the clock stands still."
    ),
    "wait.client.booked": "We will write to you when the crew sets off.",
    "wait.client.on_the_way": "Please be within reach. We write when the crew begins.",
    "wait.client.overdue": "Call the crew. If it did not come, tell us: we find another.",
    "wait.client.in_progress": "When the crew is done, we will ask you to accept the work.",
    "wait.client.awaiting_acceptance": (
        "Check and accept the work by {until}. Without your answer we accept it for you."
    ),
    "wait.client.completed": "If something is wrong, write to us by {until}.",
    "wait.client.disputed": (
        "The money goes to nobody until it is decided. We write the decision here."
    ),
    "wait.client.no_contractor": "Try another day or write to us.",
    "wait.client.rejected": "Write to us, we will sort it out.",
    "wait.client.unpaid": "The crew was let go. You can order again.",
    "wait.contractor.awaiting_prepayment": (
        "The client pays by {until}. If not, you are free again and lose no points."
    ),
    "wait.contractor.payments_down": "Payments are down. The job stays yours, please wait.",
    "wait.contractor.booked": "When you leave, press “On my way”.",
    "wait.contractor.on_the_way": "When you begin, press “Started”.",
    "wait.contractor.overdue": "If you are late, call the client.",
    "wait.contractor.in_progress": "When you finish, press “Done”.",
    "wait.contractor.awaiting_acceptance": (
        "The client checks the work by {until}. Without an answer we accept it."
    ),
    "wait.contractor.completed": "Your share of the prepayment comes after {until}, if undisputed.",
    "wait.contractor.disputed": (
        "The money goes to nobody until it is decided. We write the decision here."
    ),
    "wait.contractor.unpaid": (
        "Your time is free again, no points were taken. Wait for the next request."
    ),
    "wait.support.payments_down": "Payments are down, the clock stands still.",
    "wait.support": "Due: {until}.",
    # who, when, where
    "fact.crew": "Crew {number}.",
    "fact.crew_full": "Crew {number}: {about}.",
    "fact.rating": "rating {rating}",
    "fact.first_order": "first order with us",
    "fact.crew_phone": "Crew's phone: {phone}.",
    "fact.client": "Client: {about}.",
    "fact.address": "Address: {address}.",
    "fact.comment": "The client writes: {comment}",
    "fact.hidden": "Address and phone appear after the prepayment.",
    "fact.wish_day": "When: {day}.",
    "fact.wish_soonest": "When: as soon as possible.",
    "fact.visit": "The crew comes: {when}.",
    "fact.visit_asked": "Be there: {when}.",
    "fact.set_off": "The crew comes: {when}, on the way since {clock}.",
    "fact.started": "Started {when}.",
    "fact.distance": "{distance} away.",
    "fact.answer_until": "Answer by {until}.",
    "fact.late_but_open": "The request is still free, you can take it.",
    # money
    "money.price": "Price {price}, prepayment {prepayment} is part of it.",
    "money.credit": "Your compensation pays {credit} of it, {to_pay} is left to pay.",
    "money.credit_part": "Your compensation paid {credit} more.",
    "money.credit_back": "Of this, {credit} goes back to your compensation balance.",
    "money.credit_returned": "{credit} is on your compensation balance again.",
    "money.credit_support": "The client's compensation pays {credit} of the prepayment.",
    "money.confirming": "Preparing the payment link, it takes a few seconds.",
    "money.invoice": "The invoice is a message of its own. Pay it, and this updates by itself.",
    "money.link": "Once the payment arrives, this updates by itself.",
    "money.declined": "The payment failed: {reason}. Nothing was charged, please try again.",
    "money.held": "Prepayment {amount} is on hold on your card, not charged yet.",
    "money.confirming_payment": "The bank is confirming {amount}, nothing to do for you.",
    "money.captured": "Prepayment {amount} received.",
    "money.rest": "You pay the rest to the crew on site.",
    "money.rest_contractor": "Prepayment {amount} is in, the client pays you the rest.",
    "money.final": "Final price {price}. You pay the crew {rest} on site.",
    "money.final_contractor": "Final price {price}, the client pays you {rest} more.",
    "money.cancel_free": "Cancelling is free: we return {amount}.",
    "money.cancel_nothing": "Cancelling is free.",
    "money.cancel_cost": (
        "If you cancel now, we return {back} at once. And {cap} more if the crew had no costs."
    ),
    "money.cancel_all": "If you cancel now, we return {cap} only if the crew had no costs.",
    "money.free_until": "It is free until {until}, then we return less at once.",
    "money.cost_until": "This holds until {until}, then we return less at once.",
    "money.nothing": "No money was taken.",
    "money.unfrozen": "The hold is released, nothing was charged.",
    "money.unfreezing": "Releasing the hold of {amount}, nothing will be charged.",
    "money.refunding": "Returning {amount}, the money is on its way through the bank.",
    "money.refund_delayed": "The refund of {amount} is delayed. We are on it, it is not lost.",
    "money.refunded": "Returned {amount}.",
    "money.compensation": (
        "Compensation for you: {amount}. It counts for your next prepayment or is paid out."
    ),
    "money.kept": "Prepayment {amount} counts towards the price.",
    "money.share_paid": "Your share of the prepayment is credited. See /money",
    "money.support": (
        "Prepayment {prepayment}: held {held}, captured {captured}, refunded {refunded}."
    ),
    "money.compensation_support": "Compensation for the client: {amount}.",
    # another time
    "proposal.own": "You proposed {when}, waiting for the answer.",
    "proposal.client": "The client proposes another time: {when}.",
    "proposal.contractor": "The crew proposes another time: {when}.",
    # costs after a cancellation
    "claim.client.open": "We return {cap} more unless the crew proves costs by {until}.",
    "claim.client.made": (
        "The crew asks {amount} for costs: {reason}. Without your answer by {until} it gets that."
    ),
    "claim.client.unproven": (
        "The crew asks {amount} for costs: {reason}, no photo. Unless you answer by {until},"
        " support decides."
    ),
    "claim.client.objected": "Support decides about {amount}.",
    "claim.client.settled": "To the crew for costs: {amount}.",
    "claim.client.decided": (
        "Support decided: {amount} of {asked} to the crew for costs. Appeal by {until}."
    ),
    "claim.client.none": "The crew had no costs.",
    "claim.contractor.open": "Had costs? Claim at most {cap} by {until}.",
    "claim.contractor.made": "You ask {amount}: {reason}. The client answers by {until}.",
    "claim.contractor.unproven": (
        "You ask {amount}: {reason}. Without a photo or an answer by {until}, support decides."
    ),
    "claim.contractor.objected": "The client objects to {amount} ({objection}), support decides.",
    "claim.contractor.contested": "No photo, no answer: support decides about {amount}.",
    "claim.contractor.decided": (
        "Support decided: {amount} of {asked} to you for costs. Appeal by {until}."
    ),
    "claim.contractor.settled": "To you for costs: {amount}.",
    "claim.contractor.none": "No costs claimed, the prepayment goes back to the client.",
    "claim.support.open": "The crew may claim costs up to {cap}, by {until}.",
    "claim.support.made": "Claimed {amount}: {reason}, the client answers by {until}.",
    "claim.support.unproven": (
        "Claimed {amount} without a photo: {reason}, the client answers by {until}."
    ),
    "claim.support.objected": "The client objects to {amount} ({objection}): decision needed.",
    "claim.support.contested": "Claimed {amount} without a photo, no answer: decision needed.",
    "claim.support.decided": "Crew's costs: {amount} of {asked}, support decided.",
    "claim.support.settled": "Crew's costs: {amount}.",
    "claim.support.none": "The crew had no costs.",
    "claim.item_proof": "proof: {photos}",
    "claim.cap": "At most {cap}.",
    "claim.decide_how": "Decide: /claim {number} and the roubles.",
    "claim.appeal_open": "An appeal ({side}) waits for another person: /appeal, number, sum.",
    "claim.appeal_over": "The appeal ({side}) is decided: {amount}.",
    "claim.item": "{reason} {amount}",
    "claim.proof": "Proof: {photos}.",
    # why it ended
    "ended.client.client": "You cancelled the order.",
    "ended.client.contractor": "The crew cancelled the order.",
    "ended.client.support": "Support cancelled the order.",
    "ended.client.system": "The order was cancelled automatically.",
    "ended.contractor.client": "The client cancelled the order.",
    "ended.contractor.contractor": "You cancelled the order.",
    "ended.contractor.support": "Support cancelled the order.",
    "ended.contractor.system": "The order was cancelled automatically.",
    "ended.support.client": "Cancelled by the client.",
    "ended.support.contractor": "Cancelled by the crew.",
    "ended.support.support": "Cancelled by support.",
    "ended.support.system": "Cancelled automatically.",
    "fact.reason": "Reason: {reason}.",
    "stars.given": "Your rating: {stars} of 5.",
    "stars.got": "You were rated {stars} of 5.",
    "stars.support": "Ratings: from the client {client}, from the crew {contractor}.",
    "stars.none": "none",
}
