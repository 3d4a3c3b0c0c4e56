"""A running search: support's price, and “why” for support and for a crew."""

WORDS = {
    "price.proposed": (
        "For {price} a crew is found sooner, the prepayment would be {prepayment}. Do you agree?"
    ),
    "price.proposed_paid": (
        "For {price} a crew is found sooner. The prepayment stays the same. Do you agree?"
    ),
    "price.support": "The client has been proposed {price}, waiting for his answer.",
    "button.price_yes": "✅ Agree",
    "button.price_no": "❌ Keep the old one",
    "button.block": "🚫 Never offer again",
    "block.done": "We won't offer again",
    "button.why": "❔ Why not me",
    "notice.price_proposed.client": (
        "{number}: crews are busy at this price. See the new price on the card."
    ),
    "notice.price_refused.support": "{number}: the client keeps the old price.",
    "widen.done": "Those who agree to go up to {distance} farther will be asked.",
    "widen.others": "They don't go that far, but you may call them: {crews}.",
    "widen.other": "{crew} ({distance})",
    "why.wave": "Wave {wave} (round {round}), policy {policy}, seed {seed}.",
    "why.empty": "Wave {wave} (round {round}): nobody was asked.",
    "why.line": "{crew}, {became}, {distance}: {why}",
    "why.more": "And {count} more were eligible but ranked lower.",
    "why.none": "Nobody has been looked for yet.",
    "why_not.title": "Why not you: {number}",
    "why_not.won": "The order is yours. {why}",
    "why_not.offered": "The order was offered to you. {why}",
    "why_not.lost": "It was offered to you, but another crew answered first. {why}",
    "why_not.explored": "In this wave a newcomer went first: everybody gets a chance.",
    "why_not.newcomer": "The newcomers' bonus helped you: {points}.",
    "why_not.ranked_lower": (
        "You were eligible and number {rank} of {count}, and {asked} were asked. {why}"
    ),
    "why_not.out_of_radius": "The place is outside your circle ({radius}). Widen it: /radius.",
    "why_not.off_line": "You were not on line. Press “On line”.",
    "why_not.service": "This kind of job is not among your services.",
    "why_not.capacity": "You had no free time: jobs and offers had taken all your places.",
    "why_not.night": "It was night at your place; only those who agreed are woken.",
    "why_not.asked_before": "You had answered this request before: refused or stayed silent.",
    "why_not.own_order": "This is your own order.",
    "why_not.offers_live": "You were thinking about other requests. Answer those first.",
    "why_not.band": "You have few points, so you are asked later. Points grow with jobs done.",
    "why_not.blocked": "Your access to requests was closed. Write to us.",
    "why_not.parted": "You and this client chose not to work together again.",
    "why_not.quota": "You had taken as many jobs as one may in a day or a week.",
    "why_not.fraud": "Your profile is under review. Write to us.",
    "why_not.unknown": "It did not come to you: there were enough other crews nearer.",
}
