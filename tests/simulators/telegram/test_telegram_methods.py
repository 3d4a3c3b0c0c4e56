"""Every Bot API method through the real python-telegram-bot over HTTP."""

from __future__ import annotations

from typing import Any

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup


async def test_a_bot_and_a_person_talk(stand: Any, bot: Bot) -> None:
    anna = await stand.person()
    updates = await bot.get_updates()
    assert updates[-1].message.text == "/start"

    markup = InlineKeyboardMarkup([[InlineKeyboardButton("✅ Беру", callback_data="a:1")]])
    sent = await bot.send_message(anna, "<b>Заявка</b> 1", parse_mode="HTML", reply_markup=markup)
    assert sent.text == "Заявка 1"
    tapped = await stand.sim(f"/people/{anna}/tap", {"sign": "✅"})

    updates = await bot.get_updates(offset=updates[-1].update_id + 1)
    assert [update.update_id for update in updates] == [tapped["update_id"]]
    assert updates[0].callback_query.data == "a:1"
    assert await updates[0].callback_query.answer("Принято", show_alert=True)
    await updates[0].callback_query.edit_message_text("Ваша")
    answers = await stand.see(f"/people/{anna}/answers")
    assert answers[-1]["text"] == "Принято"
    messages = await stand.see(f"/people/{anna}/messages")
    assert messages[-1]["text"] == "Ваша"
    assert messages[-1]["edited"] is True
