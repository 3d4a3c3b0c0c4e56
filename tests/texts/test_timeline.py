"""Bars of the timeline in the Temporal UI: each has its words, short and in one language."""

import re
from datetime import UTC, datetime

import pytest

from rules.attempts import Op
from rules.orders import ClaimState, OrderState
from rules.transitions import OrderEvent
from texts.language import Language
from texts.timeline import change_label, crews, intent_label, label, payment_label

AT = datetime(2026, 9, 5, 11, 40, tzinfo=UTC)
LATIN = re.compile("[a-z]{2,}", re.IGNORECASE)


@pytest.mark.parametrize("lang", list(Language))
def test_every_change_of_an_order_has_words_that_fit(lang: Language) -> None:
    labels = [change_label([one], state, 17, lang) for one in OrderEvent for state in OrderState]
    labels += [change_label(list(OrderEvent), OrderState.BOOKED, None, lang)]
    labels += [payment_label(1, one, 240_000, 2, lang) for one in Op]
    labels += [intent_label(1, one, AT, 180, lang) for one in Op]
    labels += [label(f"claim_{one.value}", lang) for one in ClaimState]
    for one in labels:
        assert len(one.encode()) <= 180
        assert "_" not in one
        assert lang is Language.EN or not LATIN.search(one)


def test_a_change_says_what_happened_where_it_leads_and_who() -> None:
    one = change_label([OrderEvent.PREPAID], OrderState.BOOKED, 17)
    assert one == "предоплата пришла → выезд назначен, C-17"
    many = change_label(list(OrderEvent)[:5], OrderState.SEARCHING, None)
    assert many.startswith("…, ")
    assert many.endswith("→ поиск")


def test_payments_and_offers_are_named_as_in_the_details() -> None:
    assert payment_label(1, Op.CAPTURE, 240_000, None) == "Платёж 1: списать 2\xa0400\xa0₽"
    assert payment_label(2, Op.REFUND, 100, 3).endswith("возврат 3")
    assert intent_label(1, Op.CAPTURE, AT, 180) == "Платёж 1: списать, сб, 5\xa0сентября, 14:40"
    offer = label("offer", wave=2, asked=crews([17, 18]), until="14:35")
    assert offer == "Предложение 2: C-17, C-18, ответ до 14:35"
