"""Random updates and requests of a modified app or a bored person; the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from bot.callbacks import BYTES_MAX
from bot.router import COMMANDS, MENU_TAPS

Json = dict[str, Any]
_UNSEEN = ("\x00", "\u200b", "\u202e", "\ufeff", "\u2066", "\ud83d", "\udc00", "\x1b[31m", "\u3164")
WORDS = (
    "", " ", "да", "нет", "0", "-1", "1", "5", "30", "1500", "1500,50", "12-18", "18-12", "1e9",
    "NaN",    "Infinity", "-0.0", "٣٠٠", "²", "½",
    "9" * 9, "9" * 30, "9" * 4_000, "0x10", "1 000 000 р.", "∞",
    "Тверь", "Тверь, Садовая 5", "Мирный", "Ыыыы", "Moscow", "Якутск", "1600 Pennsylvania Ave",
    "2020-02-29", "2126-01-01", "2027-02-30", "31.03.2027 02:30", "завтра", "9999-12-31", "-1-1-1",
    "+1 650 253 0000", "+86 10 6552 9988", "112", "+7" + "9" * 40, "8 (926) 123-45-67",
    "anna@mail.ru", "@", "a@b", "<b>@<i>", "x" * 300 + "@mail.ru", "anna@почта.рф",
    "<b>", "</b>", "<script>alert(1)</script>", "<a href='tg://user?id=1'>x</a>", "&amp;&lt;&#0;",
    "'; DROP TABLE orders; --", "{number}", "{0.__class__}", "%s%n", "${7*7}", "\\u0000",
    "`rm -rf`", "שלום", "مرحبا بالعالم", "👨\u200d👩\u200d👧\u200d👦", "e" + "\u0301" * 300,
    "ﷺ" * 100,
    "я" * 4_096, "U-1 ответ", "D-1001", "C-1",
    "/", "//", "/start@bot", "\n\n\n", "a\r\nb", "т" * 1_001,
    "т" * 201,
)  # fmt: skip
_ACTIONS = (
    "accept", "decline", "decline_r0", "withdraw", "withdraw_r0", "set_off", "start", "done",
    "cancel", "cancel_r0", "cancel_r9", "refund_now", "pay_card", "pay_sbp", "pay_telegram", "paid",
    "claim",
    "claim_r0", "claim_yes", "claim_no", "object_r0", "waive", "claim_files", "appeal", "slot",
    "slot_yes", "slot_no", "slot_t0zk0", "slot_zzzzzz", "slot_0000", "no_show", "no_show_yes",
    "accept_work", "rate0", "rate1", "rate5", "rate6", "rate99", "price_yes", "price_no", "support",
    "keep", "map", "why", "block", "quote", "quotes", "metres", "metres_yes", "choose_1", "open",
    "money", "menu", "d", "drop", "x",
)  # fmt: skip
_REFS = ("", "0", "1", "1001", "999999999999999", "9" * 32, "+", "-", ".", "a_b", "back", "cancel",
         "send", "skip", "yes", "no", "soon", "2020-01-01", "9999-12-31", "repair", "repair.pump",
         "repair+", "ready", "client", "contractor", "delete.yes", "lang.en", "lang.ru", "lang.xx",
         "100", "-5", "keep", "none", "same", "seen", "add")  # fmt: skip
POINTS = (
    (0.0, 0.0), (90.0, 0.0), (-90.0, 180.0), (89.9999, -179.9999), (56.86, 35.9), (74.0, 160.0),
    (66.0, -170.0), (52.5, 13.4), (55.75, 37.61), (1e-7, 1e-7), (43.4, 31.5),
)  # fmt: skip
PHONES = (
    "",
    "1",
    "+16502530000",
    "8610655299",
    "7" + "9" * 60,
    "abc",
    "+7 (926) 123-45-67",
    "\x00",
)


class Mischief:
    """Everything that may be sent, drawn by one generator."""

    def __init__(self, seed: str) -> None:
        self.chance = random.Random(seed)

    def words(self) -> str:
        """A text, perhaps with signs that nobody sees."""
        found = self.chance.choice(WORDS)
        for _ in range(self.chance.choice((0, 0, 0, 1, 3))):
            at = self.chance.randint(0, len(found))
            found = found[:at] + self.chance.choice(_UNSEEN) + found[at:]
        return found[:4_096]

    def command(self) -> str:
        """A command of anybody's with whatever behind it."""
        rest = (self.chance.choice((*WORDS, "D-1001 C-1", "P-1 approve", "B-1", "R-1 done", "en")),
                self.chance.choice(WORDS))  # fmt: skip
        return f"/{self.chance.choice(list(COMMANDS))} {' '.join(rest)}"[:4_096]

    def data(self, numbers: list[int], version: int) -> str:
        """Callback data: ours, nearly ours, or anybody's."""
        if self.chance.random() < 0.1:
            return self.chance.choice(
                ("", ":", "::", "a:b", "\x00", "я" * 32, "x" * 64, "x" * 9_000)
            )
        refs = (*_REFS, *map(str, numbers)) * 2 + tuple(MENU_TAPS)
        versions = (0, 1, 2, version, version + 1, 999_999_999, 10**12)
        action, ref = self.chance.choice(_ACTIONS), self.chance.choice(refs)
        if self.chance.random() < 0.4 and numbers:
            ref = str(self.chance.choice(numbers))
        made = f"{action}:{ref}:{self.chance.choice(versions)}"
        return made if self.chance.random() < 0.9 else made[:BYTES_MAX] + made

    def message(self, person_id: int) -> Json:
        """The content of any message."""
        made: list[Callable[[], Json]] = [
            lambda: {"text": self.words()},
            lambda: {"text": self.command()},
            lambda: {"location": self._point()},
            lambda: {"location": {**self._point(), "live_period": 900, "heading": 7}},
            lambda: {"venue": self._venue(), "location": self._point()},
            lambda: {"contact": self._contact(person_id)},
            lambda: {"contact": self._contact(person_id), "forward_origin": _HIDDEN},
            lambda: {"text": self.words(), "forward_origin": _HIDDEN},
            lambda: {"photo": [_file(width=9, height=9)], "caption": self.words()},
            lambda: {"document": _file(file_name=self.words(), file_size=self._size())},
            self._odd,
        ]
        return self.chance.choice(made)()

    def _odd(self) -> Json:
        return self.chance.choice((
            {"sticker": _file(type="regular", width=9, height=9, is_animated=True, is_video=True)},
            {"voice": _file(duration=-1)}, {"video_note": _file(length=9, duration=1)},
            {"audio": _file(duration=1)}, {"video": _file(width=1, height=1, duration=1)},
            {"animation": _file(width=1, height=1, duration=1), "document": _file()},
            {"dice": {"emoji": "🎲", "value": 6}}, {"poll": _POLL},
            {"pinned_message": _INACCESSIBLE},
            {"web_app_data": {"data": self.words(), "button_text": "x"}}, {"new_chat_title": "x"},
            {"game": {"title": "x", "description": "y", "photo": []}}, {}, {"text": None},
            {"users_shared": {"request_id": 1, "users": []}}, {"unheard_of": {"deep": [[[{}]]]}},
        ))  # fmt: skip

    def _point(self) -> Json:
        latitude, longitude = self.chance.choice(POINTS)
        return {"latitude": latitude, "longitude": longitude}

    def _venue(self) -> Json:
        return {"location": self._point(), "title": self.words(), "address": self.words()}

    def _contact(self, person_id: int) -> Json:
        found: Json = {"phone_number": self.chance.choice(PHONES), "first_name": self.words()}
        owner = self.chance.choice((person_id, person_id, 1, None))
        return found if owner is None else {**found, "user_id": owner}

    def _size(self) -> int:
        return self.chance.choice((0, 1, 20 * 2**20, 20 * 2**20 + 1, 2**40))

    def other(self, person: Json, chat: Json) -> tuple[str, Json]:
        """An update that is no message and no tap; nobody waits for an answer to it."""
        member = {"user": {"id": 78, "is_bot": True, "first_name": "x"}, "status": "member"}
        body = {"message_id": 1, "date": 0, "chat": chat, "from": person}
        return self.chance.choice((
            ("edited_message", {**body, "edit_date": 1, "text": self.words()}),
            ("edited_message", {**body, "edit_date": 1, "location": self._point()}),
            ("channel_post", {**body, "chat": {"id": -1, "type": "channel", "title": "x"}}),
            ("message", {**body, "chat": {"id": -5, "type": "group", "title": "x"}, "text": "a"}),
            ("inline_query", {"id": "1", "from": person, "query": self.words(), "offset": ""}),
            ("poll_answer", {"poll_id": "1", "user": person, "option_ids": [0]}),
            ("poll", _POLL),
            ("message_reaction", {"chat": chat, "message_id": 1, "user": person, "date": 0,
                                  "old_reaction": [], "new_reaction": []}),
            ("my_chat_member", {"chat": chat, "from": person, "date": 0,
                                "old_chat_member": member, "new_chat_member": member}),
            ("shipping_query", {"id": "1", "from": person, "invoice_payload": self.words(),
                                "shipping_address": _ADDRESS}),
            ("a_kind_of_next_year", {"chat": chat, "number": 10**30, "small": 1e-300}),
        ))  # fmt: skip

    def json(self, depth: int = 0) -> Any:
        """Any JSON value."""
        plain: list[Any] = [
            None, True, 0, -1, 2**63, 10**30, 0.5, -1e308, "", self.words(), self.words(), [], {},
            float("nan"), float("inf"), "2027-02-30", "repair.pump", 56.86,
        ]  # fmt: skip
        if depth < 3 and self.chance.random() < 0.3:
            return [self.json(depth + 1) for _ in range(self.chance.randint(0, 3))]
        if depth < 3 and self.chance.random() < 0.3:
            return {self.words()[:20]: self.json(depth + 1) for _ in range(3)}
        return self.chance.choice(plain)

    def spoilt(self, body: Any) -> Any:
        """A good body in which something is otherwise."""
        if not isinstance(body, dict) or not body or self.chance.random() < 0.1:
            return self.json()
        name = self.chance.choice(list(body))
        more = dict(body)
        match self.chance.choice(("drop", "add", "inside", "inside", "change")):
            case "drop":
                more.pop(name)
            case "add":
                more[self.words()[:30]] = self.json()
            case "inside":
                more[name] = self.spoilt(body[name])
            case _:
                more[name] = self.json()
        return more


_HIDDEN = {"type": "hidden_user", "date": 1, "sender_user_name": "<b>"}
_INACCESSIBLE = {"message_id": 1, "date": 0, "chat": {"id": 1, "type": "private"}}
_ADDRESS = {"country_code": "RU", "state": "", "city": "", "street_line1": "", "street_line2": "",
            "post_code": ""}  # fmt: skip
_POLL = {"id": "1", "question": "?", "options": [], "total_voter_count": 0, "is_closed": False,
         "is_anonymous": True, "type": "regular", "allows_multiple_answers": False,
         "allows_revoting": False}  # fmt: skip


def _file(**more: Any) -> Json:
    return {"file_id": "nobody-knows", "file_unique_id": "nobody", **more}
