"""What the dialogue of a new order asks."""

from datetime import date

from bot import order_dialogue
from bot.dialogue import BACK, Draft, Step
from bot.screen import (
    LABEL_MAX,
    Ask,
    Choice,
    Facts,
    Screen,
    Show,
    navigation,
    one_per_row,
    town,
    two_per_row,
)
from rules.catalog import DETAILS, Estimate, JobClass, Service, ServiceType
from rules.geocoding import Exactness
from texts import formatting
from texts.catalogue import say, screen
from texts.language import Language


def _type(_: Draft, __: Facts, lang: Language) -> Screen:
    choices = [Choice(say(f"type.{one.value}", lang), one.value) for one in ServiceType]
    return Screen(screen("ask.service", lang), one_per_row(choices, lang, is_first=True))


def _service(draft: Draft, _: Facts, lang: Language) -> Screen:
    services = order_dialogue.services_of(draft.answers["type"])
    choices = [Choice(say(f"service.{one.value}", lang), one.value) for one in services]
    return Screen(screen("ask.service", lang), one_per_row(choices, lang))


def _detail(draft: Draft, _: Facts, lang: Language) -> Screen:
    service = Service(draft.answers["service"])
    choices = [Choice(say(f"answer.{one}", lang), one) for one in DETAILS[service]]
    return Screen(screen(f"question.{service.value}", lang), one_per_row(choices, lang))


def _place(_: Draft, __: Facts, lang: Language) -> Screen:
    button = say("ask.place_button", lang)
    return Screen(screen("ask.place", lang), ask=Ask.LOCATION, ask_label=button)


def which_place(draft: Draft, _: Facts, lang: Language) -> Screen:
    """Ambiguous names as buttons."""
    choices = [
        Choice(place.get("label") or f"{town(place, lang)}, {place['region']}", str(number))
        for number, place in enumerate(draft.answers.get("choices", []))
    ]
    return Screen(screen("ask.place_which", lang), one_per_row(choices, lang))


def _pin(draft: Draft, _: Facts, lang: Language) -> Screen:
    enough = [Choice(say("ask.place_town_enough", lang), order_dialogue.SKIP)]
    words = screen("ask.place_pin", lang, town=town(draft.answers, lang))
    return Screen(words, one_per_row(enough, lang))


def _far_pin(draft: Draft, _: Facts, lang: Language) -> Screen:
    spot = draft.answers.get("spot", draft.answers)
    distance = formatting.distance(draft.answers.get("far_km", 0), lang)
    choices = [
        Choice(say("ask.place_far_yes", lang), order_dialogue.YES),
        Choice(say("ask.place_far_no", lang), BACK),
    ]
    near = town(spot, lang)
    if "label" in spot:
        said = {"place": spot["label"], "town": near, "distance": distance}
        return Screen(screen("ask.place_is_far", lang, **said), one_per_row(choices, lang))
    words = screen("ask.place_far", lang, town=near, distance=distance)
    return Screen(words, one_per_row(choices, lang))


def _found(draft: Draft, _: Facts, lang: Language) -> Screen:
    """How much of the address was found, and whether it is the right one."""
    spot = draft.answers.get("spot", {})
    is_house = spot.get("exactness") == Exactness.HOUSE
    key = "ask.place_is_house" if is_house else "ask.place_is_street"
    choices = [
        Choice(say("ask.place_far_yes", lang), order_dialogue.YES),
        Choice(say("ask.place_is_no", lang), order_dialogue.NO),
    ]
    words = screen(key, lang, place=spot.get("label", ""))
    return Screen(words, one_per_row(choices, lang))


def _wish(_: Draft, facts: Facts, lang: Language) -> Screen:
    soon = Choice(say("ask.when_soonest", lang), order_dialogue.SOON)
    days = [
        Choice(formatting.day(one, lang, facts.today), one.isoformat())
        for one in order_dialogue.wish_days(facts.today)
    ]
    return Screen(screen("ask.when", lang), ((soon,), (days[0],), *two_per_row(days[1:], lang)))


def _comment(draft: Draft, _: Facts, lang: Language) -> Screen:
    photos = draft.answers.get("photos", [])
    if photos:
        counted = formatting.counted(len(photos), "photo", lang)
        words, label = screen("ask.photo_got", lang, photos=counted), say("nav.next", lang)
    else:
        words, label = screen("ask.photo", lang), say("nav.skip", lang)
    return Screen(words, one_per_row([Choice(label, order_dialogue.SKIP)], lang))


def _order_phone(_: Draft, facts: Facts, lang: Language) -> Screen:
    words = f"{price(facts, lang)}\n\n{screen('ask.phone', lang)}"
    return Screen(words, ask=Ask.CONTACT, ask_label=say("ask.phone_button", lang))


def price(facts: Facts, lang: Language) -> str:
    """The price range, the prepayment, and how many crews are near."""
    key = "price" if facts.crews_near else "price.nobody"
    return screen(
        key,
        lang,
        price=formatting.price_range(facts.estimate or Estimate(0, 0), lang),
        prepayment=formatting.money(facts.prepayment_kopecks, lang),
        crews=formatting.counted(facts.crews_near, "crew", lang),
    )


def _order_check(draft: Draft, facts: Facts, lang: Language) -> Screen:
    answers = draft.answers
    wish = answers.get("wish", order_dialogue.SOON)
    soon = wish == order_dialogue.SOON
    when = say("time.soonest", lang) if soon else formatting.day(date.fromisoformat(wish), lang)
    words = screen(
        "check",
        lang,
        service=say(f"service.{answers['service']}", lang),
        detail=say(f"detail.{answers['detail']}", lang),
        place=answers.get("address") or town(answers, lang),
        wish=when,
        price=formatting.price_range(facts.estimate or Estimate(0, 0), lang),
        prepayment=formatting.money(facts.prepayment_kopecks, lang),
    )
    pencil = say("check.change", lang).split()[0]
    edits = (
        Choice(f"{pencil} {town(answers, lang)}"[:LABEL_MAX], "place"),
        Choice(f"{pencil} {when}"[:LABEL_MAX], "wish"),
    )
    send = Choice(say("check.send", lang), order_dialogue.SEND)
    # An urgent job has no other day.
    is_urgent = Service(answers["service"]).job_class is JobClass.URGENT
    return Screen(words, ((send,), edits[:1] if is_urgent else edits, navigation(lang)))


SCREENS: dict[Step, Show] = {
    Step.TYPE: _type,
    Step.SERVICE: _service,
    Step.DETAIL: _detail,
    Step.PLACE: _place,
    Step.WHICH_PLACE: which_place,
    Step.PIN: _pin,
    Step.FAR_PIN: _far_pin,
    Step.FOUND: _found,
    Step.WISH: _wish,
    Step.COMMENT: _comment,
    Step.PHONE: _order_phone,
    Step.CHECK: _order_check,
}
