import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.phones import DidNotHappen, Phone, new_person
from local.ports import free_port
from local.programs import Program

TOKEN = "1:local-test"


class ScriptedBot:
    """Asks one scripted question after the other over the Bot API and keeps what it was told."""

    def __init__(self, url: str, questions: list[dict[str, Any]]) -> None:
        self.heard: list[str] = []
        self._http = httpx.Client(base_url=f"{url}/bot{TOKEN}", timeout=20, trust_env=False)
        self._questions = questions
        self._is_open = True
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def close(self) -> None:
        self._is_open = False
        self._thread.join()
        self._http.close()

    def _listen(self) -> None:
        offset = 0
        while self._is_open:
            asked = self._http.post("/getUpdates", json={"offset": offset, "timeout": 1}).json()
            # The last test's poll may still be open: then the server answers 409 and we ask again.
            for update in asked.get("result", ()):
                offset = update["update_id"] + 1
                self._answer(update)
        # Confirms the last update, so that the next test's bot does not hear it again.
        self._http.post("/getUpdates", json={"offset": offset, "timeout": 0})

    def _answer(self, update: dict[str, Any]) -> None:
        if "callback_query" in update:
            query = update["callback_query"]
            self.heard.append(query["data"])
            self._http.post("/answerCallbackQuery", json={"callback_query_id": query["id"]})
            chat_id = query["from"]["id"]
        else:
            message = update["message"]
            self.heard.append(message.get("text") or next(k for k in SHARED if k in message))
            chat_id = message["chat"]["id"]
        if self._questions:
            self._http.post("/sendMessage", json={"chat_id": chat_id, **self._questions.pop(0)})


SHARED = ("location", "contact")


def inline(*buttons: tuple[str, str]) -> dict[str, Any]:
    rows = [[{"text": text, "callback_data": data}] for text, data in buttons]
    return {"inline_keyboard": rows}


@pytest.fixture(scope="module")
def telegram(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("telegram")
    port = free_port()
    service = Program(
        "telegram",
        ["-m", "local", "simulator", "telegram", "--port", str(port), "--data", f"{folder}/t.db"],
        port,
        folder,
        {"DRILLFLOW_TELEGRAM_TOKEN": TOKEN},
        ready_path="/healthz",
    )
    service.launch()
    service.wait_ready()
    yield service.url
    service.stop()


@pytest.fixture
def phone(telegram: str) -> Iterator[Phone]:
    with httpx.Client(base_url=telegram, timeout=10, trust_env=False) as http:
        yield new_person(http, "Анна", "+79001000009", lambda *_: None)


def test_a_dialogue_is_answered_with_the_wanted_values_place_and_number(
    telegram: str, phone: Phone
) -> None:
    share = {"keyboard": [[{"text": "Место", "request_location": True}]]}
    number = {"keyboard": [[{"text": "Номер", "request_contact": True}]]}
    kinds = inline(("Скважина", "d:drilling:1"), ("Ремонт", "d:repair:1"))
    check = inline(("Назад", "d:back:2"), ("✅ Да", "d:send:2"))
    bot = ScriptedBot(
        telegram,
        [
            {"text": "Что?", "reply_markup": kinds},
            {"text": "Где?", "reply_markup": share},
            {"text": "Телефон?", "reply_markup": number},
            {"text": "Верно?", "reply_markup": check},
            {"text": "Спасибо", "reply_markup": {"remove_keyboard": True}},
        ],
    )
    try:
        phone.say("/new")
        phone.answer_dialogue(["repair"])
    finally:
        bot.close()

    assert bot.heard == ["/new", "d:repair:1", "location", "contact", "d:send:2"]


def test_a_button_is_found_by_its_sign_and_every_act_is_told(telegram: str, phone: Phone) -> None:
    told: list[tuple[str, str, int | None]] = []
    phone.happened = lambda *act: told.append(act)
    bot = ScriptedBot(
        telegram, [{"text": "Оплатите", "reply_markup": inline(("💳 Оплатить", "pay:1001:3"))}]
    )
    try:
        phone.say("/start")
        button = phone.wait_for("💳")
        phone.tap("💳", "pays")
    finally:
        bot.close()

    assert button["callback_data"] == "pay:1001:3"
    assert [act[:2] for act in told] == [("Анна", "says /start"), ("Анна", "pays")]
    assert all(act[2] for act in told)


def test_a_missing_button_is_reported_with_the_screen(phone: Phone) -> None:
    phone.say("/start")

    with pytest.raises(DidNotHappen, match="/start"):
        phone.tap("🏁", "is done")
