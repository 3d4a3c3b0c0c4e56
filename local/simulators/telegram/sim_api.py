"""`/sim/people`: what a person does and sees, for tests, the demo and the two phones."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Response, UploadFile
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from local.simulators.telegram.acts import Acts
from local.simulators.telegram.errors import Refusal
from local.simulators.telegram.methods.chats import commands_for
from local.simulators.telegram.pictures import draw_site
from local.simulators.telegram.shapes import Json, present
from local.simulators.telegram.stand import Stand

ANSWER_WAIT_SECONDS = 5.0


class Body(BaseModel):
    """A request body; unknown keys are refused, so that a misspelt test fails."""

    model_config = ConfigDict(extra="forbid")


class NewPerson(Body):
    """A person to create or rename."""

    first_name: str = Field(min_length=1, max_length=64)
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    phone_number: str | None = None
    id: int | None = None


class Text(Body):
    """A text, perhaps as a reply."""

    text: str
    reply_to: int | None = None


class Edit(Body):
    """A correction of an own text."""

    message_id: int
    text: str


class Tap(Body):
    """Which button: by data, or the newest whose text starts with `sign`.

    `force` sends `data` although no visible button has it, as a modified client could.
    """

    message_id: int | None = None
    data: str | None = None
    sign: str | None = None
    force: bool = False
    wait: bool = False
    wait_seconds: float = Field(default=ANSWER_WAIT_SECONDS, gt=0, le=30)


class Place(Body):
    """A point in degrees."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    horizontal_accuracy: float | None = None
    reply_to: int | None = None


class Contact(Body):
    """The own number by default; another `user_id`, or null, makes it somebody else's."""

    phone_number: str | None = None
    user_id: int | None = None
    first_name: str | None = None
    is_forwarded: bool = False


def people_router(stand: Stand) -> APIRouter:
    """Return the routes of the people."""
    router = APIRouter(prefix="/sim/people")
    acts = Acts(stand)
    _add_people(router, stand, acts)
    _add_writing(router, stand, acts)
    _add_switches(router, acts)
    _add_screen(router, stand)
    return router


def _add_people(router: APIRouter, stand: Stand, acts: Acts) -> None:
    @router.post("")
    async def create(person: NewPerson) -> Json:
        created = stand.people.create(person.model_dump()).view()
        stand.events.emit("person", created["id"], person=created)
        return created

    @router.get("")
    async def everybody() -> list[Json]:
        return [person.view() for person in stand.people.everybody()]

    @router.get("/{person_id}")
    async def one(person_id: int) -> Json:
        return acts.view(person_id)


def _add_writing(router: APIRouter, stand: Stand, acts: Acts) -> None:
    @router.post("/{person_id}/text")
    async def text(person_id: int, body: Text) -> Json:
        return acts.text(person_id, body.text, body.reply_to)

    @router.post("/{person_id}/edit")
    async def edit(person_id: int, body: Edit) -> Json:
        return acts.edit(person_id, body.message_id, body.text)

    @router.post("/{person_id}/tap")
    async def tap(person_id: int, body: Tap) -> Json:
        sent = acts.tap(person_id, body.model_dump())
        if body.wait and "callback_query_id" in sent:
            sent["answer"] = await _answer(stand, sent["callback_query_id"], body.wait_seconds)
        return sent

    @router.post("/{person_id}/location")
    async def location(person_id: int, body: Place) -> Json:
        point = body.model_dump(exclude_none=True, exclude={"reply_to"})
        return acts.write(person_id, {"location": point}, body.reply_to)

    @router.post("/{person_id}/contact")
    async def contact(person_id: int, body: Contact) -> Json:
        return acts.write(person_id, _contact(stand, person_id, body))

    @router.post("/{person_id}/photo")
    async def photo(
        person_id: int,
        file: Annotated[UploadFile | None, File()] = None,
        caption: Annotated[str | None, Form()] = None,
    ) -> Json:
        stand.people.get(person_id)
        content = await file.read() if file else draw_site()
        sizes = stand.files.keep_photo(content)
        return acts.write(person_id, present(photo=sizes, caption=caption or None))

    @router.post("/{person_id}/document")
    async def document(person_id: int, file: Annotated[UploadFile, File()]) -> Json:
        stand.people.get(person_id)
        name = file.filename or "file"
        kept = stand.files.keep_document(await file.read(), name, file.content_type)
        return acts.write(person_id, {"document": kept})

    @router.post("/{person_id}/voice")
    async def voice(person_id: int, file: Annotated[UploadFile | None, File()] = None) -> Json:
        stand.people.get(person_id)
        content = await file.read() if file else b"OggS" + bytes(400)
        return acts.write(person_id, {"voice": stand.files.keep_voice(content, 3)})


def _contact(stand: Stand, person_id: int, body: Contact) -> Json:
    person = stand.people.get(person_id)
    user_id = body.user_id if "user_id" in body.model_fields_set else person_id
    is_own = user_id == person_id
    card = present(
        phone_number=body.phone_number or (person.phone_number if is_own else "+79001234567"),
        first_name=body.first_name or (person.user["first_name"] if is_own else "Сосед"),
        user_id=user_id,
    )
    if not body.is_forwarded:
        return {"contact": card}
    origin = {
        "type": "hidden_user",
        "date": int(stand.clock.now()),
        "sender_user_name": "Somebody",
    }
    return {"contact": card, "forward_origin": origin}


async def _answer(stand: Stand, query_id: str, seconds: float) -> Json | None:
    """Wait for the bot's answer to a tap; None when none came in time."""
    deadline = time.monotonic() + seconds
    wakeup = stand.events.subscribe()
    try:
        while True:
            found = stand.callbacks.find(query_id)
            if found and found["answered"]:
                return {"text": found["text"], "show_alert": found["show_alert"]}
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            await stand.events.wait(wakeup, left)
    finally:
        stand.events.unsubscribe(wakeup)


def _add_switches(router: APIRouter, acts: Acts) -> None:
    @router.post("/{person_id}/block")
    async def block(person_id: int) -> Json:
        return acts.block(person_id, has_blocked=True)

    @router.post("/{person_id}/unblock")
    async def unblock(person_id: int) -> Json:
        return acts.block(person_id, has_blocked=False)

    @router.post("/{person_id}/offline")
    async def offline(person_id: int) -> Json:
        return acts.go_offline(person_id)

    @router.post("/{person_id}/online")
    async def online(person_id: int) -> Json:
        return acts.go_online(person_id)


def _add_screen(router: APIRouter, stand: Stand) -> None:
    @router.get("/{person_id}/messages")
    async def messages(person_id: int, limit: int = 200, after: int = 0) -> list[Json]:
        stand.people.get(person_id)
        return stand.messages.views(person_id, min(limit, 1000), after)

    @router.get("/{person_id}/keyboard")
    async def keyboard(person_id: int) -> Any:
        return stand.people.get(person_id).keyboard

    @router.get("/{person_id}/answers")
    async def answers(person_id: int) -> list[Json]:
        stand.people.get(person_id)
        return stand.callbacks.answers(person_id)

    @router.get("/{person_id}/screen")
    async def screen(person_id: int) -> Json:
        person = stand.people.get(person_id)
        language = person.user.get("language_code", "")
        return {
            "person": person.view(),
            "messages": stand.messages.views(person_id),
            "keyboard": person.keyboard,
            "pinned_message_id": person.pinned_message_id,
            "commands": commands_for(stand, person_id, language),
        }


def files_router(stand: Stand) -> APIRouter:
    """Return the route by which the page shows pictures and documents."""
    router = APIRouter()

    @router.get("/sim/files/{file_id}")
    async def show(file_id: str) -> Response:
        found = stand.files.content_of(file_id)
        if found is None:
            return JSONResponse(Refusal(404).body(), 404)
        content, kind = found
        # What a person uploaded must never run as a page of this origin.
        headers = {"X-Content-Type-Options": "nosniff"}
        if not kind.startswith("image/") or kind == "image/svg+xml":
            headers["Content-Disposition"] = "attachment"
        return Response(content, media_type=kind, headers=headers)

    return router
