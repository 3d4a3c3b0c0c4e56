"""The dialogue of a new order: at most nine taps the first time, five when one comes back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

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
    Turn,
    not_understood,
    place_answers,
    spot_answers,
    without_finding,
)
from rules.catalog import DETAILS, JobClass, Service, ServiceType
from rules.geo import FAR_FROM_ANY_PLACE_KM, is_plausible
from rules.limits import ADDRESS_CHARACTERS_MAX, COMMENT_CHARACTERS_MAX, WISH_DAYS_MAX

SEND = "send"
SKIP = "skip"
YES = "yes"
NO = "no"
SOON = "soon"
EDITS = {"place": Step.PLACE, "wish": Step.WISH, "comment": Step.COMMENT}
PHOTOS_MAX = 10
WISH_DAYS_SHOWN = 7


@dataclass(frozen=True)
class Known:
    """What is already known of a client who comes back."""

    has_phone: bool = False
    place: Mapping[str, Any] | None = None


def begin(draft_id: str, known: Known) -> Draft:
    """A new order's draft; with a known place only the job itself is asked for."""
    answers: dict[str, Any] = {"id": draft_id, "has_phone": known.has_phone}
    if known.place:
        answers |= {**known.place, "wish": SOON, "comment": ""}
    return Draft(Flow.ORDER, Step.TYPE, answers)


def services_of(service_type: str) -> tuple[Service, ...]:
    """The services of one line of business."""
    return tuple(one for one in Service if one.service_type.value == service_type)


def wish_days(today: date) -> tuple[date, ...]:
    """The days offered as buttons."""
    return tuple(today + timedelta(days=number) for number in range(1, WISH_DAYS_SHOWN + 1))


def advance(draft: Draft, event: Event) -> Turn:
    """The next draft; FINISHED when the person has sent the order."""
    if isinstance(event, Pictured) and draft.step in (Step.COMMENT, Step.PHONE, Step.CHECK):
        # An album arrives as several messages; the last may come after the next question.
        return _photo(draft, event)
    return _STEPS[draft.step](draft, event)


def next_question(draft: Draft) -> Step:
    """The first question that has no answer yet."""
    answers = draft.answers
    urgent = "service" in answers and Service(answers["service"]).job_class is JobClass.URGENT
    asked = (
        (Step.TYPE, "type" in answers),
        (Step.SERVICE, "service" in answers),
        (Step.DETAIL, "detail" in answers),
        (Step.PLACE, "town" in answers),
        (Step.WISH, urgent or "wish" in answers),
        (Step.COMMENT, "comment" in answers),
        (Step.PHONE, bool(answers.get("has_phone"))),
    )
    return next((step for step, is_answered in asked if not is_answered), Step.CHECK)


def _on(draft: Draft) -> Turn:
    return Turn(draft.going_to(next_question(draft)))


def _type(draft: Draft, event: Event) -> Turn:
    if not isinstance(event, Chosen) or event.value not in tuple(ServiceType):
        return not_understood(draft)
    chosen = draft.without("service", "detail").answered(type=event.value)
    services = services_of(event.value)
    if len(services) == 1:
        chosen = chosen.answered(service=services[0].value)
    return _on(chosen)


def _service(draft: Draft, event: Event) -> Turn:
    offered = services_of(str(draft.answers.get("type")))
    if not isinstance(event, Chosen) or event.value not in offered:
        return not_understood(draft)
    return _on(draft.without("detail").answered(service=event.value))


def _detail(draft: Draft, event: Event) -> Turn:
    details = DETAILS[Service(draft.answers["service"])]
    if not isinstance(event, Chosen) or event.value not in details:
        return not_understood(draft)
    return _on(draft.answered(detail=event.value))


def _place(draft: Draft, event: Event) -> Turn:
    if isinstance(event, Pinned):
        return _pinned(draft, event)
    if not isinstance(event, Said):
        return not_understood(draft)
    if len(event.text) > ADDRESS_CHARACTERS_MAX:
        return Turn(draft, Remark.TOO_LONG)
    if not event.places and not event.spots:
        return Turn(draft, Remark.PLACE_UNKNOWN)
    named = draft.answered(address=event.text)
    towns = [place_answers(place) for place in event.places]
    if not event.spots:
        return _towns(named, towns)
    spots = [spot_answers(spot) for spot in event.spots]
    if len(spots) > 1:
        return Turn(named.answered(choices=spots).going_to(Step.WHICH_PLACE))
    if spots[0]["is_address"] and spots[0]["far_km"] is None:
        return Turn(named.answered(spot=spots[0], towns=towns).going_to(Step.FOUND))
    return _take(named, spots[0])


def _towns(draft: Draft, towns: list[dict[str, Any]]) -> Turn:
    """Only towns are known: which of them, then the plot in it."""
    if len(towns) == 1:
        return Turn(draft.answered(**towns[0]).going_to(Step.PIN))
    return Turn(draft.answered(choices=towns).going_to(Step.WHICH_PLACE))


def _take(draft: Draft, spot: Mapping[str, Any]) -> Turn:
    """A found address: asked again if it is doubtful, and for the plot if it is a town."""
    if spot.get("far_km") is not None:
        far = {"spot": spot, "far_km": spot["far_km"]}
        return Turn(draft.answered(**far).going_to(Step.FAR_PIN))
    placed = draft.answered(**without_finding(spot))
    return _on(placed) if spot.get("is_address") else Turn(placed.going_to(Step.PIN))


def _found(draft: Draft, event: Event) -> Turn:
    if not isinstance(event, Chosen):
        return _place(draft, event)
    asked = draft.without("spot", "towns")
    if event.value == YES and "spot" in draft.answers:
        return _take(asked, draft.answers["spot"])
    if event.value != NO:
        return not_understood(draft)
    towns = draft.answers.get("towns", [])
    return _towns(asked, towns) if towns else Turn(asked.going_to(Step.PLACE))


def _pinned(draft: Draft, pin: Pinned) -> Turn:
    if draft.step is not Step.PIN:
        # Words that described another spot.
        draft = draft.without("address")
    if not is_plausible(pin.latitude, pin.longitude):
        return Turn(draft, Remark.BAD_PIN)
    spot = {
        **place_answers(pin.place),
        "latitude": pin.latitude,
        "longitude": pin.longitude,
        "exact": True,
    }
    if pin.distance_km > FAR_FROM_ANY_PLACE_KM:
        far = {"spot": spot, "far_km": round(pin.distance_km)}
        return Turn(draft.answered(**far).going_to(Step.FAR_PIN))
    return _on(draft.answered(**spot))


def _which_place(draft: Draft, event: Event) -> Turn:
    if isinstance(event, Said | Pinned):
        return _place(draft, event)
    choices = draft.answers.get("choices", [])
    if not isinstance(event, Chosen) or not event.value.isdigit():
        return not_understood(draft)
    number = int(event.value)
    if number >= len(choices):
        return not_understood(draft)
    return _take(draft.without("choices"), choices[number])


def _pin(draft: Draft, event: Event) -> Turn:
    if isinstance(event, Chosen) and event.value == SKIP:
        return _on(draft)
    return _place(draft, event)


def _far_pin(draft: Draft, event: Event) -> Turn:
    if isinstance(event, Chosen) and event.value == YES and "spot" in draft.answers:
        spot = draft.answers["spot"]
        return _on(draft.without("spot", "far_km").answered(**without_finding(spot)))
    return _place(draft, event)


def _wish(draft: Draft, event: Event) -> Turn:
    if not isinstance(event, Chosen):
        return not_understood(draft)
    if event.value == SOON:
        return _on(draft.answered(wish=SOON))
    try:
        wished = date.fromisoformat(event.value)
    except ValueError:
        return not_understood(draft)
    if not 0 <= (wished - event.today).days <= WISH_DAYS_MAX:
        # A button of last week: its day has passed.
        return Turn(draft, Remark.OUT_OF_BOUNDS)
    return _on(draft.answered(wish=wished.isoformat()))


def _comment(draft: Draft, event: Event) -> Turn:
    if isinstance(event, Chosen) and event.value == SKIP:
        return _on(draft.answered(comment=draft.answers.get("comment", "")))
    if not isinstance(event, Said):
        return not_understood(draft)
    if len(event.text) > COMMENT_CHARACTERS_MAX:
        return Turn(draft, Remark.TOO_LONG)
    return _on(draft.answered(comment=event.text))


def _photo(draft: Draft, event: Pictured) -> Turn:
    known = draft.answers.get("photos", [])
    # The same picture twice is one.
    photos = known if event.file_id in known else [*known, event.file_id]
    if len(photos) > PHOTOS_MAX:
        return Turn(draft, Remark.ENOUGH_PHOTOS)
    kept = draft.answered(photos=photos)
    if len(event.caption) > COMMENT_CHARACTERS_MAX:
        return Turn(kept, Remark.TOO_LONG)
    return Turn(kept.answered(comment=event.caption or draft.answers.get("comment", "")))


def _phone(draft: Draft, event: Event) -> Turn:
    if not isinstance(event, Shared):
        return not_understood(draft)
    if not event.is_own:
        return Turn(draft, Remark.FOREIGN_CONTACT)
    return _on(draft.answered(has_phone=True))


def _check(draft: Draft, event: Event) -> Turn:
    if isinstance(event, Said):
        # What is typed under the summary is meant for the crew.
        return _comment(draft, event)
    if not isinstance(event, Chosen):
        return not_understood(draft)
    if event.value == SEND and next_question(draft) is Step.CHECK:
        return Turn(draft.going_to(Step.FINISHED))
    if event.value in EDITS:
        return Turn(draft.going_to(EDITS[event.value]))
    return not_understood(draft)


_STEPS: dict[Step, Callable[[Draft, Event], Turn]] = {
    Step.TYPE: _type,
    Step.SERVICE: _service,
    Step.DETAIL: _detail,
    Step.PLACE: _place,
    Step.WHICH_PLACE: _which_place,
    Step.PIN: _pin,
    Step.FAR_PIN: _far_pin,
    Step.FOUND: _found,
    Step.WISH: _wish,
    Step.COMMENT: _comment,
    Step.PHONE: _phone,
    Step.CHECK: _check,
    Step.FINISHED: lambda draft, _: Turn(draft),
}
