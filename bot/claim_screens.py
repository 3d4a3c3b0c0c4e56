"""What a contractor is asked about his costs, and what he sees before he sends them."""

from bot import claim_dialogue
from bot.dialogue import Draft, Step
from bot.screen import Choice, Facts, Screen, Show, navigation, one_per_row, two_per_row
from texts import formatting, reasons
from texts.catalogue import say, screen
from texts.language import Language


def _amount(draft: Draft, _: Facts, lang: Language) -> Screen:
    left = claim_dialogue.left_kopecks(draft)
    choices = [
        Choice(formatting.money(left * share // 100, lang), str(share))
        for share in claim_dialogue.SHARES_PERCENT
    ]
    words = screen("claim.ask_amount", lang, cap=formatting.money(left, lang))
    return Screen(words, (*two_per_row(choices, lang)[:-1], (navigation(lang)[0],)))


def _proof(draft: Draft, _: Facts, lang: Language) -> Screen:
    photos = len(draft.answers.get("files", []))
    if photos:
        counted = formatting.counted(photos, "photo", lang)
        words, label = screen("claim.proof_got", lang, photos=counted), say("nav.next", lang)
    else:
        above = formatting.money(draft.answers.get("proof_above_kopecks", 0), lang)
        limit = say("claim.proof_limit", lang, amount=above)
        words = screen("claim.ask_proof", lang, limit=limit)
        label = say("claim.no_proof_button", lang)
    return Screen(words, one_per_row([Choice(label, claim_dialogue.SKIP)], lang))


def _item(_: Draft, __: Facts, lang: Language) -> Screen:
    choices = [Choice(label, code) for code, label in reasons.claim_reasons(lang)]
    return Screen(screen("claim.ask_reason", lang), two_per_row(choices, lang))


def _check(draft: Draft, _: Facts, lang: Language) -> Screen:
    listed = claim_dialogue.items(draft)
    lines = []
    for one in listed:
        cost = f"{reasons.label('claim', one.reason, lang)}: {formatting.money(one.kopecks, lang)}"
        photos = f" · 📷 {len(one.files)}" if one.files else ""
        lines.append(f"{cost}{photos}")
    words = screen(
        "claim.check",
        lang,
        number=formatting.order_number(draft.answers["number"]),
        items="\n".join(lines),
        total=formatting.money(sum(one.kopecks for one in listed), lang),
        cap=formatting.money(draft.answers["cap_kopecks"], lang),
    )
    if claim_dialogue.is_unproven(draft):
        words = f"{words}\n{screen('claim.unproven', lang)}"
    send = Choice(say("claim.send_button", lang), claim_dialogue.SEND)
    more = Choice(say("claim.add_button", lang), claim_dialogue.ADD)
    rows = [(send,), (more,)] if claim_dialogue.may_add(draft) else [(send,)]
    return Screen(words, (*rows, navigation(lang, is_first=not draft.trail)))


SCREENS: dict[Step, Show] = {
    Step.AMOUNT: _amount,
    Step.PROOF: _proof,
    Step.ITEM: _item,
    Step.CHECK: _check,
}
