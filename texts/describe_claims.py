"""What is to be said of a contractor's costs: to each side, and to whoever decides."""

from rules.orders import ClaimState, Role
from rules.reasons import UNPROVEN
from rules.views import ClaimView, OrderView
from texts.catalogue import say
from texts.formatting import counted, deadline, lower_first, money, order_number
from texts.language import Language
from texts.reasons import label


def claim_line(view: OrderView, role: Role, lang: Language) -> str:
    """Where the contractor's cost claim stands; '' without one."""
    claim = view.claim
    if claim is None:
        return ""
    until = deadline(claim.until, view.state_since, view.utc_offset_minutes, lang)
    line = say(
        f"claim.{role.value}.{_claim_phase(claim, role)}",
        lang,
        cap=money(claim.cap_kopecks, lang),
        amount=money(claim.amount_kopecks, lang),
        asked=money(claim.asked_kopecks, lang),
        reason=claim_items(claim, lang),
        objection=lower_first(label("object", claim.objection or "other", lang)),
        until=until,
    )
    if not claim.files or claim.state not in (ClaimState.MADE, ClaimState.OBJECTED):
        return line
    photos = counted(len(claim.files), "photo", lang)
    return f"{line} {say('claim.proof', lang, photos=photos)}"


def claim_lines(view: OrderView, lang: Language) -> list[str]:
    """All about a claim for whoever decides it: the sums, each item, the cap, both words."""
    claim = view.claim
    if claim is None:
        return []
    lines = [claim_line(view, Role.SUPPORT, lang)]
    for one in claim.items:
        cost = say(
            "claim.item",
            lang,
            reason=label("claim", one.reason, lang),
            amount=money(one.kopecks, lang),
        )
        photos = say("claim.item_proof", lang, photos=counted(len(one.files), "photo", lang))
        lines.append(f"{cost}, {photos}" if one.files else cost)
    lines.append(say("claim.cap", lang, cap=money(claim.cap_kopecks, lang)))
    if claim.state in (ClaimState.MADE, ClaimState.OBJECTED):
        lines.append(say("claim.decide_how", lang, number=order_number(view.number)))
    return lines


def _claim_phase(claim: ClaimView, role: Role) -> str:
    """The state as it is told: who decided matters, and whether anything proves the claim."""
    if claim.state == ClaimState.SETTLED and claim.decided_by is Role.SUPPORT:
        return "decided"
    if claim.state == ClaimState.SETTLED and claim.amount_kopecks == 0:
        return "none"
    if claim.state == ClaimState.OBJECTED and claim.objection == UNPROVEN:
        return "objected" if role is Role.CLIENT else "contested"
    if claim.state == ClaimState.MADE and claim.needs_proof:
        return "unproven"
    return str(claim.state)


def claim_items(claim: ClaimView, lang: Language) -> str:
    """What a claim is for, with the amount of each item when there are several."""
    if len(claim.items) < 2:
        return lower_first(label("claim", claim.reason, lang))
    lines = [
        say(
            "claim.item",
            lang,
            reason=lower_first(label("claim", one.reason, lang)),
            amount=money(one.kopecks, lang),
        )
        for one in claim.items
    ]
    return ", ".join(lines)
