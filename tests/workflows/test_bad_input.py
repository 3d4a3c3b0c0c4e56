"""What people should not send, each kind by its name: a clear answer, and nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest

from activities.gateways.offline_geocoder import gazetteer
from rules.catalog import Service
from rules.files import FILE_BYTES_MAX
from rules.limits import COMMENT_CHARACTERS_MAX
from rules.orders import OrderState
from tests.workflows.afterwards import (
    nothing_lost_nothing_doubled_the_books_balance_and_the_person_was_told as all_is_well,
)
from tests.workflows.people import Someone, Village
from texts import formatting
from texts.language import Language

RTL, HTML = "שלום \u202eмир مرحبا", "<b>жирно <script>alert(1)</script> & <i>нет конца"
FAMILY = "👨\u200d👩\u200d👧\u200d👦🏳️\u200d🌈 вода 💧"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"


async def asked_where(*people: Someone) -> None:
    """Each of them is asked for the place of a pump."""
    for person in people:
        await person.say("/new")
        await person.choose("repair", "repair.pump", "pump_check")


async def asked_for_words(*people: Someone) -> None:
    """Each of them is asked for a picture or a few words."""
    await asked_where(*people)
    for person in people:
        await person.place(person.town.latitude, person.town.longitude)
        await person.choose("soon")


def jpeg(size: int) -> bytes:
    """A picture of so many bytes."""
    body = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
    return JPEG + body + b"\x11" * (size - len(JPEG) - len(body) - 2) + b"\xff\xd9"


async def test_no_contractor_within_reach(village: Village) -> None:
    people = await village.both()
    for person in people:
        order = await village.order(person, Service.REPAIR_PUMP)
        for _ in range(60):
            if (await order.row())["state"] == OrderState.NO_CONTRACTOR:
                break
            await order.advance(hours=2)
        await order.closed()
        number = f"D-{(await order.row())['number']}"
        await all_is_well(person, told="notice.no_contractor.client", values={"number": number})


async def test_address_not_found(village: Village) -> None:
    people = await village.both()
    await asked_where(*people)
    for person in people:
        before = await person.draft()
        for words in ("Ыыыы, 5", "Qwertyuiop 17", "?", "0", "Тверь" * 30):
            await person.say(words)
            assert await person.draft() == before
    await all_is_well(*people, told="ask.place_none")


async def test_location_in_the_sea(village: Village) -> None:
    people = await village.both()
    await asked_where(*people)
    for person in people:
        before = await person.draft()
        await person.place(0.0, 0.0)
        assert await person.draft() == before
        await all_is_well(person, told="ask.place_none")
        await person.place(74.0, 160.0)
        assert (await person.draft())[1] == "far_pin"
        place, km = gazetteer().nearest(74.0, 160.0)
        town = place.name_ru if person.lang is Language.RU else place.name_en
        distance = formatting.distance(round(km), person.lang)
        await all_is_well(person, told="ask.place_far", values={"town": town, "distance": distance})
        await person.tap("d:back:")
        assert (await person.draft())[1] == before[1]
    await all_is_well(*people, told="ask.place")


async def test_depth_of_100000_metres(village: Village) -> None:
    people = await village.both()
    for person in people:
        await person.say("/new")
        await person.choose("drilling")
        before = await person.draft()
        for words in ("100000 м", "-5", "NaN", "1e9", "٣٠", "9" * 400):
            await person.say(words)
            assert await person.draft() == before
        assert await person.forge("d:depth_100000:1")
    await all_is_well(*people, told="unknown")


async def test_text_of_10000_characters(village: Village) -> None:
    people = await village.both()
    await asked_for_words(*people)
    for person in people:
        before = await person.draft()
        await person.say("вода " * 2_000)
        assert await person.draft() == before
    await all_is_well(
        *people, told="text.too_long", values={"limit": COMMENT_CHARACTERS_MAX}, typed=("вода ",)
    )


@pytest.mark.parametrize("words", [RTL, FAMILY, HTML], ids=["rtl", "emoji", "html"])
async def test_rtl_text_emoji_and_html_reach_the_crew_as_they_were_typed(
    words: str, village: Village
) -> None:
    people, crew = await village.both(), await village.crew()
    # What would turn other words round is left out.
    shown = words.replace("\u202e", "")
    for person in people:
        order = await person.orders_a_pump(words)
        assert (await order.row())["comment"] == shown
        if person.lang is crew.lang:
            await order.book(crew.contractor_id)
            await crew.hears(shown)
        number = f"D-{(await order.row())['number']}"
        await all_is_well(
            person, told="check.sent", typed=(words, shown), values={"number": number}
        )
    await all_is_well(crew, typed=(words, shown))


async def test_html_in_every_field_is_shown_as_it_was_typed(village: Village) -> None:
    crew = await village.someone(Language.RU, HTML[:60])
    await crew.say("/work")
    for words in (HTML, HTML[:50]):
        await crew.say(words)
    await crew.choose("repair+", "ready")
    await crew.say(HTML)
    await crew.place(crew.town.latitude, crew.town.longitude)
    await crew.say(HTML)
    await crew.choose("50", "send")
    await crew.say("/email <b>@<i>")
    for lang in Language:
        client = await village.someone(lang, HTML[:60])
        order = await client.orders_a_pump(HTML)
        for command in ("/support", f"/lang {HTML}", f"/start {HTML}", f"/email {HTML}", HTML):
            await client.say(command)
        await client.say(HTML)
        await client.forge("cancel_<b>:1:1")
        await client.tap("cancel:")
        await client.say(HTML)
        await client.tap("cancel_r0:")
        await order.closed()
        await all_is_well(client, told="support.sent", typed=(HTML, HTML[:60]))
    (row,) = await crew.outside.run(
        "SELECT id FROM contractors WHERE user_id = :id", id=crew.user_id
    )
    crew.contractor_id, number = row["id"], formatting.contractor_number(row["id"])
    await all_is_well(
        crew, told="join.approved", typed=(HTML, HTML[:60], HTML[:50]), values={"number": number}
    )


async def test_photo_of_20_mb_is_kept_and_one_byte_more_is_refused(village: Village) -> None:
    people = await village.both()
    await asked_for_words(*people)
    for person, size in zip(people, (FILE_BYTES_MAX, 1_000), strict=True):
        await person.document(jpeg(size), "place.jpg", "image/jpeg")
        before = await person.draft()
        assert len(before[2]["photos"]) == 1
        await person.document(jpeg(FILE_BYTES_MAX + 1), "place.jpg", "image/jpeg")
        assert await person.draft() == before
    await all_is_well(*people, told="refusal.FileTooBig")


async def test_file_of_a_wrong_kind(village: Village) -> None:
    people = await village.both()
    await asked_for_words(*people)
    for person in people:
        before = await person.draft()
        for content, name in (
            (b"MZ\x90\x00 program", "photo.jpg"),
            (b"GIF89a" + bytes(40), "moving.gif"),
            (JPEG[:10], "broken.jpg"),
            (b"\x89PNG\r\n\x1a\n" + b"\xff" * 40, "broken.png"),
            (b"<svg onload='alert(1)'/>", "<b>.svg"),
        ):
            await person.document(content, name, "image/jpeg")
            assert await person.draft() == before
        await all_is_well(person, told="refusal.FileTypeRefused")
        strange: tuple[dict[str, Any], ...] = (
            {"voice": {"file_id": "v", "file_unique_id": "v", "duration": 3}},
            {
                "sticker": {
                    "file_id": "s",
                    "file_unique_id": "s",
                    "type": "regular",
                    "width": 9,
                    "height": 9,
                    "is_animated": False,
                    "is_video": False,
                }
            },
        )
        for other in strange:
            await person.send(other)
            assert await person.draft() == before
    await all_is_well(*people, told="unknown")
