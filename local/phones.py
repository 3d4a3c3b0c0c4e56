"""A person with a phone in the Telegram simulator, driven over HTTP as a person would act.

Nothing here knows our texts: orders are moved by the fixed sign a button starts with, dialogues
are answered from the values behind the buttons.
"""

import re
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import httpx

WAIT_SECONDS = 60.0
LOOK_SECONDS = 0.1
TURNS_MAX = 25
Json = dict[str, Any]
Happened = Callable[[str, str, int | None], None]
# A dialogue's button is `d:<value>:<draft version>`; these values lead away from the goal.
DRAFT_BUTTON = re.compile(r"d:([^:]*):(\d+)")
LEADS_AWAY = frozenset({"back", "cancel"})


class DidNotHappen(RuntimeError):
    """What was waited for did not appear in time; the message shows the person's screen."""


@dataclass
class Phone:
    """One person. `happened(name, what, update_id)` is told of every act."""

    http: httpx.Client
    id: int
    name: str
    happened: Happened
    latitude: float = 56.86
    longitude: float = 35.91
    _answered: set[int] = field(default_factory=set)

    def say(self, text: str) -> None:
        """Send a text or a command."""
        self._act("text", f"says {text}", {"text": text})

    def tap(self, sign: str, what: str) -> None:
        """Tap the newest button whose text starts with the sign."""
        self._act("tap", what, {"sign": sign})

    def choose(self, message_id: int, data: str, what: str) -> None:
        """Tap one button by the data behind it."""
        self._act("tap", what, {"message_id": message_id, "data": data})

    def answer(self, action: str, what: str) -> None:
        """Tap the newest button whose action starts so, once it is there.

        Raises:
            DidNotHappen: It did not come.
        """
        found: Json = wait(
            lambda: self._by_action(action), f"{self.name} is asked for {action}", self
        )
        self.choose(found["message_id"], found["callback_data"], f"{what}: {found['text']}")

    def _by_action(self, action: str) -> Json | None:
        for message in reversed(self.messages()):
            for row in message.get("buttons", []):
                for button in row:
                    if button.get("callback_data", "").startswith(action):
                        return {**button, "message_id": message["message_id"]}
        return None

    def messages(self) -> list[Json]:
        """The visible chat, newest last."""
        found: list[Json] = self._get("messages")
        return found

    def button(self, sign: str) -> Json | None:
        """The newest inline button that starts with the sign."""
        for message in reversed(self.messages()):
            for row in message.get("buttons", []):
                for button in row:
                    if button["text"].startswith(sign):
                        return {**button, "message_id": message["message_id"]}
        return None

    def wait_for(self, sign: str) -> Json:
        """Wait until such a button is there.

        Raises:
            DidNotHappen: It did not come.
        """
        found: Json = wait(lambda: self.button(sign), f"{self.name} sees {sign}", self)
        return found

    def answer_dialogue(self, wanted: Collection[str], last: str = "send") -> None:
        """Answer the bot's questions, wanted values first, until `last` has been chosen.

        Raises:
            DidNotHappen: The dialogue did not get there within its turns.
        """
        chosen: set[str] = set()
        for _ in range(TURNS_MAX):
            turn: Json = wait(self._turn, f"{self.name} is asked something", self)
            self._answer(turn, (*wanted, last), chosen)
            if last in chosen:
                return
        raise DidNotHappen(f"{self.name}: the dialogue does not end\n{self.screen()}")

    def screen(self) -> str:
        """The last messages with their buttons, for a failure's message."""
        lines = []
        for message in self.messages()[-6:]:
            buttons = [b["text"] for row in message.get("buttons", []) for b in row]
            lines.append(f"    [{message['from']}] {message.get('text', '…')} {buttons or ''}")
        return "\n".join(lines)

    def _turn(self) -> Json | None:
        """The newest question of the bot that is not answered yet."""
        messages = self.messages()
        newest = messages[-1] if messages else {"from": "person"}
        if newest["from"] != "bot":
            return None
        keyboard = self._get("keyboard") or {}
        version = _version(newest)
        mark = hash((newest["message_id"], str(newest.get("text")), str(newest.get("buttons"))))
        if (version is None and not _requests(keyboard)) or mark in self._answered:
            return None
        self._answered.add(mark)
        return {"message": newest, "keyboard": keyboard}

    def _answer(self, turn: Json, wanted: Collection[str], chosen: set[str]) -> None:
        message = turn["message"]
        buttons = _draft_buttons(message)
        values = [value for value in buttons if value not in LEADS_AWAY]
        if values:
            fresh = [value for value in wanted if value in buttons and value not in chosen]
            # What was not asked for goes forward: the first buttons choose, the last leads on.
            value = fresh[0] if fresh else values[-1]
            chosen.add(value)
            data, text = buttons[value]
            self.choose(message["message_id"], data, f"chooses {text}")
            return
        # A reply keyboard stays on the screen until it is replaced, so it comes second.
        if "request_location" in _requests(turn["keyboard"]):
            here = {"latitude": self.latitude, "longitude": self.longitude}
            self._act("location", "shares the place", here)
        else:
            self._act("contact", "shares the number", {})

    def _get(self, what: str) -> Any:
        answer = self.http.get(f"/sim/people/{self.id}/{what}")
        answer.raise_for_status()
        return answer.json()

    def _act(self, kind: str, what: str, body: Json) -> None:
        answer = self.http.post(f"/sim/people/{self.id}/{kind}", json=body)
        if answer.status_code == httpx.codes.CONFLICT:
            raise DidNotHappen(f"{self.name} cannot: {what}\n{self.screen()}")
        answer.raise_for_status()
        self.happened(self.name, what, answer.json().get("update_id"))


def wait(look: Callable[[], Any], what: str, *people: Phone, seconds: float = WAIT_SECONDS) -> Any:
    """Look again until there is something.

    Raises:
        DidNotHappen: Shows the screens of the people concerned.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(LOOK_SECONDS)
    screens = "\n".join(f"  {person.name}:\n{person.screen()}" for person in people)
    raise DidNotHappen(f"{what}: not within {seconds:.0f} s\n{screens}")


def new_person(http: httpx.Client, name: str, phone_number: str, happened: Happened) -> Phone:
    """Create a person in the simulator."""
    answer = http.post(
        "/sim/people",
        json={"first_name": name, "phone_number": phone_number, "language_code": "ru"},
    )
    answer.raise_for_status()
    return Phone(http, answer.json()["id"], name, happened)


def _requests(keyboard: Json) -> list[str]:
    """What the reply keyboard offers to share, in its order."""
    return [
        request
        for row in keyboard.get("keyboard", [])
        for button in row
        if isinstance(button, dict)
        for request in ("request_location", "request_contact")
        if button.get(request)
    ]


def _draft_buttons(message: Json) -> dict[str, tuple[str, str]]:
    """Value -> (callback data, text) of a dialogue's buttons."""
    found = {}
    for row in message.get("buttons", []):
        for button in row:
            draft = DRAFT_BUTTON.fullmatch(button.get("callback_data", ""))
            if draft:
                found[draft.group(1)] = (button["callback_data"], button["text"])
    return found


def _version(message: Json) -> int | None:
    """The draft's version that the message asks for."""
    for data, _ in _draft_buttons(message).values():
        return int(data.rpartition(":")[2])
    return None
