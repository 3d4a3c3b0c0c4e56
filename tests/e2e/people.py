"""A person with a phone, as the end-to-end tests need one: acts by sign, by action, by value."""

import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from local.phones import DRAFT_BUTTON, DidNotHappen, Json, Phone
from texts.catalogue import say
from texts.language import Language

PATIENCE_SECONDS = 60.0
# Every look is a request that two processes work on.
LOOK_SECONDS = 0.1
SETTLE_SECONDS = 0.4


def eventually(look: Any, what: str, *people: Phone, seconds: float = PATIENCE_SECONDS) -> Any:
    """Look again until there is something; fails with the screens of the people concerned."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            screens = "\n".join(f"  {one.name}:\n{one.screen()}" for one in people)
            raise DidNotHappen(f"{what}: not within {seconds:.0f} s\n{screens}")
        time.sleep(LOOK_SECONDS)


@dataclass
class Person(Phone):
    """Somebody in the Telegram simulator; every act returns what the simulator said of it."""

    _chosen: set[str] = field(default_factory=set)

    def press(self, action: str, number: int | None = None, *, hear: bool = False) -> Json:
        """Tap the newest button of an order with this action, as soon as it is there."""
        start = f"{action}:" if number is None else f"{action}:{number}:"
        button = eventually(lambda: self._by_data(start), f"{self.name} sees {start}", self)
        return self._tap({k: button[k] for k in ("message_id", "data")}, hear=hear)

    def confirm(self, action: str, choice: str, number: int) -> None:
        """Tap an action that asks back, then its answer; a card that came between is tapped again.

        The card of an order is one message: news of the order take the question's place.
        """

        def tapped() -> bool:
            answer = self._by_data(f"{choice}:{number}:")
            question = self._by_data(f"{action}:{number}:")
            button = answer or question
            if button is None:
                return False
            sent = self.http.post(f"/sim/people/{self.id}/tap", json=button)
            is_done = answer is not None and sent.status_code == httpx.codes.OK
            if not is_done:
                time.sleep(SETTLE_SECONDS)
            return is_done

        eventually(tapped, f"{self.name} can {choice}", self)

    def touch(self, sign: str, *, hear: bool = False) -> Json:
        """Tap the newest button that starts with the sign, as soon as it is there."""
        button = eventually(lambda: self.button(sign), f"{self.name} sees {sign}", self)
        wanted = {"message_id": button["message_id"], "data": button["callback_data"]}
        return self._tap(wanted, hear=hear)

    def forge(self, data: str) -> str:
        """Send callback data that no button of his shows; the answer's text."""
        if not self.messages():
            self.say("/help")
            self.sees("")
        said = self._tap({"data": data, "force": True}, hear=True)
        return str((said["answer"] or {}).get("text"))

    def verdict(self, data: str) -> str:
        """The same, and after 'one moment' what was said then in a message."""
        newest = max((one["message_id"] for one in self.messages()), default=0)
        heard = self.forge(data)
        if heard != say("tap.wait", Language.RU):
            return heard

        def said() -> str | None:
            later = [one for one in self.messages() if one["message_id"] > newest]
            return later[-1].get("text") if later else None

        return str(eventually(said, f"{self.name} hears the verdict", self))

    def choose_each(self, *values: str) -> None:
        """Answer a dialogue's questions with these values, waiting for each question."""
        for value in values:
            button = eventually(lambda v=value: self._question(v), f"{self.name}: {value}", self)
            while not self._tapped(button):
                # The question was drawn anew under the finger: look again.
                button = eventually(
                    lambda v=value: self._question(v), f"{self.name}: {value}", self
                )

    def is_offered(self, start: str) -> bool:
        """Whether a button whose data begins so is there."""
        return self._by_data(start) is not None

    def is_asked(self, value: str) -> bool:
        """Whether a question with this value waits for an answer."""
        return self._question(value) is not None

    def share(self, what: str) -> None:
        """Share the place or the own number as soon as the keyboard asks for it."""
        eventually(lambda: self._keyboard_asks(what), f"{self.name} is asked for {what}", self)
        here = {"latitude": self.latitude, "longitude": self.longitude}
        self._send(what, here if what == "location" else {})

    def sees(self, words: str) -> Json:
        """Wait until a message of the bot contains these words."""
        found: Json = eventually(lambda: self._saying(words), f"{self.name} sees {words!r}", self)
        return found

    def counts(self, words: str) -> int:
        """How many visible messages of the bot contain these words."""
        return sum(words in one.get("text", "") for one in self.messages() if one["from"] == "bot")

    def answers(self) -> list[Json]:
        """The person's taps with the answers that came."""
        found: list[Json] = self._get("answers")
        return found

    def _tap(self, wanted: Json, *, hear: bool = False) -> Json:
        said = self._send("tap", {**wanted, "wait": hear, **({"wait_seconds": 20} if hear else {})})
        return {**said, "data": wanted["data"]}

    def _tapped(self, button: Json) -> bool:
        """Tap it; False if it has just been replaced by another one."""
        still = any(one["data"] == button["data"] for one in self._buttons())
        if not still:
            return False
        answer = self.http.post(f"/sim/people/{self.id}/tap", json={**button, "wait": False})
        if "no such button" in answer.text:
            return False
        assert answer.status_code == httpx.codes.OK, f"tap: {answer.text}\n{self.screen()}"
        self._chosen.add(button["data"])
        self.happened(self.name, "tap", answer.json().get("update_id"))
        return True

    def _send(self, kind: str, body: Json) -> Json:
        answer = self.http.post(f"/sim/people/{self.id}/{kind}", json=body)
        assert answer.status_code == httpx.codes.OK, f"{kind}: {answer.text}\n{self.screen()}"
        said: Json = answer.json()
        self.happened(self.name, kind, said.get("update_id"))
        return said

    def _buttons(self) -> list[Json]:
        return [
            {"message_id": message["message_id"], "data": button.get("callback_data", "")}
            for message in reversed(self.messages())
            for row in message.get("buttons", [])
            for button in row
        ]

    def _by_data(self, start: str) -> Json | None:
        return next((one for one in self._buttons() if one["data"].startswith(start)), None)

    def _question(self, value: str) -> Json | None:
        for button in self._buttons():
            found = DRAFT_BUTTON.fullmatch(button["data"])
            fits = found is not None and found.group(1).rstrip("+-") == value
            if fits and button["data"] not in self._chosen:
                return button
        return None

    def _keyboard_asks(self, what: str) -> bool:
        rows = (self._get("keyboard") or {}).get("keyboard", [])
        return any(
            isinstance(key, dict) and key.get(f"request_{what}") for row in rows for key in row
        )

    def _saying(self, words: str) -> Json | None:
        found = [one for one in self.messages() if one["from"] == "bot"]
        return next((one for one in reversed(found) if words in one.get("text", "")), None)


def person_in(http: httpx.Client, name: str, happened: Any = lambda *_: None) -> Person:
    """Create a person in the simulator."""
    answer = http.post("/sim/people", json={"first_name": name, "language_code": "ru"})
    assert answer.status_code == httpx.codes.OK, answer.text
    return Person(http, answer.json()["id"], name, happened)


def who_sees(sign: str, *people: Person) -> Person:
    """The first of these people who has such a button."""

    def look() -> Person | None:
        return next((one for one in people if one.button(sign)), None)

    found: Person = eventually(look, f"somebody sees {sign}", *people)
    return found
