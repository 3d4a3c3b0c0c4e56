"""Thousands of random acts, seeded and bounded: nothing unanswered, nothing stuck, nothing broken.

`make fuzz SEED=7 ROUNDS=40`: so many acts of each walker, and so many requests of each kind.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from rules.payments import Method
from tests.money import provider_payments
from tests.workflows.afterwards import (
    INSIDES,
    every_order_is_whole,
    every_update_is_dealt_with,
    telegram_took_every_message,
)
from tests.workflows.mischief import WORDS, Mischief
from tests.workflows.outside import API_TOKEN, BOT_ID, HOOK_SECRET, Outside, open_outside
from tests.workflows.people import Someone, Village, settle
from tests.workflows.test_bad_requests import ORDER
from tests.workflows.world import DAYLIGHT, Placed, World
from texts.language import Language

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(1_800)]
SEED = os.environ.get("DRILLFLOW_FUZZ_SEED", "7")
ROUNDS = int(os.environ.get("DRILLFLOW_FUZZ_ROUNDS", "40"))
WALKERS = 6
HANDLED_SECONDS = 40.0
_LEADS_AWAY = re.compile(
    r"d:(back|cancel):|menu:(delete|lang|menu\.(delete|off))|cancel|withdraw|decline|support"
)
_OF_AN_ORDER = re.compile(r"(?!d:|menu:|open:)\w+:\d+:")
_update_ids = itertools.count(5_000_000_000)


@pytest.fixture(scope="module")
async def outside(world: World, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Outside]:
    """The doors with everything that may be asked, quotes too."""
    policy = replace(DAYLIGHT, project_quotes=True)
    async with open_outside(world, tmp_path_factory.mktemp("fuzz"), policy) as doors:
        yield doors


@dataclass
class Walker:
    """Somebody who does whatever comes to his mind; `trail` is what he did."""

    person: Someone
    mischief: Mischief
    trail: list[str] = field(default_factory=list)

    async def step(self) -> None:
        """One act; mostly a sensible one, so that he comes somewhere."""
        roll = self.mischief.chance.random()
        if roll < 0.75 and await self._go_on():
            return
        if roll < 0.82 and self.person.orders:
            await self._let_something_happen()
        elif roll < 0.88:
            numbers = [await _number(one) for one in self.person.orders]
            await self._forge(self.mischief.data(numbers, self._version()))
        elif roll < 0.98:
            await self._write(self.mischief.message(self.person.id))
        else:
            person = self.person.outside.stand.people.get(self.person.id)
            await self._post(*self.mischief.other(person.user, person.chat()), heard=False)

    async def _go_on(self) -> bool:
        """Tap a visible button that leads on, or share what the keyboard asks for."""
        found = [
            str(button["callback_data"])
            for message in self.person.messages()
            for row in message.get("buttons", [])
            for button in row
            if button.get("callback_data")
        ]
        # An order's card stands far above a talkative person's questions.
        of_orders = [one for one in found if _OF_AN_ORDER.match(one)]
        found = of_orders if of_orders and self.mischief.chance.random() < 0.5 else found[-12:]
        onward = [one for one in found if not _LEADS_AWAY.match(one)]
        keyboard = self.person.outside.stand.people.get(self.person.id).keyboard or {}
        keys = [key for row in keyboard.get("keyboard", []) for key in row]
        asked = [key for key in keys if key.get("request_location") or key.get("request_contact")]
        if asked and self.mischief.chance.random() < 0.8:
            await self._write(self._answer_to(asked[0]))
        elif found and self.mischief.chance.random() < 0.9:
            is_onward = onward and self.mischief.chance.random() < 0.95
            await self._forge(self.mischief.chance.choice(onward if is_onward else found))
        else:
            words = self.mischief.chance.choice(("/new", "/new", "/orders", "/offers", "/jobs"))
            await self._write({"text": words})
        return True

    def _answer_to(self, key: dict[str, Any]) -> dict[str, Any]:
        if key.get("request_location"):
            town = self.person.town
            return {"location": {"latitude": town.latitude, "longitude": town.longitude}}
        if key.get("request_contact"):
            card = {"phone_number": "+79001234567", "first_name": "x", "user_id": self.person.id}
            return {"contact": card}
        return {"text": key["text"]}

    def _version(self) -> int:
        data = self.person.data("d:")
        return int(data.rpartition(":")[2]) if data else 3

    async def _let_something_happen(self) -> None:
        """Time passes for an order, or somebody pays on its newest page."""
        order = self.mischief.chance.choice(self.person.orders)
        if self.mischief.chance.random() < 0.5:
            self.trail.append("pays what he can")
            for one in provider_payments(order.world.simulator, order.order_id):
                # Declined, paid or expired: whatever the page says now.
                for method in Method:
                    wish = {"method": method.value}
                    order.world.simulator.client.post(f"/sim/pay/{one['id']}", json=wish)
            await order.tell_notice()
        minutes = self.mischief.chance.choice((1, 1, 5, 30, 600))
        self.trail.append(f"{minutes} minutes pass")
        await order.advance(minutes=minutes)
        await self.person.calm()

    async def _forge(self, data: str) -> None:
        bodies = self.person.outside.stand.messages.newest_first_from_bot(self.person.id)
        number = self.mischief.chance.getrandbits(60)
        query = {
            "id": str(number), "from": self._user(), "chat_instance": "1", "data": data,
            "message": bodies[0] if bodies else None,
        }  # fmt: skip
        await self._post("callback_query", query)

    async def _write(self, content: dict[str, Any]) -> None:
        chat = self.person.outside.stand.people.get(self.person.id).chat()
        body = {"message_id": 1, "date": 1, "from": self._user(), "chat": chat, **content}
        await self._post("message", body)

    def _user(self) -> dict[str, Any]:
        return self.person.outside.stand.people.get(self.person.id).user

    async def _post(self, kind: str, content: dict[str, Any], *, heard: bool = True) -> None:
        outside, number = self.person.outside, next(_update_ids)
        self.trail.append(f"{kind} {json.dumps(content)[-160:]}")
        before = self._calls()
        sent = json.dumps({"update_id": number, kind: content})
        headers = {"X-Telegram-Bot-Api-Secret-Token": HOOK_SECRET}
        answer = await outside.http.post("/webhooks/telegram", content=sent, headers=headers)
        assert answer.status_code == 200, (answer.text, self.trail[-3:])
        await self._is_handled(number)
        await self._find_orders()
        if heard:
            assert self._calls() > before, f"not answered: {self.trail[-3:]}"

    def _calls(self) -> int:
        """What the bot has sent to this person or answered to anybody."""
        row = self.person.outside.stand.database.row(
            "SELECT count(*) AS n FROM calls WHERE chat_id = ?"
            " OR (method = 'answerCallbackQuery' AND chat_id IS NULL)",
            self.person.id,
        )
        return int(row["n"]) if row else 0

    async def _is_handled(self, number: int) -> None:
        found: list[Any] = []
        for _ in range(int(HANDLED_SECONDS / 0.02)):
            found = await self.person.outside.run(
                "SELECT state, error FROM telegram_updates WHERE bot_id = :bot"
                " AND update_id = :id AND (state <> 'new' OR error IS NOT NULL)",
                bot=BOT_ID, id=number,
            )  # fmt: skip
            if found:
                break
            await asyncio.sleep(0.02)
        assert found, f"stuck: {self.trail[-3:]}"
        assert dict(found[0]) == {"state": "done", "error": None}, self.trail[-3:]
        await self.person.calm()

    async def _find_orders(self) -> None:
        known = {one.order_id for one in self.person.orders}
        for said in list(self.person.outside.orders.placed):
            if said.client_id == self.person.user_id and said.order_id not in known:
                known.add(said.order_id)
                order = Placed(self.person.outside.world, said.order_id, said.client_id, said)
                if await order.row() is not None:
                    self.person.orders.append(order)


async def _is_well(person: Someone) -> None:
    await person.calm()
    await every_update_is_dealt_with(person)
    telegram_took_every_message(person)
    await every_order_is_whole(person)
    long = sorted((one for one in WORDS if len(one) > 5), key=len, reverse=True)
    for said in person.said():
        # How a command is written is told with its codes.
        own = re.sub(r"/[a-z_]+[^\n]*", "", said)
        for word in long:
            own = own.replace(word, "")
        found = INSIDES.search(own)
        assert found is None or any(found[0] in one for one in WORDS), said


async def _number(order: Placed) -> int:
    return int((await order.row())["number"])


async def _walker(village: Village, number: int) -> Walker:
    lang = list(Language)[number % 2]
    person = await (village.crew(lang) if number % 3 == 1 else village.someone(lang))
    if number % 3 == 2:
        await village.outside.run(
            "UPDATE users SET is_support = true WHERE id = :id", id=person.user_id
        )
    return Walker(person, Mischief(f"{SEED}/{number}"))


async def test_whatever_people_send_is_answered_and_breaks_nothing(outside: Outside) -> None:
    village = settle(outside)
    walkers = [await _walker(village, number) for number in range(WALKERS)]

    async def walk(walker: Walker) -> None:
        await walker._write({"text": "/start"})
        for _ in range(ROUNDS):
            await walker.step()

    await asyncio.gather(*(walk(one) for one in walkers))
    for walker in walkers:
        await _is_well(walker.person)
    await village.close()


async def test_whatever_programs_send_is_a_problem_or_a_result(outside: Outside) -> None:
    mischief = Mischief(f"{SEED}/api")
    spec = outside.api.openapi()
    routes = [
        (method, path, told)
        for path, methods in spec["paths"].items()
        for method, told in methods.items()
        if path.startswith("/api/")
    ]
    bodies = (ORDER, {"reason": "price"}, {"method": "card"}, {"side": "client"}, {"payee_id": 1})
    for number in range(ROUNDS * 20):
        method, path, told = mischief.chance.choice(routes)
        for name in ("order_id", "register_id", "break_id", "number", "id"):
            good = "7b1f6c1e-9d7d-4c57-9f3a-3f1f4e0f7a11"
            path = path.replace(f"{{{name}}}", mischief.chance.choice((good, "1", "9" * 30, "%00")))
        query = {one["name"]: mischief.words()[:200] for one in told.get("parameters", ())
                 if one["in"] == "query" and mischief.chance.random() < 0.5}  # fmt: skip
        body = json.dumps(mischief.spoilt(mischief.chance.choice(bodies))).encode()
        headers = {
            "Authorization": f"Bearer {API_TOKEN}",
            "Idempotency-Key": mischief.chance.choice((f"fuzz-{number}", "same", "x" * 200)),
            "Content-Type": mischief.chance.choice(("application/json",) * 9 + ("text/plain",)),
            "Accept-Language": mischief.chance.choice(("ru", "en", "xx;q=9", "*")),
        }
        encoded = {name: value.encode("utf-8", "replace").decode() for name, value in query.items()}
        answer = await outside.http.request(
            method, path, content=body, headers=headers, params=encoded
        )
        told_as = (method, path, query, body, answer.text)
        assert answer.status_code < 500, told_as
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json", told_as
            assert answer.json()["title_ru"], told_as
            assert not INSIDES.search(answer.json()["detail"]), told_as


async def test_whatever_is_posted_to_a_webhook_or_a_page_is_refused_or_kept(
    outside: Outside,
) -> None:
    mischief = Mischief(f"{SEED}/hooks")
    secret = {"X-Telegram-Bot-Api-Secret-Token": HOOK_SECRET}
    for _ in range(ROUNDS * 5):
        good = {"update_id": next(_update_ids), "message": {"chat": {"id": 1}, "text": "x"}}
        notice = {"event": "payment.succeeded", "object": {"id": "x", "metadata": {"order": "y"}}}
        for path, body in (("telegram", good), ("yookassa", notice)):
            sent = json.dumps(mischief.spoilt(body)).encode()
            sent = sent[: mischief.chance.randint(0, 9)] if mischief.chance.random() < 0.1 else sent
            answer = await outside.http.post(f"/webhooks/{path}", content=sent, headers=secret)
            assert answer.status_code in (200, 400), (sent, answer.text)
        page = mischief.words().encode("utf-8", "replace").decode()[:200].replace("\x00", "")
        form = {"action": page, "version": mischief.chance.choice(("1", page))}
        for answer in (
            await outside.http.get("/o/x", params={"said": page, "ask": page, "lang": page}),
            await outside.http.post(f"/o/{'a' * 40}", data=form),
        ):
            assert answer.status_code < 500, (page, answer.text)
    for _ in range(500):
        waiting = await outside.run(
            "SELECT count(*) AS n FROM telegram_updates WHERE bot_id = :bot AND state = 'new'",
            bot=BOT_ID,
        )
        if not waiting[0]["n"]:
            break
        await asyncio.sleep(0.1)
    odd = await outside.run(
        "SELECT kind, error, payload FROM telegram_updates WHERE bot_id = :bot"
        " AND (state <> 'done' OR error IS NOT NULL)",
        bot=BOT_ID,
    )
    assert odd == [], odd
