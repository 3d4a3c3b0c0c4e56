"""Fault rules of the Telegram simulator: by method, count, probability and seed."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from telegram import Bot
from telegram.error import Conflict, Forbidden, NetworkError, TelegramError


async def plant(stand: Any, **rule: Any) -> Any:
    return await stand.sim("/faults", rule)


async def said(stand: Any, person: int) -> list[str]:
    return [one["text"] for one in await stand.see(f"/people/{person}/messages")][1:]


async def codes(stand: Any, person: int, count: int) -> list[int]:
    answers = [await stand.call("sendMessage", chat_id=person, text="а") for _ in range(count)]
    return [answer.get("error_code", 200) for answer in answers]


async def test_a_rule_waits_for_its_call_and_says_what_is_left_of_it(stand: Any) -> None:
    anna, ivan = await stand.person(), await stand.person("Иван")
    await plant(stand, kind="500", method="send*", chat_id=anna, skip=1, count=2)
    await plant(stand, kind="403", nth=2, chat_id=ivan)

    assert await codes(stand, anna, 4) == [200, 500, 500, 200]
    assert await codes(stand, ivan, 3) == [200, 403, 200]

    assert await stand.see("/faults") == []
    told = await stand.see("/faults/told")
    assert [(rule["seen"], rule["fired"]) for rule in told["spent"]] == [(4, 2), (3, 1)]
    assert told["fired_by_method"] == {"500": {"sendMessage": 2}, "403": {"sendMessage": 1}}


async def test_the_same_seed_gives_the_same_faults_also_after_a_restart(stand: Any) -> None:
    anna = await stand.person()
    plan = {"seed": 7, "rules": [{"kind": "429", "probability": 0.5, "retry_after_seconds": 3}]}
    runs = []
    for _ in range(2):
        answer = await stand.http.put("/sim/faults", json=plan)
        assert answer.status_code == 200
        first = await codes(stand, anna, 6)
        await stand.stop()
        await stand.start()
        runs.append(first + await codes(stand, anna, 6))

    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 429}
    (rule,) = await stand.see("/faults")
    assert (rule["seed"], rule["seen"]) == (7000, 12)
    assert (await stand.http.delete(f"/sim/faults/{rule['id']}")).json() == []
    assert set(await codes(stand, anna, 3)) == {200}


@pytest.mark.parametrize("kind", ["drop_after", "hang_after", "500_after", "truncated"])
async def test_what_goes_wrong_after_the_act_leaves_the_message_there(
    stand: Any, bot: Bot, kind: str
) -> None:
    anna = await stand.person()
    await plant(stand, kind=kind, seconds=0.05)

    with pytest.raises(TelegramError):
        await bot.send_message(anna, kind)

    assert await said(stand, anna) == [kind]


@pytest.mark.parametrize("kind", ["drop_before", "hang", "timeout", "502"])
async def test_what_goes_wrong_before_the_act_leaves_nothing(
    stand: Any, bot: Bot, kind: str
) -> None:
    anna = await stand.person()
    await plant(stand, kind=kind, seconds=0.05)

    with pytest.raises(NetworkError):
        await bot.send_message(anna, kind)

    assert await said(stand, anna) == []


async def test_refusals_can_be_ordered_in_telegrams_words(stand: Any, bot: Bot) -> None:
    anna = await stand.person()
    await plant(stand, kind="deactivated")
    with pytest.raises(Forbidden, match="user is deactivated"):
        await bot.send_message(anna, "а")
    await plant(stand, kind="409", method="getUpdates")
    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await bot.get_updates()
    await plant(stand, kind="error", code=400, text="TOPIC_CLOSED")
    answer = await stand.error("sendMessage", chat_id=anna, text="а")
    assert answer == "Bad Request: TOPIC_CLOSED"
    await plant(stand, kind="slow", seconds=0.05)
    assert (await bot.send_message(anna, "поздно")).text == "поздно"


async def test_a_download_breaks_off_as_ordered(stand: Any, bot: Bot) -> None:
    anna = await stand.person()
    sent = await bot.send_document(anna, b"0123456789", filename="a.txt")
    assert sent.document is not None
    file = await bot.get_file(sent.document.file_id)
    await plant(stand, kind="500", method="download", count=1)
    with pytest.raises(NetworkError):
        await file.download_as_bytearray()
    assert bytes(await file.download_as_bytearray()) == b"0123456789"


async def test_a_misspelt_rule_is_refused(stand: Any) -> None:
    for wrong in ({"kind": "418"}, {"kind": "500", "methd": "sendMessage"}):
        answer = await stand.http.post("/sim/faults", json=wrong)
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
