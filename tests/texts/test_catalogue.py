import re
import string
from dataclasses import asdict

import pytest

from rules.catalog import DETAILS, Service, ServiceType
from rules.errors import BY_NAME, AlreadyRated, ClaimTooHigh
from rules.offers import Exclusion
from rules.orders import OfferState, OrderState, Role
from rules.points import PointsReason
from rules.policy import ScoreWeights
from tests.texts.views import states
from texts import reasons, signs
from texts.catalogue import CATALOGUES, has, say, screen
from texts.explain import exclusion_name, exclusions_line, term_name, why_chosen
from texts.language import Language, pick
from texts.refusals import problem_title, refusal

RU, EN = CATALOGUES[Language.RU], CATALOGUES[Language.EN]
LANGUAGES = tuple(Language)
CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
PLACEHOLDER = re.compile(r"\{[^}]*\}")
BUTTONS = ("button.", "menu.", "nav.", "answer.", "command.")


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_keys() -> None:
    assert set(RU) == set(EN)


def test_both_languages_fill_in_the_same_values() -> None:
    differ = [key for key in RU if _placeholders(RU[key]) != _placeholders(EN[key])]
    assert differ == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_texts_are_plain_and_trimmed(lang: Language) -> None:
    for key, text in CATALOGUES[lang].items():
        assert text, key
        assert text == text.strip(), key
        assert not set(text) & set("<>&*`#"), key


def test_each_text_is_in_its_own_language() -> None:
    shared = ("language.", "command.lang", "menu.language")
    for key in RU:
        if key.startswith(shared):
            continue
        assert not CYRILLIC.search(EN[key]), key
        words = PLACEHOLDER.sub("", RU[key])
        assert CYRILLIC.search(words) or not any(one.isalpha() for one in words), key


def test_buttons_fit_a_narrow_phone() -> None:
    values = {"amount": "480 000 ₽", "when": "вс, 25 сентября, 14:35", "stars": 5}
    for catalogue in (RU, EN):
        for key, text in catalogue.items():
            if key.startswith(BUTTONS) or key.endswith(("_button", ".send")):
                shown = text.format_map({**values, "day": "", "distance": "100 км"})
                assert len(shown) <= 32, (key, shown)


def test_every_button_that_moves_an_order_has_one_fixed_sign_in_both_languages() -> None:
    for key in RU:
        if key.startswith(("button.", "menu.")) and key != "menu.choose":
            assert RU[key].split()[0] == EN[key].split()[0], key
    expected = {
        "button.accept": signs.ACCEPT,
        "button.decline": signs.REFUSE,
        "button.cancel": signs.REFUSE,
        "button.withdraw": signs.REFUSE,
        "button.pay": signs.PAY,
        "button.pay_card": signs.PAY,
        "button.pay_sbp": signs.PAY,
        "button.set_off": signs.ON_THE_WAY,
        "button.start": signs.START,
        "button.done": signs.DONE,
        "button.accept_work": signs.ACCEPT_WORK,
        "button.slot": signs.OTHER_TIME,
        "button.not_right": signs.DISPUTE,
        "button.claim_no": signs.DISPUTE,
        "button.rate": signs.RATE,
        "button.support": signs.PERSON,
        "menu.support": signs.PERSON,
    }
    for key, sign in expected.items():
        assert RU[key].startswith(f"{sign} ")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_code_of_the_rules_has_words(lang: Language) -> None:
    for service in Service:
        assert say(f"service.{service.value}", lang)
        assert say(f"question.{service.value}", lang)
        for detail in DETAILS[service]:
            assert say(f"detail.{detail}", lang)
            assert len(say(f"answer.{detail}", lang)) <= 20
    for kind, codes in reasons.REASONS.items():
        for code in codes:
            assert has(f"reason.{kind}.{code}")
            assert len(reasons.label(kind, code, lang)) <= 20


def test_every_member_of_the_rules_enums_has_words() -> None:
    keys = [f"type.{one.value}" for one in ServiceType]
    keys += [f"offer_state.{one.value}" for one in OfferState]
    keys += [f"points.{one.value}" for one in PointsReason]
    keys += [f"role.{one.value}" for one in Role]
    phases = ("searching_again", "searching_person", "on_the_way", "overdue")
    shown = [*(state.value for state in OrderState), *phases]
    for role in ("client", "contractor", "support"):
        keys += [f"headline.{role}.{phase}" for phase in shown]
        keys += [f"ended.{role}.{by.value}" for by in Role]
    assert [key for key in keys if not has(key)] == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_every_refusal_is_a_short_sentence_and_a_title(name: str, lang: Language) -> None:
    assert has(f"refusal.{name}")
    words = refusal(name, lang)
    assert 10 < len(words) <= 200
    assert words[-1] == "."
    russian, english = problem_title(name)
    assert russian != english
    assert len(russian) <= 60
    assert not english.endswith(".")


def test_a_refusal_is_found_by_its_error_and_an_unknown_one_is_still_said() -> None:
    assert refusal(AlreadyRated(), Language.RU) == refusal("AlreadyRated", Language.RU)
    assert refusal("SomethingNew", Language.EN) == refusal("RuleViolation", Language.EN)
    view = states()["cancelled_open"]
    assert "1 000 ₽" in refusal(ClaimTooHigh(), Language.RU, view).replace("\u00a0", " ")


def test_a_reason_travels_as_a_short_action_and_comes_back() -> None:
    for kind, codes in reasons.REASONS.items():
        for code in codes:
            action = reasons.action(kind, code)
            assert len(action) <= 12
            assert reasons.parse(action) == (kind, code)
    for other in ("cancel", "cancel_r9", "cancel_rx", "rate5", "slot_abcde", ""):
        assert reasons.parse(other) is None


@pytest.mark.parametrize(
    ("code", "lang"),
    [("ru", "ru"), ("en-GB", "en"), ("EN", "en"), ("de", "ru"), ("", "ru"), (None, "ru")],
)
def test_people_are_spoken_to_in_russian_unless_they_use_english(
    code: str | None, lang: str
) -> None:
    assert pick(code) == lang


def test_a_screen_is_bold_in_its_first_line_and_escapes_what_people_typed() -> None:
    text = screen("ask.place_pin", Language.RU, town="<b>Тверь & Ко")
    first, second = text.split("\n")
    assert first == "<b>&lt;b&gt;Тверь &amp; Ко: город нашли, а участок нет.</b>"
    assert "<" not in second
    assert screen("ask.when", Language.RU) == "Когда приехать?"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_choice_of_a_contractor_is_explained_term_by_term(lang: Language) -> None:
    for exclusion in Exclusion:
        assert has(f"exclusion.{exclusion.value}")
        assert exclusion_name(exclusion, lang) == exclusion_name(exclusion.value, lang)
    for term in asdict(ScoreWeights()):
        assert has(f"term.{term}")
        assert term_name(term, lang)
    words = why_chosen({"proximity": 0.21, "idle": 0.0, "priority": 0.27}, 1, 0.48, lang)
    near, best = term_name("proximity", lang), term_name("priority", lang)
    assert words.index(best) < words.index(near)
    assert term_name("idle", lang) not in words


def test_the_left_out_are_counted_with_the_most_frequent_first() -> None:
    counts = {"off_line": 3, "out_of_radius": 12, "night": 0}
    line = exclusions_line(counts, Language.RU)
    assert line == "Не подошли: слишком далеко – 12, не на линии – 3."
    assert exclusions_line({}, Language.RU) == "Отсеивать было некого."
