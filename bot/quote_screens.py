"""What a contractor is asked when he quotes, and when he needs more metres."""

from datetime import timedelta

from bot import quote_dialogue
from bot.dialogue import Draft, Step
from bot.screen import Choice, Facts, Screen, Show, navigation, one_per_row, two_per_row
from rules.catalog import Service
from rules.quotes import (
    EXTRA_METRES_MAX,
    INCLUSIONS,
    ITEMS,
    QUANTITY_MAX,
    Unit,
)
from texts import formatting, quotes
from texts.catalogue import say, screen
from texts.language import Language

START_IN_DAYS = (3, 5, 7, 10, 14, 21, 30, 45)


def _range(draft: Draft, _: Facts, lang: Language) -> Screen:
    is_metres = quote_dialogue.counted_item(draft).unit is Unit.METRE
    words = screen("quote.ask.range" if is_metres else "quote.ask.cubic", lang)
    return Screen(words, (navigation(lang, is_first=True),))


def _price(draft: Draft, _: Facts, lang: Language) -> Screen:
    item = quote_dialogue.item_of(draft)
    words = screen(f"quote.ask.{item.code}", lang)
    none = [] if item.required else [Choice(say("quote.none", lang), quote_dialogue.NONE)]
    return Screen(words, one_per_row(none, lang))


def _included(draft: Draft, _: Facts, lang: Language) -> Screen:
    chosen = draft.answers["included"]
    choices = [
        Choice(
            say(
                "join.picked" if one in chosen else "join.unpicked",
                lang,
                service=say(f"quote.in.{one}", lang),
            ),
            f"{one}{quote_dialogue.UNPICK if one in chosen else quote_dialogue.PICK}",
        )
        for one in INCLUSIONS[Service(draft.answers["service"])]
    ]
    choices.append(Choice(say("nav.next", lang), quote_dialogue.READY))
    return Screen(screen("quote.ask.included", lang), one_per_row(choices, lang))


def _start(_: Draft, facts: Facts, lang: Language) -> Screen:
    days = [facts.today + timedelta(days=ahead) for ahead in START_IN_DAYS]
    choices = [Choice(formatting.day(one, lang), one.isoformat()) for one in days]
    return Screen(screen("quote.ask.start", lang), two_per_row(choices, lang))


def _surveyed(_: Draft, __: Facts, lang: Language) -> Screen:
    choices = [
        Choice(say("quote.yes_seen", lang), quote_dialogue.SEEN),
        Choice(say("quote.no_unseen", lang), quote_dialogue.UNSEEN),
    ]
    return Screen(screen("quote.ask.surveyed", lang), one_per_row(choices, lang))


def _check(draft: Draft, _: Facts, lang: Language) -> Screen:
    offered = quote_dialogue.offered(draft)
    told = quotes.offered_lines(Service(draft.answers["service"]), offered, lang)
    words = "\n".join([screen("quote.check", lang), "", *told])
    send = Choice(say("quote.send", lang), quote_dialogue.SEND)
    return Screen(words, ((send,), navigation(lang)))


def _metres(draft: Draft, _: Facts, lang: Language) -> Screen:
    choices = [Choice(f"+{metres}", str(metres)) for metres in quote_dialogue.EXTRA_METRES]
    words = screen("quote.ask.metres", lang, depth=draft.answers["depth_m"])
    return Screen(words, (*two_per_row(choices, lang)[:-1], navigation(lang, is_first=True)))


def _metre_price(draft: Draft, _: Facts, lang: Language) -> Screen:
    price = formatting.money(draft.answers["metre_kopecks"], lang)
    same = [Choice(say("quote.metre_same", lang, price=price), quote_dialogue.SAME)]
    return Screen(screen("quote.ask.metre_price", lang), one_per_row(same, lang))


def out_of_bounds(draft: Draft, lang: Language) -> str:
    """Between what a number must lie."""
    least, most = "1", str(EXTRA_METRES_MAX)
    if draft.step is Step.QUOTE_RANGE:
        most = str(QUANTITY_MAX)
    elif draft.step is not Step.METRES:
        item = ITEMS[Service.DRILLING_WELL][0]
        low, high = item.least_kopecks, 2 * item.most_kopecks
        if draft.step is not Step.METRE_PRICE:
            item = quote_dialogue.item_of(draft)
            low, high = item.least_kopecks, item.most_kopecks
        least, most = formatting.money(low, lang), formatting.money(high, lang)
    return screen("quote.out_of_bounds", lang, least=least, most=most)


QUOTE: dict[Step, Show] = {
    Step.QUOTE_RANGE: _range,
    Step.QUOTE_1: _price,
    Step.QUOTE_2: _price,
    Step.QUOTE_3: _price,
    Step.QUOTE_4: _price,
    Step.INCLUDED: _included,
    Step.START_DAY: _start,
    Step.SURVEYED: _surveyed,
    Step.CHECK: _check,
}
METRES: dict[Step, Show] = {Step.METRES: _metres, Step.METRE_PRICE: _metre_price}
