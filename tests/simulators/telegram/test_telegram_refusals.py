"""Refusals in Telegram's own words, and the text formatting behind some of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from local.simulators.telegram.app import create_app
from local.simulators.telegram.markup import parse_html
from local.simulators.telegram.rendering import to_html, with_found_entities
from local.simulators.telegram.stand import RealTokenRefused

NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are"
    " exactly the same as a current content and reply markup of the message"
)
TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"


def keyboard(**button: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "Кнопка", **button}]]}


@pytest.mark.parametrize(
    ("params", "description"),
    [
        ({"text": ""}, "Bad Request: message text is empty"),
        ({"text": " \n "}, "Bad Request: message text is empty"),
        ({"text": "<b> </b>", "parse_mode": "HTML"}, "Bad Request: message text is empty"),
        ({"text": "я" * 4097}, "Bad Request: message is too long"),
        ({"txt": "а"}, 'Bad Request: unknown parameter "txt"'),
        (
            {"text": "а", "reply_markup": keyboard(callback_data="")},
            "Bad Request: BUTTON_DATA_INVALID",
        ),
        (
            {"text": "а", "reply_markup": keyboard(callback_data="я" * 33)},
            "Bad Request: BUTTON_DATA_INVALID",
        ),
        (
            {"text": "а", "reply_markup": keyboard(callback="a")},
            'Bad Request: can\'t parse reply markup: unknown field "callback"',
        ),
        (
            {"text": "а", "reply_markup": keyboard()},
            "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the"
            " inline keyboard",
        ),
        (
            {"text": "а", "reply_markup": keyboard(url="javascript:alert(1)")},
            "Bad Request: inline keyboard button URL 'javascript:alert(1)' is invalid:"
            " Wrong HTTP URL",
        ),
        (
            {"text": "<b>а", "parse_mode": "HTML"},
            "Bad Request: can't parse entities: Can't find end tag corresponding to start tag"
            ' "b"',
        ),
        (
            {"text": "я<p>а</p>", "parse_mode": "HTML"},
            'Bad Request: can\'t parse entities: Unsupported start tag "p" at byte offset 2',
        ),
        (
            {"text": "<b>а</i>", "parse_mode": "HTML"},
            "Bad Request: can't parse entities: Unmatched end tag at byte offset 5,"
            ' expected "</b>", found "</i>"',
        ),
        (
            {"text": "а", "reply_parameters": {"message_id": 999_999}},
            "Bad Request: message to be replied not found",
        ),
    ],
)
async def test_a_wrong_message_is_refused(
    shared_stand: Any, params: dict[str, Any], description: str
) -> None:
    anna = await shared_stand.person()

    assert await shared_stand.error("sendMessage", chat_id=anna, **params) == description
    assert len(await shared_stand.see(f"/people/{anna}/messages")) == 1


async def test_data_of_64_bytes_and_a_text_of_4096_characters_are_taken(stand: Any) -> None:
    anna = await stand.person()

    body = await stand.call(
        "sendMessage", chat_id=anna, text="я" * 4096, reply_markup=keyboard(callback_data="я" * 32)
    )

    assert body["ok"] is True


async def test_an_edit_needs_a_change_and_an_own_message(stand: Any) -> None:
    anna = await stand.person()
    own = (await stand.see(f"/people/{anna}/messages"))[0]["message_id"]
    markup = keyboard(callback_data="a")
    bold = {"text": "<b>а</b>", "parse_mode": "HTML", "reply_markup": markup}
    sent = await stand.call("sendMessage", chat_id=anna, **bold)
    here = {"chat_id": anna, "message_id": sent["result"]["message_id"]}

    assert await stand.error("editMessageText", **here, **bold) == NOT_MODIFIED
    assert await stand.error("editMessageReplyMarkup", **here, reply_markup=markup) == NOT_MODIFIED
    gone = await stand.error("editMessageText", chat_id=anna, message_id=10**6, text="б")
    assert gone == "Bad Request: message to edit not found"
    foreign = await stand.error("editMessageText", chat_id=anna, message_id=own, text="б")
    assert foreign == "Bad Request: message can't be edited"
    caption = await stand.error("editMessageCaption", **here, caption="б")
    assert caption == "Bad Request: there is no caption in the message to edit"
    # The same text with other formatting, and the same text without buttons, are changes.
    assert (await stand.call("editMessageText", **here, text="а", reply_markup=markup))["ok"]
    assert (await stand.call("editMessageText", **here, text="а"))["ok"]
    assert await stand.error("editMessageText", **here, text="а") == NOT_MODIFIED


async def test_a_tap_is_answered_once_and_within_fifteen_seconds(stand: Any) -> None:
    anna = await stand.person()
    await stand.call(
        "sendMessage", chat_id=anna, text="а", reply_markup=keyboard(callback_data="x")
    )
    first = (await stand.sim(f"/people/{anna}/tap", {"data": "x"}))["callback_query_id"]
    second = (await stand.sim(f"/people/{anna}/tap", {"data": "x"}))["callback_query_id"]

    assert (await stand.call("answerCallbackQuery", callback_query_id=first))["ok"]
    assert await stand.error("answerCallbackQuery", callback_query_id=first) == TOO_OLD
    assert await stand.error("answerCallbackQuery", callback_query_id="1") == TOO_OLD
    await stand.sim("/clock", {"advance_seconds": 16})
    assert await stand.error("answerCallbackQuery", callback_query_id=second) == TOO_OLD


async def test_a_tap_that_fits_no_button_lists_the_visible_ones(stand: Any) -> None:
    anna = await stand.person()
    await stand.call(
        "sendMessage", chat_id=anna, text="а", reply_markup=keyboard(callback_data="x")
    )

    refused = await stand.sim(f"/people/{anna}/tap", {"sign": "✅"}, status=409)
    forged = await stand.sim(f"/people/{anna}/tap", {"data": "forged", "force": True})

    assert [button["callback_data"] for button in refused["buttons"]] == ["x"]
    assert (await stand.updates())[-1]["callback_query"]["data"] == "forged"
    assert forged["update_id"]


async def test_old_messages_cannot_be_deleted(stand: Any) -> None:
    anna = await stand.person()
    sent = await stand.call("sendMessage", chat_id=anna, text="а")
    here = {"chat_id": anna, "message_id": sent["result"]["message_id"]}
    await stand.sim("/clock", {"advance_seconds": 48 * 3600 + 60})

    assert "message can't be deleted" in await stand.error("deleteMessage", **here)
    missing = await stand.error("deleteMessage", chat_id=anna, message_id=1_000_000)
    assert missing == "Bad Request: message to delete not found"


async def test_what_is_no_picture_is_refused_as_a_photo(stand: Any) -> None:
    anna = await stand.person()

    answer = await stand.http.post(
        "/bot77:local/sendPhoto", data={"chat_id": anna}, files={"photo": ("a.png", b"no picture")}
    )

    assert answer.json()["description"] == "Bad Request: IMAGE_PROCESS_FAILED"


@pytest.mark.parametrize(("kind", "code"), [("429", 429), ("500", 500), ("403", 403)])
async def test_an_ordered_fault_hits_as_often_as_ordered(stand: Any, kind: str, code: int) -> None:
    anna = await stand.person()
    await stand.sim("/faults", {"kind": kind, "count": 1, "method": "sendMessage"})

    failed = await stand.call("sendMessage", chat_id=anna, text="а")
    passed = await stand.call("sendMessage", chat_id=anna, text="а")

    assert failed["error_code"] == code
    assert passed["ok"] is True


async def test_a_dropped_answer_was_acted_upon_or_not_as_ordered(stand: Any) -> None:
    anna = await stand.person()
    for kind in ("drop_after", "drop_before"):
        await stand.sim("/faults", {"kind": kind})
        with pytest.raises(httpx.TransportError):
            await stand.call("sendMessage", chat_id=anna, text=kind)

    texts = [message["text"] for message in await stand.see(f"/people/{anna}/messages")]
    assert texts == ["/start", "drop_after"]


def test_html_becomes_text_and_entities_counted_in_utf16() -> None:
    text, entities = parse_html(
        '😀 <b>жир<i>ный</i></b> &lt;<a href="http://a.ru/?x=1&amp;y">т</a>'
    )

    assert text == "😀 жирный <т"
    assert [(e["type"], e["offset"], e["length"]) for e in entities] == [
        ("italic", 6, 3),
        ("bold", 3, 6),
        ("text_link", 11, 1),
    ]
    assert entities[2]["url"] == "http://a.ru/?x=1&y"
    rendered = to_html(text, entities)
    assert "<b>жир<i>ный</i></b> &lt;" in rendered
    assert 'href="http://a.ru/?x=1&amp;y"' in rendered


def test_rendered_text_cannot_carry_a_script() -> None:
    text = '<img src=x onerror=alert(1)> "ok"'
    link = {"type": "text_link", "offset": 0, "length": 4, "url": "javascript:alert(1)"}

    rendered = to_html(text, [link])

    assert "<img" not in rendered
    assert "javascript:" not in rendered


def test_commands_links_and_phones_are_found_in_plain_text() -> None:
    found = with_found_entities("/start см. https://a.ru/x, +7 900 123-45-67 и a@b.ru", [])

    assert [entity["type"] for entity in found] == ["bot_command", "url", "phone_number", "email"]


@pytest.mark.parametrize("token", ["12345678:" + "A" * 35, "nonsense"])
def test_a_token_of_the_real_form_is_refused(tmp_path: Path, token: str) -> None:
    with pytest.raises(ValueError, match="token"):
        create_app(data_file=tmp_path / "t", token=token, public_url="http://127.0.0.1:1")
    assert issubclass(RealTokenRefused, ValueError)


def test_an_address_outside_this_machine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="loopback"):
        create_app(data_file=tmp_path / "t", token="1:local", public_url="http://example.org")


async def test_a_webhook_outside_this_machine_is_refused(stand: Any) -> None:
    far = await stand.error("setWebhook", url="https://example.org/hook")
    assert far == "Bad Request: bad webhook: this stand posts to its own machine only"
    odd = await stand.error("setWebhook", url="ftp://127.0.0.1/hook")
    assert odd == "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"


async def test_a_foreign_host_name_is_refused(stand: Any) -> None:
    answer = await stand.http.get("/sim/people", headers={"Host": "evil.example"})

    assert answer.status_code == 403
