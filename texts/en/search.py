"""A running search: support's price, and “why” for support and for a crew."""

WORDS = {
    "price.proposed": (
        "For {price} a crew is found sooner, the prepayment would be {prepayment}. Do you agree?"
    ),
    "price.proposed_paid": (
        "For {price} a crew is found sooner. The prepayment stays the same. Do you agree?"
    ),
    "price.support": "The client has been proposed {price}, no answer yet.",
    "price.bounds": (
        "It is {now} now. The new price must be higher, but at most {most}. "
        "Write both amounts: from and to."
    ),
    "support.usage": "I did not get the command.\nWrite it so: {example}",
    "support.search_next": (
        "You can: /why, /widen, /price, /reassign, /refund. After the command: {number}."
    ),
    "support.not_active": "{crew} takes no orders now.\nAllow it first: /approve {crew}",
    "support.own_crew": "{crew} is the client of this order.\nChoose another crew.",
    "button.price_yes": "✅ Agree",
    "button.price_no": "❌ Keep the old one",
    "button.block": "🚫 Never meet again",
    "block.done": "You won't meet again. If you change your mind, write to us.",
    "button.why": "❔ Why not me",
    "notice.price_proposed.client": (
        "{number}: no crew was found at this price. Answer on the card whether you agree to more."
    ),
    "notice.price_refused.support": (
        "{number}: the client keeps the old price. Next: /order {number}"
    ),
    "widen.done": "Asking those who agree to go farther: {distance} more.",
    "widen.others": "These don't go that far. You may call and assign them: {crews}.",
    "widen.other": "{crew} ({distance})",
    "why.wave": "Wave {wave} (round {round}), policy {policy}, seed {seed}.",
    "why.empty": "Wave {wave} (round {round}): nobody was asked.",
    "why.line": "{crew}, {became}, {distance}: {why}",
    "why.more": "And {count} more were eligible but ranked lower.",
    "why.none": "Nobody has been looked for yet.",
    "why_not.how": "Why not you?\nWrite the order's number, for example: /why D-1042",
    "why_not.title": "Why not you: {number}",
    "why_not.won": "The order is yours. {why}",
    "why_not.offered": "The order was offered to you. {why}",
    "why_not.lost": "It was offered to you. Another crew answered first. {why}",
    "why_not.explored": "In this wave a newcomer went first: everybody gets a chance.",
    "why_not.newcomer": "The newcomers' bonus helped you: {points}.",
    "why_not.ranked_lower": (
        "You were eligible and number {rank} of {count}, and {asked} were asked. {why}"
    ),
    "why_not.out_of_radius": "The place is outside your circle ({radius}). Go farther: /radius",
    "why_not.off_line": "You were not on line. Press “On line”.",
    "why_not.service": "This kind of job is not among yours. Write to us to add it.",
    "why_not.capacity": (
        "You had no free time. Finish a job or answer a request, and there is room."
    ),
    "why_not.night": "It was night at your place; we wake only those who agree. Agree: /night",
    "why_not.asked_before": (
        "You were asked before: you refused or were too late. Wait for the next request."
    ),
    "why_not.own_order": "This is your own order. Nobody can take his own.",
    "why_not.offers_live": "You had other requests to answer. Answer at once: take it or not.",
    "why_not.band": "You have few points, so you are asked later. Points grow with jobs done.",
    "why_not.blocked": "Your access to requests was closed. Write to us.",
    "why_not.parted": "You or this client asked not to meet again.",
    "why_not.quota": (
        "You had taken as many jobs as one may in a day or a week. Finish them and we call again."
    ),
    "why_not.fraud": "Your profile is under review. Write to us.",
    "why_not.unknown": (
        "Your turn did not come: other crews were enough. Wait for the next request."
    ),
}
