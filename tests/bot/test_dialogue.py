"""The dialogues as tables: state and event give the next question."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bot import amount_dialogue, claim_dialogue, order_dialogue, work_dialogue
from bot.dialogue import (
    Chosen,
    Draft,
    Event,
    Flow,
    Pictured,
    Pinned,
    Remark,
    Said,
    Shared,
    Step,
    back,
)
from bot.order_dialogue import Known
from rules.geo import Place
from rules.orders import ClaimItem

TODAY = date(2026, 6, 1)
TVER = Place(
    "Тверь", "Tver", "Тверская область", "Tver Oblast", 56.86, 35.9, 400_000, "Europe/Moscow"
)
KIROV = replace(TVER, name_ru="Киров", name_en="Kirov")
PLACED: dict[str, Any] = {"town": "Тверь", "latitude": 56.86, "longitude": 35.9}


def chosen(value: str) -> Chosen:
    return Chosen(value, TODAY)


def pinned(latitude: float = 56.8, longitude: float = 35.9, km: float = 3.0) -> Pinned:
    return Pinned(latitude, longitude, TVER, km)


def run(draft: Draft, *events: Event) -> Draft:
    for event in events:
        draft = order_dialogue.advance(draft, event).draft
    return draft


def first_order(*events: Event) -> Draft:
    return run(order_dialogue.begin("d", Known()), *events)


REPAIR = (chosen("repair"), chosen("repair.pump"), chosen("pump_replace"))


def test_a_first_order_asks_every_question_once() -> None:
    steps = []
    draft = order_dialogue.begin("d", Known())
    answers = (*REPAIR, pinned(), chosen("soon"), chosen("skip"), Shared(True), chosen("send"))
    for answer in answers:
        steps.append(draft.step)
        draft = order_dialogue.advance(draft, answer).draft

    assert steps == [
        Step.TYPE,
        Step.SERVICE,
        Step.DETAIL,
        Step.PLACE,
        Step.WISH,
        Step.COMMENT,
        Step.PHONE,
        Step.CHECK,
    ]
    assert draft.step is Step.FINISHED


def test_who_comes_back_is_asked_for_the_job_only() -> None:
    draft = order_dialogue.begin("d", Known(has_phone=True, place=PLACED))

    assert run(draft, *REPAIR).step is Step.CHECK


def test_the_only_service_of_a_line_needs_no_question() -> None:
    assert first_order(chosen("drilling")).step is Step.DETAIL


def test_an_urgent_job_is_not_asked_when() -> None:
    draft = first_order(
        chosen("repair"), chosen("repair.no_water"), chosen("symptom_hums"), pinned()
    )

    assert draft.step is Step.COMMENT


@pytest.mark.parametrize(
    ("events", "event", "remark"),
    [
        ((), Said("привет"), Remark.NOT_UNDERSTOOD),
        ((), chosen("plumbing"), Remark.NOT_UNDERSTOOD),
        ((chosen("repair"),), chosen("sewage.install"), Remark.NOT_UNDERSTOOD),
        (REPAIR, Said("Нигде"), Remark.PLACE_UNKNOWN),
        (REPAIR, Said("а" * 201), Remark.TOO_LONG),
        (REPAIR, pinned(0.0, 0.0), Remark.BAD_PIN),
        (REPAIR, Shared(True), Remark.NOT_UNDERSTOOD),
        ((*REPAIR, pinned()), chosen("2026-05-31"), Remark.OUT_OF_BOUNDS),
        ((*REPAIR, pinned()), chosen("2027-05-31"), Remark.OUT_OF_BOUNDS),
        ((*REPAIR, pinned()), Said("завтра"), Remark.NOT_UNDERSTOOD),
        ((*REPAIR, pinned(), chosen("soon")), Said("а" * 1001), Remark.TOO_LONG),
        (
            (*REPAIR, pinned(), chosen("soon"), chosen("skip")),
            Shared(False),
            Remark.FOREIGN_CONTACT,
        ),
        (
            (*REPAIR, pinned(), chosen("soon"), chosen("skip")),
            Said("+79161234567"),
            Remark.NOT_UNDERSTOOD,
        ),
    ],
)
def test_what_does_not_fit_leaves_the_question_open(
    events: tuple[Event, ...], event: Event, remark: Remark
) -> None:
    draft = first_order(*events)
    turn = order_dialogue.advance(draft, event)

    assert turn.remark is remark
    assert turn.draft == draft


def test_an_ambiguous_name_becomes_buttons_and_then_a_pin_is_asked_for() -> None:
    draft = first_order(*REPAIR, Said("Киров", (TVER, KIROV)))
    assert draft.step is Step.WHICH_PLACE

    draft = run(draft, chosen("1"))

    assert draft.step is Step.PIN
    assert draft.answers["town"] == "Киров"
    assert draft.answers["exact"] is False
    assert run(draft, chosen("skip")).step is Step.WISH


def test_a_pin_after_an_address_keeps_the_address() -> None:
    draft = first_order(*REPAIR, Said("Тверь, Садовая 5", (TVER,)), pinned())

    assert draft.answers["address"] == "Тверь, Садовая 5"
    assert draft.answers["exact"] is True
    assert draft.answers["latitude"] == 56.8


def test_a_pin_far_from_any_place_is_asked_to_be_confirmed() -> None:
    draft = first_order(*REPAIR, pinned(km=151))
    assert draft.step is Step.FAR_PIN
    assert "latitude" not in draft.answers

    assert run(draft, chosen("yes")).answers["latitude"] == 56.8
    assert run(draft, pinned()).step is Step.WISH


@pytest.mark.parametrize("edited", ["place", "wish", "comment"])
def test_what_is_changed_on_the_summary_leads_back_to_it(edited: str) -> None:
    draft = run(order_dialogue.begin("d", Known(True, PLACED)), *REPAIR, chosen(edited))
    answer: Event = pinned() if edited == "place" else chosen("soon")
    if edited == "comment":
        answer = Said("ворота зелёные")

    assert run(draft, answer).step is Step.CHECK


def test_another_service_is_asked_its_own_question() -> None:
    draft = first_order(*REPAIR, pinned())
    for _ in range(3):
        before = back(draft)
        assert before is not None
        draft = before
    draft = run(draft, chosen("repair.cleaning"))

    assert draft.step is Step.DETAIL
    assert run(draft, chosen("depth_30")).step is Step.WISH


def test_back_from_the_first_question_is_the_end() -> None:
    draft = first_order(chosen("repair"))
    first = back(draft)

    assert first is not None
    assert first.step is Step.TYPE
    assert back(first) is None


def test_an_album_is_kept_whole_even_if_its_end_comes_late() -> None:
    draft = first_order(*REPAIR, pinned(), chosen("soon"), Pictured("a", "вот тут"))
    assert draft.step is Step.COMMENT

    draft = run(draft, Pictured("b"), chosen("skip"), Pictured("c"))

    assert draft.step is Step.PHONE
    assert draft.answers["photos"] == ["a", "b", "c"]
    assert draft.answers["comment"] == "вот тут"


def test_a_day_of_the_next_weeks_is_a_wish() -> None:
    day = (TODAY + timedelta(days=3)).isoformat()

    assert first_order(*REPAIR, pinned(), chosen(day)).answers["wish"] == day


def test_a_contractor_is_asked_five_things() -> None:
    draft = work_dialogue.begin("d", "Иван", has_phone=False)
    answers: tuple[Event, ...] = (
        chosen("keep"),
        chosen("repair+"),
        chosen("drilling+"),
        chosen("drilling-"),
        chosen("repair+"),
        chosen("ready"),
        Said("Тверь", (TVER,)),
        Said("40 км"),
        Shared(True),
        chosen("send"),
    )
    for answer in answers:
        draft = work_dialogue.advance(draft, answer).draft

    assert draft.step is Step.FINISHED
    assert draft.answers["services"] == ["repair"]
    assert draft.answers["radius_km"] == 40


@pytest.mark.parametrize("radius", ["4", "101", "-5", "много", "1e2", "٤٠"])
def test_a_radius_out_of_bounds_is_refused(radius: str) -> None:
    assert work_dialogue.read_radius(radius) is None


def test_nobody_registers_without_a_service() -> None:
    draft = work_dialogue.advance(
        work_dialogue.begin("d", "Иван", has_phone=True), chosen("keep")
    ).draft

    assert work_dialogue.advance(draft, chosen("ready")).remark is Remark.CHOOSE_ONE


@pytest.mark.parametrize(
    ("typed", "kopecks"),
    [
        ("1500", 150_000),
        ("1 500 ₽", 150_000),
        ("1500 руб.", 150_000),
        ("1500р", 150_000),
        ("1500,5", 150_050),
        ("0", None),
        ("-5", None),
        ("1e400", None),
        ("NaN", None),
        ("полторы", None),
        ("999999999999", None),
    ],
)
def test_roubles_are_read_as_people_type_them(typed: str, kopecks: int | None) -> None:
    assert amount_dialogue.read_kopecks(typed) == kopecks


def test_a_claim_is_a_share_or_an_amount_up_to_the_cap() -> None:
    claim = _claim()
    assert claim.flow is Flow.CLAIM

    quarter = claim_dialogue.advance(claim, chosen("25")).draft
    too_much = claim_dialogue.advance(claim, Said("1001"))

    assert (quarter.step, quarter.answers["amount_kopecks"]) == (Step.PROOF, 25_000)
    assert too_much.remark is Remark.OUT_OF_BOUNDS


def _claim() -> Draft:
    sums = {"cap_kopecks": 100_000, "proof_above_kopecks": 50_000}
    return claim_dialogue.begin(1042, "an-order", 7, "travel", **sums)


def _after(draft: Draft, *events: Event) -> Draft:
    for event in events:
        draft = claim_dialogue.advance(draft, event).draft
    return draft


def test_a_claim_lists_items_with_their_pictures_and_is_seen_before_it_is_sent() -> None:
    one = _after(
        _claim(), chosen("50"), Pictured("a"), Pictured("b"), Pictured("a"), chosen("skip")
    )
    late = _after(one, Pictured("c"))
    # The rest of the cap is what the second item may take.
    two = _after(late, chosen("add"), chosen("materials"), Said("501"))
    assert two.step is Step.AMOUNT
    two = _after(two, chosen("100"), chosen("skip"))

    assert claim_dialogue.items(two) == (
        ClaimItem("travel", 50_000, ("a", "b", "c")),
        ClaimItem("materials", 50_000),
    )
    assert not claim_dialogue.may_add(two)
    assert not claim_dialogue.is_unproven(two)
    assert _after(two, chosen("add")).step is Step.CHECK
    assert _after(two, chosen("send")).step is Step.FINISHED


def test_back_from_another_item_leads_to_the_summary_and_loses_nothing() -> None:
    one = _after(_claim(), Said("600"), chosen("skip"), chosen("add"))
    summary = back(one)

    assert summary is not None
    assert (summary.step, claim_dialogue.items(summary)) == (
        Step.CHECK,
        (ClaimItem("travel", 60_000),),
    )
    assert claim_dialogue.is_unproven(summary)
    assert _after(summary, Pictured("a")) == summary
    again = back(_after(_claim(), Said("600"), chosen("skip")))
    assert again is not None
    changed = back(again)
    assert changed is not None
    assert claim_dialogue.items(_after(changed, Said("300"))) == (ClaimItem("travel", 30_000),)


def test_no_more_pictures_or_items_than_a_claim_takes() -> None:
    many = [Pictured(str(number)) for number in range(12)]
    draft = _after(_claim(), Said("10"), *many, chosen("skip"))
    assert len(claim_dialogue.items(draft)[0].files) == 10
    for _ in range(6):
        draft = _after(draft, chosen("add"), chosen("travel"), Said("10"), chosen("skip"))
    assert len(claim_dialogue.items(draft)) == 5
