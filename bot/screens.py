"""What a dialogue shows at each step: a text, buttons, or a request for a place or a number."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from bot import amount_dialogue, order_dialogue, work_dialogue
from bot.dialogue import BACK, CANCEL, Draft, Flow, Remark, Step
from rules.catalog import DETAILS, Estimate, Service, ServiceType
from rules.limits import (
    ADDRESS_CHARACTERS_MAX,
    COMMENT_CHARACTERS_MAX,
    RADIUS_KM_MAX,
    RADIUS_KM_MIN,
)
from texts import formatting
from texts.catalogue import say, screen
from texts.language import Language


class Ask(StrEnum):
    """What the keyboard under the message asks the phone for."""

    NOTHING = ""
    LOCATION = "location"
    CONTACT = "contact"


@dataclass(frozen=True)
class Choice:
    """A button of a dialogue: what it says and what it answers."""

    label: str
    value: str


Rows = tuple[tuple[Choice, ...], ...]


@dataclass(frozen=True)
class Screen:
    """One question; `ask` needs a keyboard of its own, so then there are no inline buttons."""

    text: str
    rows: Rows = ()
    ask: Ask = Ask.NOTHING
    ask_label: str = ""


@dataclass(frozen=True)
class Facts:
    """What a screen tells beyond the draft: the day, the price and who is near."""

    today: date
    estimate: Estimate | None = None
    prepayment_kopecks: int = 0
    crews_near: int = 0


def show(draft: Draft, facts: Facts, lang: Language, remark: Remark = Remark.NONE) -> Screen:
    """The screen of a draft, with a remark on what was said before it."""
    found = _SCREENS[draft.flow, draft.step](draft, facts, lang)
    words = _remark(draft, remark, lang)
    return replace(found, text=f"{words}\n\n{found.text}") if words else found


def _remark(draft: Draft, remark: Remark, lang: Language) -> str:
    if remark is Remark.NONE:
        return ""
    if remark is Remark.TOO_LONG:
        limit = COMMENT_CHARACTERS_MAX if draft.step is Step.COMMENT else ADDRESS_CHARACTERS_MAX
        return screen("text.too_long", lang, limit=limit)
    if remark is Remark.OUT_OF_BOUNDS:
        return _out_of_bounds(draft, lang)
    key = {
        Remark.PLACE_UNKNOWN: "ask.place_none",
        Remark.BAD_PIN: "ask.place_none",
        Remark.FOREIGN_CONTACT: "ask.phone_own",
        Remark.CHOOSE_ONE: "join.services_none",
    }.get(remark)
    if key is None and draft.step is Step.AMOUNT:
        key = "claim.not_number"
    return screen(key or "unknown", lang)


def _out_of_bounds(draft: Draft, lang: Language) -> str:
    if draft.step is Step.AMOUNT:
        cap = formatting.money(draft.answers["cap_kopecks"], lang)
        return screen("refusal.ClaimTooHigh_cap", lang, cap=cap)
    if draft.step is Step.WISH:
        return screen("refusal.BadTime", lang)
    return screen("refusal.BadInput", lang)


def _nav(lang: Language, *, is_first: bool = False) -> tuple[Choice, ...]:
    cancel = Choice(say("nav.cancel", lang), CANCEL)
    return (cancel,) if is_first else (Choice(say("nav.back", lang), BACK), cancel)


def _one_per_row(choices: list[Choice], lang: Language, *, is_first: bool = False) -> Rows:
    return (*((choice,) for choice in choices), _nav(lang, is_first=is_first))


def _two_per_row(choices: list[Choice], lang: Language) -> Rows:
    pairs = [tuple(choices[at : at + 2]) for at in range(0, len(choices), 2)]
    return (*pairs, _nav(lang))


# --- the order ------------------------------------------------------------------------------


def _type(_: Draft, __: Facts, lang: Language) -> Screen:
    choices = [Choice(say(f"type.{one.value}", lang), one.value) for one in ServiceType]
    return Screen(screen("ask.service", lang), _one_per_row(choices, lang, is_first=True))


def _service(draft: Draft, _: Facts, lang: Language) -> Screen:
    services = order_dialogue.services_of(draft.answers["type"])
    choices = [Choice(say(f"service.{one.value}", lang), one.value) for one in services]
    return Screen(screen("ask.service", lang), _one_per_row(choices, lang))


def _detail(draft: Draft, _: Facts, lang: Language) -> Screen:
    service = Service(draft.answers["service"])
    choices = [Choice(say(f"answer.{one}", lang), one) for one in DETAILS[service]]
    return Screen(screen(f"question.{service.value}", lang), _one_per_row(choices, lang))


def _place(_: Draft, __: Facts, lang: Language) -> Screen:
    button = say("ask.place_button", lang)
    return Screen(screen("ask.place", lang), ask=Ask.LOCATION, ask_label=button)


def _which_place(draft: Draft, _: Facts, lang: Language) -> Screen:
    choices = [
        Choice(f"{town(place, lang)}, {place['region']}", str(number))
        for number, place in enumerate(draft.answers.get("choices", []))
    ]
    return Screen(screen("ask.place_which", lang), _one_per_row(choices, lang))


def _pin(draft: Draft, _: Facts, lang: Language) -> Screen:
    enough = [Choice(say("ask.place_town_enough", lang), order_dialogue.SKIP)]
    words = screen("ask.place_pin", lang, town=town(draft.answers, lang))
    return Screen(words, _one_per_row(enough, lang))


def _far_pin(draft: Draft, _: Facts, lang: Language) -> Screen:
    spot = draft.answers.get("spot", draft.answers)
    distance = formatting.distance(draft.answers.get("far_km", 0), lang)
    choices = [
        Choice(say("ask.place_far_yes", lang), order_dialogue.YES),
        Choice(say("ask.place_far_no", lang), BACK),
    ]
    words = screen("ask.place_far", lang, town=town(spot, lang), distance=distance)
    return Screen(words, _one_per_row(choices, lang))


def _wish(_: Draft, facts: Facts, lang: Language) -> Screen:
    soon = Choice(say("ask.when_soonest", lang), order_dialogue.SOON)
    days = [
        Choice(formatting.day(one, lang), one.isoformat())
        for one in order_dialogue.wish_days(facts.today)
    ]
    return Screen(screen("ask.when", lang), ((soon,), *_two_per_row(days, lang)))


def _comment(draft: Draft, _: Facts, lang: Language) -> Screen:
    photos = draft.answers.get("photos", [])
    if photos:
        counted = formatting.counted(len(photos), "photo", lang)
        words, label = screen("ask.photo_got", lang, photos=counted), say("nav.next", lang)
    else:
        words, label = screen("ask.photo", lang), say("nav.skip", lang)
    return Screen(words, _one_per_row([Choice(label, order_dialogue.SKIP)], lang))


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
    words = screen(
        "check",
        lang,
        service=say(f"service.{answers['service']}", lang),
        detail=say(f"detail.{answers['detail']}", lang),
        place=answers.get("address") or town(answers, lang),
        wish=say("time.soonest", lang) if soon else formatting.day(date.fromisoformat(wish), lang),
        price=formatting.price_range(facts.estimate or Estimate(0, 0), lang),
        prepayment=formatting.money(facts.prepayment_kopecks, lang),
    )
    edits = (
        Choice(say("ask.place_button", lang), "place"),
        Choice(say("button.slot", lang), "wish"),
    )
    send = Choice(say("check.send", lang), order_dialogue.SEND)
    return Screen(words, ((send,), edits, _nav(lang)))


def town(answers: Any, lang: Language) -> str:
    """The town's name in a language."""
    return str(answers.get("town_en") if lang is Language.EN else answers.get("town"))


# --- the contractor's form ------------------------------------------------------------------


def _name(draft: Draft, _: Facts, lang: Language) -> Screen:
    words = f"{screen('join.start', lang)}\n\n{screen('join.name', lang)}"
    known = draft.answers.get("first_name")
    keep = [Choice(str(known), work_dialogue.KEEP)] if known else []
    return Screen(words, _one_per_row(keep, lang, is_first=True))


def _services(draft: Draft, _: Facts, lang: Language) -> Screen:
    chosen = draft.answers.get("services", [])
    choices = [
        Choice(
            say(
                "join.picked" if one.value in chosen else "join.unpicked",
                lang,
                service=say(f"type.{one.value}", lang),
            ),
            one.value,
        )
        for one in ServiceType
    ]
    choices.append(Choice(say("nav.next", lang), work_dialogue.READY))
    return Screen(screen("join.services", lang), _one_per_row(choices, lang))


def _base(_: Draft, __: Facts, lang: Language) -> Screen:
    button = say("join.base_button", lang)
    return Screen(screen("join.base", lang), ask=Ask.LOCATION, ask_label=button)


def _radius(_: Draft, __: Facts, lang: Language) -> Screen:
    return Screen(screen("join.radius", lang), _two_per_row(radius_choices(lang), lang))


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
    return Screen(words, ((send,), _nav(lang)))


# --- amounts --------------------------------------------------------------------------------


def _amount(draft: Draft, _: Facts, lang: Language) -> Screen:
    cap: int = draft.answers["cap_kopecks"]
    choices = [
        Choice(formatting.money(cap * share // 100, lang), str(share))
        for share in amount_dialogue.SHARES_PERCENT
    ]
    words = screen("claim.ask_amount", lang, cap=formatting.money(cap, lang))
    return Screen(words, (*_two_per_row(choices, lang)[:-1], (_nav(lang)[0],)))


def _price(draft: Draft, _: Facts, lang: Language) -> Screen:
    least = formatting.money(draft.answers["least_kopecks"], lang)
    skip = Choice(say("done.price_same", lang), amount_dialogue.SKIP)
    words = screen("done.ask_price", lang, prepayment=least)
    return Screen(words, ((skip,), (_nav(lang)[0],)))


def _question(draft: Draft, _: Facts, lang: Language) -> Screen:
    number = draft.answers.get("number")
    if number is None:
        words = screen("support.ask", lang)
    else:
        words = screen("support.ask_order", lang, number=formatting.order_number(number))
    return Screen(words, ((_nav(lang)[0],),))


_SCREENS: dict[tuple[Flow, Step], Callable[[Draft, Facts, Language], Screen]] = {
    (Flow.ORDER, Step.TYPE): _type,
    (Flow.ORDER, Step.SERVICE): _service,
    (Flow.ORDER, Step.DETAIL): _detail,
    (Flow.ORDER, Step.PLACE): _place,
    (Flow.ORDER, Step.WHICH_PLACE): _which_place,
    (Flow.ORDER, Step.PIN): _pin,
    (Flow.ORDER, Step.FAR_PIN): _far_pin,
    (Flow.ORDER, Step.WISH): _wish,
    (Flow.ORDER, Step.COMMENT): _comment,
    (Flow.ORDER, Step.PHONE): _order_phone,
    (Flow.ORDER, Step.CHECK): _order_check,
    (Flow.WORK, Step.NAME): _name,
    (Flow.WORK, Step.SERVICES): _services,
    (Flow.WORK, Step.PLACE): _base,
    (Flow.WORK, Step.WHICH_PLACE): _which_place,
    (Flow.WORK, Step.RADIUS): _radius,
    (Flow.WORK, Step.PHONE): _work_phone,
    (Flow.WORK, Step.CHECK): _work_check,
    (Flow.CLAIM, Step.AMOUNT): _amount,
    (Flow.SUPPORT, Step.QUESTION): _question,
    (Flow.PRICE, Step.PRICE): _price,
}
