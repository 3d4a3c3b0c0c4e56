"""The demo: one real order from the first tap to the settled ledger, told as it happens."""

import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from local.books import CLOSED_SECONDS, Books, captured_kopecks, read_books, read_offers, served
from local.phones import DidNotHappen, Phone, new_person, wait
from local.progress import Progress
from local.stack import Stack
from settings import PREFIX, Settings
from texts import formatting, signs
from texts.catalogue import say
from texts.explain import why_chosen
from texts.language import Language

# Every step of the real policy, with clocks of seconds.
POLICY_FILE = Path(__file__).with_name("demo_policy.json")
CONTRACTORS = (("Иван", "+79001000001"), ("Пётр", "+79001000002"), ("Семён", "+79001000003"))
CLIENT = ("Анна", "+79001000009")
TOWNS = (
    (56.86, 35.91),  # Тверь
    (54.63, 39.74),  # Рязань
    (57.63, 39.87),  # Ярославль
    (51.66, 39.20),  # Воронеж
    (55.79, 49.12),  # Казань
    (53.20, 50.15),  # Самара
    (56.84, 60.61),  # Екатеринбург
    (55.03, 82.92),  # Новосибирск
    (45.04, 38.98),  # Краснодар
    (58.01, 56.25),  # Пермь
    (59.22, 39.89),  # Вологда
    (52.29, 104.30),  # Иркутск
)
WORK_ANSWERS = ("repair+", "ready", "50")
ORDER_ANSWERS = ("repair", "repair.no_water", "symptom_hums", "soon", "skip")


@dataclass
class Story:
    """What happened so far, printed line by line and kept for `demo.json`."""

    console: Console
    began: float = field(default_factory=time.monotonic)
    events: list[dict[str, Any]] = field(default_factory=list)
    phones_url: str = ""

    @property
    def seconds(self) -> float:
        """Since the first line."""
        return time.monotonic() - self.began

    def person(self, name: str, what: str, update_id: int | None) -> None:
        """A person did something."""
        self._add(name, what, update_id)

    def fact(self, what: str) -> None:
        """The product did something."""
        self._add("DrillFlow", what, None)

    def _add(self, who: str, what: str, update_id: int | None) -> None:
        self.events.append(
            {"seconds": round(self.seconds, 2), "who": who, "what": what, "update_id": update_id}
        )
        self.console.print(f"[dim]{self.seconds:6.1f} s[/]  [bold]{who:<10}[/] {what}")


def run(settings: Settings, *, stay: bool) -> int:
    """Play it; 0 only if the order completed and the books balance."""
    extra = {f"{PREFIX}POLICY_FILE": str(POLICY_FILE)} if POLICY_FILE.exists() else {}
    with Progress() as progress, Stack(settings, report=progress.report, extra=extra) as stack:
        story = Story(progress.console)
        try:
            books = play(stack, story, stay=stay)
        except DidNotHappen as missing:
            progress.console.print(f"[red]{missing}[/]\nLogs: {stack.log_dir}", soft_wrap=True)
            return 1
        is_good = report(stack, story, books)
        if stay:
            progress.show_urls({**stack.urls, "phones": story.phones_url})
            with suppress(KeyboardInterrupt):
                stack.supervisor.wait()
    return 0 if is_good else 1


def play(stack: Stack, story: Story, *, stay: bool) -> Books:
    """The order's life, by taps only; returns the books after settlement."""
    telegram = stack.urls["telegram"]
    with httpx.Client(base_url=telegram, timeout=15, trust_env=False) as http:
        town = _town(http)
        crew = [_person(http, who, town, story) for who in CONTRACTORS]
        for number, contractor in enumerate(crew, start=1):
            contractor.latitude += 0.06 * number  # bases some kilometres apart
            contractor.say("/work")
            contractor.answer_dialogue(WORK_ANSWERS)
            contractor.say(say("menu.online", Language.RU))
        client = _person(http, CLIENT, town, story)
        client.say("/new")
        client.answer_dialogue(ORDER_ANSWERS)
        winner = find_contractor(crew)
        tell_offers(stack, story)
        # The two people of this story, side by side.
        phones = f"{stack.urls['phones']}?client={client.id}&contractor={winner.id}"
        story.phones_url = phones
        pay(stack, story, client)
        work(client, winner)
        books = settle(stack, story)
        if not stay:
            for contractor in crew:
                contractor.say(say("menu.offline", Language.RU))
            _hear_out(stack, story)
    return books


def _town(http: httpx.Client) -> tuple[float, float]:
    """Each run has a place of its own, so that it does not meet the people of the last one."""
    people = http.get("/sim/people").raise_for_status().json()
    return TOWNS[len(people) // (len(CONTRACTORS) + 1) % len(TOWNS)]


def _person(
    http: httpx.Client, who: tuple[str, str], town: tuple[float, float], story: Story
) -> Phone:
    phone = new_person(http, *who, story.person)
    phone.latitude, phone.longitude = town
    return phone


def find_contractor(crew: list[Phone]) -> Phone:
    """The first one asked refuses, the next one accepts."""
    first = _who_sees(crew, signs.ACCEPT)
    first.tap(signs.REFUSE, "refuses the offer")
    first.answer("decline_r", "says why")
    rest = [phone for phone in crew if phone is not first]
    second = _who_sees(rest, signs.ACCEPT)
    second.tap(signs.ACCEPT, "accepts the offer")
    return second


def tell_offers(stack: Stack, story: Story) -> None:
    """Who was asked and why, as it was written down."""
    for offer in read_offers(stack.environment[f"{PREFIX}DATABASE_URL"]):
        why = why_chosen(offer["terms"], offer["rank"], offer["score"], Language.RU)
        distance = formatting.distance(offer["distance_km"], Language.RU)
        who = formatting.contractor_number(offer["contractor_id"])
        story.fact(f"wave {offer['wave']}: {who}, {distance}, {offer['state']}. {why}")


def pay(stack: Stack, story: Story, client: Phone) -> None:
    """The client opens the payment page and pays by card."""
    button = client.wait_for(signs.PAY)
    if "callback_data" in button:
        client.tap(signs.PAY, "wants to pay by card")
        button = wait(
            lambda: _with_url(client.button(signs.PAY)), f"{client.name} gets a link", client
        )
    address = button["url"]
    page = httpx.get(address, follow_redirects=True, timeout=15, trust_env=False)
    payment_id = page.url.path.rstrip("/").rpartition("/")[2]
    answer = httpx.post(
        f"{stack.urls['yookassa']}/sim/pay/{payment_id}", json={"method": "card"}, trust_env=False
    )
    answer.raise_for_status()
    story.person(client.name, f"pays {answer.json()['amount']['value']} ₽ by card", None)


def work(client: Phone, contractor: Phone) -> None:
    """On the way, start, done; accepted and rated both ways."""
    for sign, what in (
        (signs.ON_THE_WAY, "is on the way"),
        (signs.START, "starts the work"),
        (signs.DONE, "is done"),
    ):
        contractor.wait_for(sign)
        contractor.tap(sign, what)
    contractor.answer_dialogue((), last="skip")
    client.wait_for(signs.ACCEPT_WORK)
    client.tap(signs.ACCEPT_WORK, "accepts the work")
    for person in (client, contractor):
        person.wait_for(signs.RATE)
        person.tap(signs.RATE, "rates the other side")


def _hear_out(stack: Stack, story: Story) -> None:
    """Nothing that people have said is left unanswered when the stack stops."""
    url = stack.environment[f"{PREFIX}DATABASE_URL"]
    said = {one["update_id"] for one in story.events if one["update_id"] is not None}
    wait(lambda: served(url, said) or None, "everything said is answered", seconds=60)


def settle(stack: Stack, story: Story) -> Books:
    """Wait until the dispute window is over and the order's money is closed."""
    url = stack.environment[f"{PREFIX}DATABASE_URL"]

    def closed() -> Books | None:
        books = read_books(url)
        return books if books and books.is_settled else None

    books: Books = wait(closed, "the order is settled", seconds=CLOSED_SECONDS)
    story.fact(f"order {books.state}, settled")
    return books


def report(stack: Stack, story: Story, books: Books) -> bool:
    """Print the ledger, write `demo.json`, and say whether everything holds."""
    captured = captured_kopecks(stack.urls["yookassa"], books.order_id)
    table = Table("journal", "account", "debit ₽", "credit ₽", title="Ledger", box=None)
    for line in books.journals:
        table.add_row(
            line["kind"], line["account"].replace(books.order_id, "…"),
            _roubles(line["debit_kopecks"]), _roubles(line["credit_kopecks"]),
        )  # fmt: skip
    story.console.print(table)
    found = {
        "order_id": books.order_id,
        "workflow_id": f"order-{books.order_id}",
        "state": books.state,
        "elapsed_seconds": round(story.seconds, 1),
        "events": story.events,
        "journals": books.journals,
        "ledger_sum_kopecks": books.ledger_sum_kopecks,
        "prepayment_kopecks": books.prepayment_kopecks,
        "provider_captured_kopecks": captured,
        "deposit_kopecks": books.deposit_kopecks,
        "urls": {**stack.urls, "phones": story.phones_url},
    }
    path = stack.data_dir / "demo.json"
    path.write_text(json.dumps(found, ensure_ascii=False, indent=2, default=str))
    is_good = (
        books.state == "completed"
        and books.ledger_sum_kopecks == 0
        and books.deposit_kopecks == 0
        and 0 < books.prepayment_kopecks == captured
    )
    verdict = "[green]The books balance.[/]" if is_good else "[red]The books do not balance.[/]"
    story.console.print(f"{verdict} Prepaid and captured: {_roubles(captured)} ₽. {path}")
    return is_good


def _who_sees(people: list[Phone], sign: str) -> Phone:
    found: Phone = wait(
        lambda: next((phone for phone in people if phone.button(sign)), None),
        f"somebody sees {sign}",
        *people,
    )
    return found


def _with_url(button: dict[str, Any] | None) -> dict[str, Any] | None:
    return button if button and "url" in button else None


def _roubles(kopecks: int) -> str:
    return f"{kopecks // 100}.{kopecks % 100:02d}" if kopecks else ""
