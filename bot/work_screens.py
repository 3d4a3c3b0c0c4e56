"""What a contractor is asked: his form, the price; and a question to support."""

from bot import amount_dialogue, work_dialogue
from bot.dialogue import Draft, Step
from bot.order_screens import which_place
from bot.screen import Ask, Choice, Facts, Screen, Show, navigation, one_per_row, town, two_per_row
from rules.catalog import ServiceType
from rules.limits import RADIUS_KM_MAX, RADIUS_KM_MIN
from rules.words import is_named
from texts import formatting
from texts.catalogue import say, screen
from texts.language import Language


def _name(draft: Draft, _: Facts, lang: Language) -> Screen:
    words = f"{screen('join.start', lang)}\n\n{screen('join.name', lang)}"
    known = str(draft.answers.get("first_name", ""))
    keep = [Choice(known, work_dialogue.KEEP)] if is_named(known) else []
    return Screen(words, one_per_row(keep, lang, is_first=True))


def _services(draft: Draft, _: Facts, lang: Language) -> Screen:
    chosen = draft.answers.get("services", [])
    choices = [
        Choice(
            say(
                "join.picked" if one.value in chosen else "join.unpicked",
                lang,
                service=say(f"type.{one.value}", lang),
            ),
            f"{one.value}{work_dialogue.UNPICK if one.value in chosen else work_dialogue.PICK}",
        )
        for one in ServiceType
    ]
    choices.append(Choice(say("nav.next", lang), work_dialogue.READY))
    return Screen(screen("join.services", lang), one_per_row(choices, lang))


def _base(_: Draft, __: Facts, lang: Language) -> Screen:
    button = say("join.base_button", lang)
    return Screen(screen("join.base", lang), ask=Ask.LOCATION, ask_label=button)


def _radius(_: Draft, __: Facts, lang: Language) -> Screen:
    return Screen(screen("join.radius", lang), two_per_row(radius_choices(lang), lang))


def radius_choices(lang: Language) -> list[Choice]:
    """The radii offered as buttons."""
    radii = [km for km in work_dialogue.RADII_KM if RADIUS_KM_MIN <= km <= RADIUS_KM_MAX]
    return [
        Choice(say("join.radius_button", lang, distance=formatting.distance(km, lang)), str(km))
        for km in radii
    ]


def _work_phone(_: Draft, __: Facts, lang: Language) -> Screen:
    button = say("ask.phone_button", lang)
    return Screen(screen("join.phone", lang), ask=Ask.CONTACT, ask_label=button)


def _work_check(draft: Draft, _: Facts, lang: Language) -> Screen:
    answers = draft.answers
    words = screen(
        "join.check",
        lang,
        name=answers["name"],
        services=", ".join(say(f"type.{one}", lang) for one in answers["services"]),
        town=town(answers, lang),
        distance=formatting.distance(answers["radius_km"], lang),
    )
    send = Choice(say("join.send", lang), work_dialogue.SEND)
    return Screen(words, ((send,), navigation(lang)))


def _price(draft: Draft, _: Facts, lang: Language) -> Screen:
    least = formatting.money(draft.answers["least_kopecks"], lang)
    skip = Choice(say("done.price_same", lang), amount_dialogue.SKIP)
    words = screen("done.ask_price", lang, prepayment=least)
    photos = len(draft.answers.get("photos", []))
    if photos:
        counted = formatting.counted(photos, "photo", lang)
        words = f"{words}\n{screen('done.photos_got', lang, photos=counted)}"
    return Screen(words, ((skip,), (navigation(lang)[0],)))


def _question(draft: Draft, _: Facts, lang: Language) -> Screen:
    number = draft.answers.get("number")
    if number is None:
        words = screen("support.ask", lang)
    else:
        words = screen("support.ask_order", lang, number=formatting.order_number(number))
    return Screen(words, ((navigation(lang)[0],),))


def _email(_: Draft, __: Facts, lang: Language) -> Screen:
    return Screen(screen("receipt.email_ask", lang), ((navigation(lang)[1],),))


FORM: dict[Step, Show] = {
    Step.NAME: _name,
    Step.SERVICES: _services,
    Step.PLACE: _base,
    Step.WHICH_PLACE: which_place,
    Step.RADIUS: _radius,
    Step.PHONE: _work_phone,
    Step.CHECK: _work_check,
}
PRICE: dict[Step, Show] = {Step.PRICE: _price}
SUPPORT: dict[Step, Show] = {Step.QUESTION: _question}
EMAIL: dict[Step, Show] = {Step.EMAIL: _email}
