"""People before the product's doors: they act as rudely as they can and keep what was answered."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from local.simulators.telegram.acts import Acts
from rules.catalog import Service
from tests.workflows.outside import BOT_ID, Outside
from tests.workflows.world import Placed, Town, eventually
from texts.language import Language

# Real towns far from each other: the table of places knows them, and no contractor reaches two.
PLACES = (
    (56.86, 35.90), (55.79, 49.11), (58.01, 56.25), (54.99, 73.37), (55.03, 82.92), (56.02, 92.87),
    (52.29, 104.29), (52.03, 113.50), (48.48, 135.08), (43.12, 131.89), (62.03, 129.73),
    (45.04, 38.98), (46.35, 48.04), (48.71, 44.51), (51.53, 46.03), (53.20, 50.15), (54.74, 55.97),
    (51.77, 55.10), (57.15, 65.53), (61.25, 73.42), (64.54, 40.54), (68.97, 33.08), (59.94, 30.31),
    (54.71, 20.51), (59.22, 39.89), (58.60, 49.66), (61.67, 50.84), (53.76, 87.14), (53.35, 83.76),
)  # fmt: skip
_places = itertools.cycle(PLACES)
_people = itertools.count(600_000_001)
_OWED = "SELECT 1 FROM outbox WHERE chat_user_id = :user AND state IN ('pending', 'sending')"
NAMES = {Language.RU: "Анна", Language.EN: "John"}


def settle(outside: Outside) -> Village:
    """A town of its own; whatever is open there is ended by `close`."""
    latitude, longitude = next(_places)
    return Village(outside, Town(outside.world, latitude, longitude))


Play = Callable[["Village", Language], Awaitable[None]]


async def in_both_languages(outside: Outside, play: Play) -> None:
    """The same row with a Russian and with an English client, side by side in two towns."""
    await asyncio.gather(*(_in_a_village(outside, play, lang) for lang in Language))


async def in_each_language(outside: Outside, play: Play) -> None:
    """One after the other: they share the provider's clock, and a row that moves it ends pages."""
    for lang in Language:
        await _in_a_village(outside, play, lang)


async def _in_a_village(outside: Outside, play: Play, lang: Language) -> None:
    village = settle(outside)
    try:
        await play(village, lang)
    finally:
        await village.close()


async def soon(look: Callable[[], Awaitable[Any]], what: str) -> Any:
    """Look often: what people wait for here comes within milliseconds."""
    for _ in range(20):
        await asyncio.sleep(0.01)
        found = await look()
        if found:
            return found
    return await eventually(look, what)


@dataclass
class Village:
    """One row's place: its people, its orders."""

    outside: Outside
    town: Town
    people: list[Someone] = field(default_factory=list)

    async def someone(self, lang: Language, name: str = "", **fields: Any) -> Someone:
        """Somebody with a phone whom the bot knows, and whose number it has."""
        telegram_id = next(_people)
        outside = self.outside
        name = name or NAMES[lang]
        person = {"id": telegram_id, "first_name": name, "language_code": lang.value}
        outside.stand.people.create(person)
        outside.stand.people.change(telegram_id, "has_started", 1)
        user_id = await self.town.person(name[:64])
        await outside.run(
            "UPDATE users SET telegram_id = :telegram, language = :lang WHERE id = :id",
            telegram=telegram_id, lang=lang.value, id=user_id,
        )  # fmt: skip
        found = Someone(outside, self.town, telegram_id, lang, user_id, **fields)
        self.people.append(found)
        return found

    async def both(self) -> tuple[Someone, Someone]:
        """A Russian and an English client."""
        return await self.someone(Language.RU), await self.someone(Language.EN)

    async def crew(self, lang: Language = Language.RU, **fields: Any) -> Someone:
        """A contractor on line for everything."""
        person = await self.someone(lang)
        contractor = await self.town.contractor(**fields)
        await self.outside.run(
            "UPDATE contractors SET user_id = :user WHERE id = :id",
            user=person.user_id, id=contractor,
        )  # fmt: skip
        person.contractor_id = contractor
        return person

    async def order(
        self, client: Someone, service: Service = Service.REPAIR_NO_WATER, **personal: Any
    ) -> Placed:
        """A client's order, placed through the door behind the bot."""
        placed = await self.town.place(service, client_id=client.user_id, **personal)
        client.orders.append(placed)
        await client.calm()
        return placed

    async def accepted(self, client: Someone, crew: Someone) -> Placed:
        """An order that waits for its prepayment."""
        order = await self.order(client)
        await order.offered()
        await order.accept(crew.contractor_id)
        await client.calm()
        return order

    async def close(self) -> None:
        """End what is still open."""
        self.town.orders += [order for person in self.people for order in person.orders]
        await self.town.close()


@dataclass
class Someone:
    """A person with a phone; every act waits until the bot has dealt with it."""

    outside: Outside
    town: Town
    id: int
    lang: Language
    user_id: int
    contractor_id: int = 0
    orders: list[Placed] = field(default_factory=list)
    acts: list[int] = field(default_factory=list)
    unheard: list[str] = field(default_factory=list)

    @property
    def _acts(self) -> Acts:
        return Acts(self.outside.stand)

    async def say(self, words: str) -> None:
        """Type words; the app splits what is too long for one message."""
        for at in range(0, max(1, len(words)), 4096):
            await self.send({"text": words[at : at + 4096]})

    async def send(self, content: dict[str, Any], kind: str = "message") -> None:
        """Send a message with any content, as a modified app could."""
        if kind == "message":
            await self._done(self._acts.write(self.id, content), str(content)[:80])
        else:
            await self.update(kind, content)

    async def update(self, kind: str, content: dict[str, Any]) -> None:
        """Any update at all under this person's name."""
        stand = self.outside.stand
        person = stand.people.get(self.id)
        body = {"from": person.user, "chat": person.chat(), **content}
        with stand.database.transaction():
            number = stand.updates.append(kind, self.id, f"chat:{self.id}", body)
        stand.wake()
        await self._done({"update_id": number}, kind)

    async def document(self, content: bytes, name: str, mime_type: str) -> None:
        """Send a file."""
        kept = self.outside.stand.files.keep_document(content, name, mime_type)
        await self.send({"document": kept})

    async def place(self, latitude: float, longitude: float) -> None:
        """Share a point."""
        await self.send({"location": {"latitude": latitude, "longitude": longitude}})

    async def forge(self, data: str) -> str:
        """Tap with any data; what the answer said."""
        sent = self.tap_now(data)
        await self._done(sent, data[:60])
        return self.answer_of(sent)

    def tap_now(self, data: str) -> dict[str, Any]:
        """The same without waiting: several may be on their way at once."""
        if not self.outside.stand.messages.newest_first_from_bot(self.id):
            raise AssertionError("nothing to tap on yet")
        return self._acts.tap(self.id, {"data": data, "force": True})

    def answer_of(self, sent: dict[str, Any]) -> str:
        """What a tap was answered with."""
        found = self.outside.stand.callbacks.find(sent["callback_query_id"])
        return str(found["text"]) if found and found["answered"] else "(no answer)"

    async def tap(self, start: str) -> str:
        """Tap the newest button whose data begins so, as soon as it is there."""

        async def there() -> str | None:
            return self.data(start)

        return await self.forge(await soon(there, f"{self.lang} sees {start}: {self.said()}"))

    def data(self, start: str) -> str | None:
        """The data of the newest visible button that begins so."""
        for message in reversed(self.messages()):
            for row in message.get("buttons", []):
                for button in row:
                    if str(button.get("callback_data", "")).startswith(start):
                        return str(button["callback_data"])
        return None

    async def choose(self, *values: str) -> None:
        """Answer a dialogue's questions by their buttons."""
        for value in values:
            await self.tap(f"d:{value}:")

    def messages(self) -> list[dict[str, Any]]:
        """The visible chat, newest last."""
        return self.outside.stand.messages.views(self.id)

    def said(self) -> list[str]:
        """What the bot has said, newest last."""
        return [str(one.get("text", "")) for one in self.messages() if one["from"] == "bot"]

    async def orders_a_pump(self, comment: str = "") -> Placed:
        """Order by taps, from the first question to the last."""
        await self.say("/new")
        await self.choose("repair", "repair.pump", "pump_check")
        await self.place(self.town.latitude, self.town.longitude)
        await self.choose("soon")
        if comment:
            await self.say(comment)
        else:
            await self.choose("skip")
        await self.choose("send")
        return await self.newest_order()

    async def newest_order(self) -> Placed:
        """The order that he has just sent."""
        rows = await self.outside.run(
            "SELECT CAST(id AS text) AS id FROM orders WHERE client_id = :id"
            " ORDER BY created_at DESC, number DESC LIMIT 1",
            id=self.user_id,
        )
        (said,) = [one for one in self.outside.orders.placed if one.order_id == rows[0]["id"]][:1]
        order = Placed(self.outside.world, said.order_id, self.user_id, said)
        self.orders.append(order)
        return order

    async def hears(self, words: str) -> None:
        """Wait until the bot has said these words, in a message or in a tap's answer."""

        async def heard() -> bool:
            answers = self.outside.stand.callbacks.answers(self.id)
            return any(words in one for one in (*self.said(), *(str(a["text"]) for a in answers)))

        await soon(heard, f"{self.lang} hears {words!r}, not {self.said()[-3:]}")

    async def _done(self, sent: dict[str, Any], what: str) -> None:
        number, before = sent["update_id"], self._newest_call()
        self.acts.append(number)
        await self.handled(number)
        query = sent.get("callback_query_id")
        found = self.outside.stand.callbacks.find(query) if query else None
        is_answered = found is not None and found["answered"]
        if not is_answered and self._newest_call() == before:
            self.unheard.append(what)

    def _newest_call(self) -> int:
        row = self.outside.stand.database.row(
            "SELECT max(seq) AS newest FROM calls WHERE chat_id = ?", self.id
        )
        return int(row["newest"] or 0) if row else 0

    async def handled(self, number: int) -> None:
        """Wait until the bot is done with an update and owes this person nothing."""
        sql = (
            "SELECT 1 FROM telegram_updates WHERE bot_id = :bot AND update_id = :id"
            f" AND state <> 'new' AND NOT EXISTS ({_OWED})"
        )
        await soon(
            lambda: self.outside.sees(sql, bot=BOT_ID, id=number, user=self.user_id),
            f"update {number} is handled",
        )

    async def calm(self) -> None:
        """Wait until nothing is owed to this person."""
        sql = f"SELECT 1 WHERE NOT EXISTS ({_OWED})"
        await soon(lambda: self.outside.sees(sql, user=self.user_id), "all that is owed is sent")

    async def draft(self) -> Any:
        """What he has told of a dialogue that is open; None without one."""
        rows = await self.outside.run(
            "SELECT flow, step, answers FROM dialogue_drafts WHERE user_id = :id", id=self.user_id
        )
        if not rows:
            return None
        told = {k: v for k, v in rows[0]["answers"].items() if k not in ("asked", "update_id")}
        return rows[0]["flow"], rows[0]["step"], told
