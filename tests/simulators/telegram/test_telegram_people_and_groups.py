"""What people do besides talking, groups with topics, files' limits and the server's patience."""

from __future__ import annotations

import asyncio
import inspect
import re
from typing import Any

import pytest
from telegram import Bot, TelegramObject, Update
from telegram.error import BadRequest, Forbidden

from local.simulators.telegram.limits import TELEGRAM
from local.simulators.telegram.methods import METHODS
from local.simulators.telegram.pictures import draw_site
from tests.simulators.telegram.test_telegram_methods import accept, kept, strangers

ASKED_FOR = ["message", "edited_message", "callback_query", "my_chat_member", "message_reaction"]
# The library's own names for what it turns into something else.
ITS_OWN = {
    *("self", "read_timeout", "write_timeout", "connect_timeout", "pool_timeout", "api_kwargs"),
    *("filename", "allow_sending_without_reply", "reply_to_message_id", "disable_web_page_preview"),
    *("location", "venue", "contact"),
}


async def forum(stand: Any, **more: Any) -> tuple[int, int]:
    anna = await stand.person()
    wish = {"title": "Поддержка", "creator": anna, "is_forum": True, **more}
    return anna, int((await stand.sim("/groups", wish))["id"])


def test_every_method_knows_the_parameters_of_the_real_library() -> None:
    for known in METHODS.values():
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", known.name).lower()
        theirs = set(inspect.signature(getattr(Bot, name)).parameters) - ITS_OWN
        if known.name == "sendMediaGroup":
            theirs -= {"caption", "caption_entities", "parse_mode"}
        assert theirs <= set(known.kinds), known.name


async def test_rare_updates_survive_the_library_unchanged(stand: Any, bot: Bot) -> None:
    await stand.call("getUpdates", allowed_updates=ASKED_FOR)
    anna = await stand.person(last_name="Петрова")
    ivan = await stand.person("Иван")
    sent = await bot.send_message(anna, "Карточка", reply_markup=accept(["✅ Да"]))
    people, here = f"/people/{anna}", {"latitude": 55.9, "longitude": 36.86}
    live = (await stand.sim(f"{people}/live", here))["message_id"]
    await stand.sim(f"{people}/live/{live}", {**here, "latitude": 56.0})
    await stand.sim(f"{people}/live/{live}/stop")
    await stand.sim(f"{people}/live/{live}", here, status=409)
    await stand.sim(f"{people}/react", {"message_id": sent.message_id, "emoji": "👍"})
    await stand.sim(f"{people}/react", {"message_id": sent.message_id})
    forwarded = {"message_id": sent.message_id, "from_person_id": anna}
    await stand.sim(f"/people/{ivan}/forward", forwarded)
    await stand.sim(f"{people}/web_app", {"data": "{}", "button_text": "Карта"})
    album = [("files", ("a.png", draw_site(20, 20))), ("files", ("b.png", draw_site(20, 20)))]
    assert (await stand.http.post(f"/sim{people}/album", files=album)).status_code == 200
    _, group = await forum(stand)
    await stand.sim(f"/groups/{group}/text", {"person_id": anna, "text": "?"}, status=409)

    bodies = [entry["update"] for entry in await stand.see("/updates")]

    assert len(bodies) == 13
    for body in bodies:
        update = Update.de_json(body, bot)
        assert strangers(update) == []
        assert kept(update.to_dict()) == kept(body)
    assert {tuple(body)[1] for body in bodies} >= {"message_reaction", "edited_message"}


async def test_reactions_come_only_to_who_asked_for_them(stand: Any) -> None:
    anna = await stand.person()
    said = (await stand.see(f"/people/{anna}/messages"))[0]["message_id"]
    await stand.sim(f"/people/{anna}/react", {"message_id": said, "emoji": "👍"})

    assert [tuple(update)[1] for update in await stand.updates()] == ["message"]


async def test_a_deleted_account_is_deactivated_and_can_do_nothing(stand: Any, bot: Bot) -> None:
    anna = await stand.person()
    await stand.sim(f"/people/{anna}/delete_account")

    with pytest.raises(Forbidden, match="user is deactivated"):
        await bot.send_message(anna, "Привет")
    await stand.sim(f"/people/{anna}/text", {"text": "?"}, status=409)
    assert len(await stand.updates()) == 1


async def test_a_tap_on_what_was_cleared_away_tells_only_its_number(stand: Any, bot: Bot) -> None:
    anna = await stand.person()
    sent = await bot.send_message(anna, "Вопрос", reply_markup=accept(["✅ Да"]))
    await stand.sim(f"/people/{anna}/offline")
    await stand.sim(f"/people/{anna}/tap", {"sign": "✅"})
    await stand.sim(f"/people/{anna}/clear", {})
    await stand.sim(f"/people/{anna}/online")

    query = (await bot.get_updates())[-1].callback_query

    assert query is not None
    assert query.message is not None
    assert (query.message.message_id, query.message.is_accessible) == (sent.message_id, False)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("другое", anna, sent.message_id)


async def test_topics_open_close_and_refuse_in_telegrams_words(stand: Any, bot: Bot) -> None:
    anna, group = await forum(stand)
    topic = await bot.create_forum_topic(group, "D-1001")
    thread = topic.message_thread_id
    said = await bot.send_message(group, "Вопрос", message_thread_id=thread)
    await stand.sim(
        f"/groups/{group}/text", {"person_id": anna, "text": "Ответ", "thread_id": thread}
    )

    heard = (await bot.get_updates())[-1].message
    assert heard is not None
    objects: list[TelegramObject] = [topic, said, heard, await bot.get_chat(group)]
    objects += await bot.get_chat_administrators(group)
    assert strangers(objects) == []
    assert (said.is_topic_message, heard.message_thread_id) == (True, thread)
    assert await bot.get_chat_member_count(group) == 2
    assert await bot.edit_forum_topic(group, thread, name="D-1001 ✓")
    with pytest.raises(BadRequest, match="Topic_not_modified"):
        await bot.edit_forum_topic(group, thread, name="D-1001 ✓")
    assert await bot.close_forum_topic(group, thread)
    assert await bot.reopen_forum_topic(group, thread)
    assert await bot.delete_forum_topic(group, thread)
    for lost in (thread, 1):
        with pytest.raises(BadRequest, match="Message thread not found"):
            await bot.send_message(group, "?", message_thread_id=lost)
    put = {"person_id": anna, "status": "member"}
    await stand.sim(f"/groups/{group}/bot", put)
    with pytest.raises(BadRequest, match="Not enough rights to create a topic"):
        await bot.create_forum_topic(group, "D-1002")
    unheard = await stand.sim(f"/groups/{group}/text", {"person_id": anna, "text": "между нами"})
    assert unheard["update_id"] is None
    await stand.sim(f"/groups/{group}/bot", {**put, "status": "kicked"})
    with pytest.raises(Forbidden, match="bot was kicked from the supergroup chat"):
        await bot.send_message(group, "?")


async def test_several_messages_are_copied_forwarded_and_deleted_at_once(
    stand: Any, bot: Bot
) -> None:
    anna = await stand.person()
    ids = [(await bot.send_message(anna, text)).message_id for text in "аб"]

    copied = await bot.copy_messages(anna, anna, ids)
    forwarded = await bot.forward_messages(anna, anna, ids)
    assert await bot.delete_messages(anna, ids)

    assert strangers([*copied, *forwarded]) == []
    seen = await stand.see(f"/people/{anna}/messages")
    assert [one["text"] for one in seen] == ["/start", "а", "б", "а", "б"]
    live = await bot.send_location(anna, 55.9, 36.86, live_period=60)
    moved = await bot.edit_message_live_location(anna, live.message_id, latitude=56, longitude=36)
    assert strangers(moved) == []
    assert await bot.stop_message_live_location(anna, live.message_id)
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_live_location(anna, live.message_id, latitude=57, longitude=36)


async def test_files_know_their_limits_and_links_live_an_hour(stand: Any, bot: Bot) -> None:
    anna = await stand.person()
    large = bytes(20 * 1024 * 1024 + 1)
    await stand.http.post(f"/sim/people/{anna}/document", files={"file": ("a.bin", large)})
    document = (await bot.get_updates())[-1].effective_message
    assert document is not None
    assert document.document is not None
    with pytest.raises(BadRequest, match="File is too big"):
        await bot.get_file(document.document.file_id)
    with pytest.raises(BadRequest, match="is too big for a photo; the maximum size is 10485760"):
        await bot.send_photo(anna, large)
    with pytest.raises(BadRequest, match="Type of file mismatch"):
        await bot.send_photo(anna, document.document.file_id)
    small = await bot.send_document(anna, b"akt", filename="a.txt")
    assert small.document is not None
    path = (await stand.call("getFile", file_id=small.document.file_id))["result"]["file_path"]
    assert (await stand.http.get(f"/file/bot77:local/{path}")).content == b"akt"
    await stand.sim("/clock", {"advance_seconds": 3601})
    assert (await stand.http.get(f"/file/bot77:local/{path}")).status_code == 404
    reader, writer = await asyncio.open_connection("127.0.0.1", stand.port)
    length = f"Content-Length: {51 * 1024 * 1024}"
    head = f"POST /bot77:local/sendDocument HTTP/1.1\r\nHost: localhost\r\n{length}\r\n\r\n"
    writer.write(head.encode())
    assert (await reader.readline()).startswith(b"HTTP/1.1 413")
    writer.close()


async def test_a_group_gets_twenty_messages_a_minute(stand: Any) -> None:
    _, group = await forum(stand)
    await stand.sim("/limits", {**TELEGRAM, "chat_per_second": 100, "chat_burst": 100})
    for _ in range(20):
        assert (await stand.call("sendMessage", chat_id=group, text="а"))["ok"]

    refused = await stand.call("sendMessage", chat_id=group, text="а")

    assert refused["parameters"]["retry_after"] in (2, 3)
    await stand.sim("/clock", {"advance_seconds": 60})
    assert (await stand.call("sendMessage", chat_id=group, text="а"))["ok"]


async def test_a_lost_200_brings_the_update_again_and_410_ends_the_webhook_after_a_day(
    stand: Any, hook: Any, eventually: Any
) -> None:
    await stand.sim("/delivery", {"unheard": 0.5, "seed": 1, "retry_first_seconds": 0.01})
    await stand.call("setWebhook", url=hook.url)
    anna = await stand.person()
    for number in range(5):
        await stand.sim(f"/people/{anna}/text", {"text": str(number)})
    await eventually(lambda: len(set(hook.ids)) == 6)
    assert len(hook.ids) > 6
    await stand.sim("/delivery", {"unheard": 0.0})
    hook.statuses = [410] * 40
    await stand.sim(f"/people/{anna}/text", {"text": "нет меня"})
    await eventually(lambda: len(hook.statuses) < 40)
    await stand.sim("/clock", {"advance_seconds": 23 * 3600 + 1})

    async def is_off() -> bool:
        return bool((await stand.call("getWebhookInfo"))["result"]["url"] == "")

    await eventually(is_off)
    assert [u["message"]["text"] for u in await stand.updates()] == ["нет меня"]


async def test_after_a_quiet_week_the_ids_of_updates_start_anywhere(stand: Any) -> None:
    anna = await stand.person()
    [before] = await stand.updates()
    await stand.sim("/clock", {"advance_seconds": 8 * 86_400})

    after = await stand.sim(f"/people/{anna}/text", {"text": "снова"})

    assert after["update_id"] != before["update_id"] + 1
