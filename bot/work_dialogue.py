"""The dialogue by which a contractor registers: name, services, base, radius, phone."""

from collections.abc import Callable
from typing import Any

from bot.dialogue import (
    Chosen,
    Draft,
    Event,
    Flow,
    Pinned,
    Remark,
    Said,
    Shared,
    Step,
    Turn,
    not_understood,
    place_answers,
)
from rules.catalog import ServiceType
from rules.geo import is_plausible
from rules.limits import ADDRESS_CHARACTERS_MAX, NAME_CHARACTERS_MAX, RADIUS_KM_MAX, RADIUS_KM_MIN
from rules.words import is_named

READY = "ready"
PICK = "+"
UNPICK = "-"
KEEP = "keep"
SEND = "send"
RADII_KM = (10, 25, 50, 75, 100)


def begin(draft_id: str, first_name: str, *, has_phone: bool) -> Draft:
    """A new contractor's draft; the Telegram name is offered as the first answer."""
    answers = {"id": draft_id, "first_name": first_name, "has_phone": has_phone, "services": []}
    return Draft(Flow.WORK, Step.NAME, answers)


def advance(draft: Draft, event: Event) -> Turn:
    """The next draft; FINISHED when the person has sent the form."""
    return _STEPS[draft.step](draft, event)


def next_question(draft: Draft) -> Step:
    """The first question that has no answer yet."""
    answers = draft.answers
    asked = (
        (Step.NAME, "name" in answers),
        (Step.SERVICES, bool(answers.get("services_ready"))),
        (Step.PLACE, "town" in answers),
        (Step.RADIUS, "radius_km" in answers),
        (Step.PHONE, bool(answers.get("has_phone"))),
    )
    return next((step for step, is_answered in asked if not is_answered), Step.CHECK)


def read_radius(text: str) -> int | None:
    """A radius in whole kilometres within the bounds; None for anything else."""
    digits = text.strip().split(" ")[0]
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 3):
        return None
    radius = int(digits)
    return radius if RADIUS_KM_MIN <= radius <= RADIUS_KM_MAX else None


def _on(draft: Draft) -> Turn:
    return Turn(draft.going_to(next_question(draft)))


def _name(draft: Draft, event: Event) -> Turn:
    if isinstance(event, Chosen) and event.value == KEEP and draft.answers.get("first_name"):
        return _on(draft.answered(name=draft.answers["first_name"]))
    if not isinstance(event, Said):
        return not_understood(draft)
    name = " ".join(event.text.split())
    if len(name) > NAME_CHARACTERS_MAX:
        return Turn(draft, Remark.TOO_LONG)
    if not is_named(name):
        return not_understood(draft)
    return _on(draft.answered(name=name))


def _services(draft: Draft, event: Event) -> Turn:
    if not isinstance(event, Chosen):
        return not_understood(draft)
    chosen: list[str] = list(draft.answers.get("services", []))
    if event.value == READY:
        if not chosen:
            return Turn(draft, Remark.CHOOSE_ONE)
        return _on(draft.answered(services_ready=True))
    service, sign = event.value[:-1], event.value[-1:]
    if service not in tuple(ServiceType) or sign not in (PICK, UNPICK):
        return not_understood(draft)
    # Says what is wanted, not 'the other way round': a repeated tap changes nothing.
    kept = [one for one in chosen if one != service]
    return Turn(draft.answered(services=[*kept, service] if sign == PICK else kept))


def _base(draft: Draft, event: Event) -> Turn:
    if isinstance(event, Pinned):
        if not is_plausible(event.latitude, event.longitude):
            return Turn(draft, Remark.BAD_PIN)
        spot = {"latitude": event.latitude, "longitude": event.longitude, "exact": True}
        return _on(draft.answered(**{**place_answers(event.place), **spot}))
    if not isinstance(event, Said):
        return not_understood(draft)
    if len(event.text) > ADDRESS_CHARACTERS_MAX:
        return Turn(draft, Remark.TOO_LONG)
    if not event.places:
        return Turn(draft, Remark.PLACE_UNKNOWN)
    if len(event.places) == 1:
        return _on(draft.answered(**place_answers(event.places[0])))
    choices = [place_answers(place) for place in event.places]
    return Turn(draft.answered(choices=choices).going_to(Step.WHICH_PLACE))


def _which_base(draft: Draft, event: Event) -> Turn:
    choices: list[dict[str, Any]] = draft.answers.get("choices", [])
    if isinstance(event, Chosen):
        if not event.value.isdigit() or int(event.value) >= len(choices):
            return not_understood(draft)
        return _on(draft.without("choices").answered(**choices[int(event.value)]))
    return _base(draft, event)


def _radius(draft: Draft, event: Event) -> Turn:
    typed = event.value if isinstance(event, Chosen) else ""
    if isinstance(event, Said):
        typed = event.text
    if not typed:
        return not_understood(draft)
    radius = read_radius(typed)
    if radius is None:
        return Turn(draft, Remark.OUT_OF_BOUNDS)
    return _on(draft.answered(radius_km=radius))


def _phone(draft: Draft, event: Event) -> Turn:
    if not isinstance(event, Shared):
        return not_understood(draft)
    if not event.is_own:
        return Turn(draft, Remark.FOREIGN_CONTACT)
    return _on(draft.answered(has_phone=True))


def _check(draft: Draft, event: Event) -> Turn:
    if isinstance(event, Chosen) and event.value == SEND:
        return Turn(draft.going_to(Step.FINISHED))
    return not_understood(draft)


_STEPS: dict[Step, Callable[[Draft, Event], Turn]] = {
    Step.NAME: _name,
    Step.SERVICES: _services,
    Step.PLACE: _base,
    Step.WHICH_PLACE: _which_base,
    Step.RADIUS: _radius,
    Step.PHONE: _phone,
    Step.CHECK: _check,
    Step.FINISHED: lambda draft, _: Turn(draft),
}
