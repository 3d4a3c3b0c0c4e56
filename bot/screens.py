"""What a dialogue shows at each step, with a remark on what was said before."""

from dataclasses import replace

from bot import claim_dialogue, claim_screens, order_screens, quote_screens, work_screens
from bot.dialogue import Draft, Flow, Remark, Step
from bot.order_dialogue import PHOTOS_MAX
from bot.screen import Facts, Screen, Show
from rules.limits import ADDRESS_CHARACTERS_MAX, COMMENT_CHARACTERS_MAX, NAME_CHARACTERS_MAX
from texts import formatting
from texts.catalogue import screen
from texts.language import Language

_CHARACTERS_MAX = {
    Step.NAME: NAME_CHARACTERS_MAX,
    **dict.fromkeys((Step.COMMENT, Step.CHECK, Step.QUESTION), COMMENT_CHARACTERS_MAX),
}


def show(draft: Draft, facts: Facts, lang: Language, remark: Remark = Remark.NONE) -> Screen:
    """The screen of a draft, with a remark on what was said before it."""
    found = _SCREENS[draft.flow][draft.step](draft, facts, lang)
    words = _remark(draft, remark, lang)
    return replace(found, text=f"{words}\n\n{found.text}") if words else found


def _remark(draft: Draft, remark: Remark, lang: Language) -> str:
    if remark is Remark.NONE:
        return ""
    if remark is Remark.TOO_LONG:
        limit = _CHARACTERS_MAX.get(draft.step, ADDRESS_CHARACTERS_MAX)
        return screen("text.too_long", lang, limit=limit)
    if remark is Remark.ENOUGH_PHOTOS:
        return screen("text.enough_photos", lang, limit=PHOTOS_MAX)
    if remark is Remark.OUT_OF_BOUNDS:
        return _out_of_bounds(draft, lang)
    key = {
        Remark.PLACE_UNKNOWN: "ask.place_none",
        Remark.BAD_PIN: "ask.place_none",
        Remark.FOREIGN_CONTACT: "ask.phone_own",
        Remark.CHOOSE_ONE: "join.services_none",
        Remark.BAD_EMAIL: "receipt.email_wrong",
    }.get(remark)
    if key is None and draft.step is Step.AMOUNT:
        key = "claim.not_number"
    return screen(key or "unknown", lang)


def _out_of_bounds(draft: Draft, lang: Language) -> str:
    if draft.step is Step.AMOUNT:
        cap = formatting.money(claim_dialogue.left_kopecks(draft), lang)
        return screen("refusal.ClaimTooHigh_cap", lang, cap=cap)
    if draft.flow in (Flow.QUOTE, Flow.METRES):
        return quote_screens.out_of_bounds(draft, lang)
    if draft.step is Step.WISH:
        return screen("refusal.BadTime", lang)
    return screen("refusal.BadInput", lang)


_SCREENS: dict[Flow, dict[Step, Show]] = {
    Flow.ORDER: order_screens.SCREENS,
    Flow.WORK: work_screens.FORM,
    Flow.CLAIM: claim_screens.SCREENS,
    Flow.PRICE: work_screens.PRICE,
    Flow.SUPPORT: work_screens.SUPPORT,
    Flow.EMAIL: work_screens.EMAIL,
    Flow.QUOTE: quote_screens.QUOTE,
    Flow.METRES: quote_screens.METRES,
}
