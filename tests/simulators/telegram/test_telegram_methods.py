"""Every Bot API method through the real python-telegram-bot over HTTP."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    KeyboardButton,
    MenuButtonCommands,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
    TelegramObject,
    Update,
)
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter

from local.simulators.telegram.methods import METHODS
from local.simulators.telegram.pictures import draw_site

# Taps, polls, invoices, topics and several at once have tests of their own.
ELSEWHERE = {
    *("getupdates", "answercallbackquery", "sendinvoice", "answerprecheckoutquery"),
    *("createforumtopic", "editforumtopic", "closeforumtopic", "reopenforumtopic"),
    *("deleteforumtopic", "deletemessages", "copymessages", "forwardmessages"),
    *("createinvoicelink", "getchatadministrators", "getchatmembercount"),
    *("editmessagelivelocation", "stopmessagelivelocation"),
}


def strangers(found: Any) -> list[str]:
    """Collect what python-telegram-bot did not know, anywhere in an object."""
    if isinstance(found, list | tuple):
        return [name for part in found for name in strangers(part)]
    if not isinstance(found, TelegramObject):
        return []
    inside = [strangers(getattr(found, name)) for name in found._get_attrs_names(False)]
    return [*found.api_kwargs, *(name for names in inside for name in names)]


def kept(found: Any) -> Any:
    """Leave out what the library adds or drops by itself: false flags and empty lists."""
    if isinstance(found, dict):
        known = {name: value for name, value in found.items() if value is not False}
        return {name: kept(value) for name, value in known.items() if value not in ([], ())}
    return [kept(part) for part in found] if isinstance(found, list | tuple) else found


def accept(*rows: list[str]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(text, callback_data=f"d:{text}") for text in row] for row in rows]
    )


async def test_a_bot_and_a_person_talk(stand: Any, bot: Bot) -> None:
    anna = await stand.person()
    opening = await bot.get_updates()
    sent = await bot.send_message(
        anna, "<b>Заявка</b> 1", parse_mode="HTML", reply_markup=accept(["✅ Беру", "❌ Нет"])
    )
    assert sent.text == "Заявка 1"

    tapped = await stand.sim(f"/people/{anna}/tap", {"sign": "✅"})

    (update,) = await bot.get_updates(offset=opening[-1].update_id + 1)
    assert update.update_id == tapped["update_id"]
    query = update.callback_query
    assert query is not None
    assert query.data == "d:✅ Беру"
    assert await query.answer("Принято", show_alert=True)
    await query.edit_message_text("Ваша")
    answers = await stand.see(f"/people/{anna}/answers")
    assert (answers[-1]["text"], answers[-1]["show_alert"]) == ("Принято", True)
    last = (await stand.see(f"/people/{anna}/messages"))[-1]
    assert (last["text"], last["edited"], last["buttons"]) == ("Ваша", True, [])


async def test_every_method_speaks_with_the_real_library(stand: Any, bot: Bot) -> None:
    anna = await stand.person(username="anna_p")
    keys = ReplyKeyboardMarkup([[KeyboardButton("Место", request_location=True)]])
    markup = accept(["✅ Да"])
    text = await bot.send_message(anna, "Один", reply_markup=markup)
    photo = await bot.send_photo(anna, draw_site(40, 30), caption="<i>Вид</i>", parse_mode="HTML")
    document = await bot.send_document(anna, b"akt", filename="akt.txt", caption="Акт")
    again = await bot.send_photo(
        anna,
        photo.photo[-1].file_id,
        reply_parameters=ReplyParameters(10**6, allow_sending_without_reply=True),
    )
    assert document.document is not None
    file = await bot.get_file(document.document.file_id)
    album = await bot.send_media_group(
        anna, [InputMediaPhoto(draw_site(20, 20)), InputMediaPhoto(photo.photo[0].file_id)]
    )
    objects: list[Any] = [
        await bot.get_me(),
        text,
        photo,
        document,
        again,
        album,
        file,
        await bot.send_location(anna, 55.9, 36.86, reply_markup=keys),
        await bot.send_venue(anna, 55.9, 36.86, "Участок", "Истра, 1"),
        await bot.send_contact(anna, "+74950000000", "Поддержка"),
        await bot.edit_message_text("Два", anna, text.message_id),
        await bot.edit_message_reply_markup(anna, text.message_id, reply_markup=markup),
        await bot.edit_message_caption(anna, photo.message_id, caption="Вид 2"),
        await bot.copy_message(anna, anna, photo.message_id),
        await bot.forward_message(anna, anna, text.message_id),
        await bot.get_chat(anna),
        await bot.get_chat_member(anna, anna),
        await bot.get_webhook_info(),
        await bot.get_chat_menu_button(anna),
    ]
    assert strangers(objects) == []
    assert await bot.send_chat_action(anna, "typing")
    assert await bot.set_message_reaction(anna, text.message_id, "👍")
    assert await bot.pin_chat_message(anna, text.message_id)
    chat = await bot.get_chat(anna)
    assert chat.pinned_message is not None
    assert strangers(chat) == []
    assert await bot.unpin_chat_message(anna)
    assert await bot.set_my_commands(
        [BotCommand("new", "Новая заявка")], BotCommandScopeChat(anna), "ru"
    )
    assert strangers(await bot.get_my_commands(BotCommandScopeChat(anna), "ru")) == []
    assert await bot.delete_my_commands(BotCommandScopeChat(anna), "ru")
    assert await bot.set_chat_menu_button(anna, MenuButtonCommands())
    await bot.send_message(anna, "Без клавиатуры", reply_markup=ReplyKeyboardRemove())
    assert await stand.see(f"/people/{anna}/keyboard") is None
    assert await bot.delete_message(anna, text.message_id)
    assert await bot.set_webhook("")
    assert await bot.delete_webhook()
    called = {call["method"].lower() for call in await stand.see("/calls")}
    assert set(METHODS) - called == ELSEWHERE


async def test_a_file_comes_back_as_it_was_sent(stand: Any, bot: Bot) -> None:
    anna = await stand.person()
    picture = draw_site(64, 48)
    await stand.http.post(f"/sim/people/{anna}/photo", files={"file": ("a.png", picture)})

    message = (await bot.get_updates())[-1].message

    assert message is not None
    assert len(message.photo) == 3
    assert bytes(await (await message.photo[-1].get_file()).download_as_bytearray()) == picture


async def test_every_update_survives_the_library_unchanged(stand: Any, bot: Bot) -> None:
    anna = await stand.person(last_name="Петрова", username="anna_p", language_code="ru")
    first = await bot.send_message(anna, "Вопрос", reply_markup=accept(["✅ Да"]))
    people = f"/people/{anna}"
    text = {"text": "см. https://a.ru /new", "reply_to": first.message_id}
    said = await stand.sim(f"{people}/text", text)
    await stand.sim(f"{people}/edit", {"message_id": said["message_id"], "text": "нет"})
    await stand.sim(f"{people}/tap", {"sign": "✅"})
    await stand.sim(f"{people}/location", {"latitude": 55.9, "longitude": 36.86})
    await stand.sim(f"{people}/contact", {})
    await stand.sim(f"{people}/contact", {"phone_number": "+7903", "user_id": None})
    await stand.sim(f"{people}/contact", {"user_id": 5, "is_forwarded": True})
    for path in ("photo", "voice"):
        await stand.http.post(f"/sim{people}/{path}")
    await stand.http.post(f"/sim{people}/document", files={"file": ("a.pdf", b"%PDF")})
    await stand.sim(f"{people}/block")
    await stand.sim(f"{people}/unblock")

    bodies = [entry["update"] for entry in await stand.see("/updates")]

    assert len(bodies) == 13
    ids = [body["update_id"] for body in bodies]
    assert ids == list(range(ids[0], ids[0] + 13))
    for body in bodies:
        update = Update.de_json(body, bot)
        assert strangers(update) == []
        assert kept(update.to_dict()) == kept(body)
        assert "null" not in json.dumps(body)


@pytest.mark.parametrize("name", ["sendDice", "createNewStickerSet", "nonsense"])
async def test_an_unknown_method_is_not_found(stand: Any, name: str) -> None:
    body = await stand.call(name, chat_id=1)

    assert body == {"ok": False, "error_code": 404, "description": "Not Found: method not found"}


async def test_a_wrong_token_is_unauthorized(stand: Any) -> None:
    answer = await stand.http.get("/bot78:other/getMe")

    assert answer.status_code == 401
    assert answer.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}
    with pytest.raises(InvalidToken):
        async with Bot("78:other", base_url=f"{stand.url}/bot"):
            raise AssertionError("it let a stranger in")


async def test_the_method_may_be_called_by_get_form_and_any_case(stand: Any) -> None:
    anna = await stand.person()

    by_query = await stand.http.get(
        "/bot77:local/sendmessage", params={"chat_id": anna, "text": "а"}
    )
    by_form = await stand.http.post("/bot77:local/SENDMESSAGE", data={"chat_id": anna, "text": "б"})

    assert by_query.json()["result"]["text"] == "а"
    assert by_form.json()["result"]["text"] == "б"


async def test_who_blocked_or_never_started_cannot_be_written_to(stand: Any, bot: Bot) -> None:
    shy = await stand.person("Шура", started=False)
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await bot.send_message(shy, "Привет")
    await stand.sim(f"/people/{shy}/text", {"text": "/start"})
    await stand.sim(f"/people/{shy}/block")

    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(shy, "Привет")

    change = (await bot.get_updates())[-1].my_chat_member
    assert change is not None
    assert change.new_chat_member.status == "kicked"
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(42, "Привет")


async def test_the_published_limits_answer_with_retry_after(
    stand: Any, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The library warns about the type of `retry_after` unless the new one is chosen.
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    anna = await stand.person()
    await stand.sim("/limits", {"preset": "telegram"})
    for _ in range(5):
        await bot.send_message(anna, "раз")

    with pytest.raises(RetryAfter) as refused:
        await bot.send_message(anna, "два")

    assert refused.value.retry_after == timedelta(seconds=1)
    await stand.sim("/limits", {"preset": "generous"})
    await bot.send_message(anna, "три")
