"""`/sim/people/{id}/…`: the rarer acts, each a short route."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, UploadFile
from pydantic import Field

from local.simulators.telegram.acts import Acts
from local.simulators.telegram.errors import PersonRefusal
from local.simulators.telegram.shapes import Json
from local.simulators.telegram.sharing import Sharing
from local.simulators.telegram.sim_api import Body
from local.simulators.telegram.stand import Stand


class Point(Body):
    """A point in degrees."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


class LivePoint(Point):
    """A point that will move for so many seconds."""

    live_period: int = Field(default=900, ge=60, le=86_400)


class Reaction(Body):
    """One emoji, or none."""

    message_id: int
    emoji: str | None = None


class Forwarded(Body):
    """Which message, of whose chat (the own by default)."""

    message_id: int
    from_person_id: int | None = None


class Cleared(Body):
    """Which messages; all when left out."""

    message_ids: list[int] | None = None


class FromApp(Body):
    """What a Mini App of the keyboard hands over."""

    data: str = Field(min_length=1, max_length=4096)
    button_text: str = Field(min_length=1, max_length=64)


def sharing_router(stand: Stand) -> APIRouter:
    """Return the routes of the rarer acts."""
    router = APIRouter(prefix="/sim/people/{person_id}")
    acts = Acts(stand)
    sharing = Sharing(stand, acts)
    _add_places(router, acts, sharing)

    @router.post("/react")
    async def react(person_id: int, body: Reaction) -> Json:
        return sharing.react(person_id, body.message_id, body.emoji)

    @router.post("/forward")
    async def forward(person_id: int, body: Forwarded) -> Json:
        return sharing.forward(person_id, body.message_id, body.from_person_id)

    @router.post("/clear")
    async def clear(person_id: int, body: Cleared) -> Json:
        return sharing.clear(person_id, body.message_ids)

    @router.post("/delete_account")
    async def delete_account(person_id: int) -> Json:
        return sharing.leave_for_good(person_id)

    @router.post("/web_app")
    async def web_app(person_id: int, body: FromApp) -> Json:
        return acts.write(person_id, {"web_app_data": body.model_dump()})

    @router.post("/album")
    async def album(person_id: int, files: Annotated[list[UploadFile], File()]) -> list[Json]:
        if not 2 <= len(files) <= 10:
            raise PersonRefusal(422, "an album has 2 to 10 pictures")
        group = str(stand.chance.getrandbits(53))
        pictures = [stand.files.keep_photo(await file.read()) for file in files]
        return [
            acts.write(person_id, {"media_group_id": group, "photo": sizes}) for sizes in pictures
        ]

    return router


def _add_places(router: APIRouter, acts: Acts, sharing: Sharing) -> None:
    @router.post("/live")
    async def live(person_id: int, body: LivePoint) -> Json:
        return acts.write(person_id, {"location": body.model_dump()})

    @router.post("/live/{message_id}")
    async def move(person_id: int, message_id: int, body: Point) -> Json:
        return sharing.move(person_id, message_id, body.model_dump())

    @router.post("/live/{message_id}/stop")
    async def stop(person_id: int, message_id: int) -> Json:
        return sharing.move(person_id, message_id, None)
