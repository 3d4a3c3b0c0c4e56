"""All parts of the simulator in one place, wired once."""

from __future__ import annotations

import asyncio
import random
import re
from dataclasses import dataclass, field
from pathlib import Path

from local.simulators.telegram.callbacks import Callbacks
from local.simulators.telegram.chats import Chats
from local.simulators.telegram.clock import Clock
from local.simulators.telegram.database import Database
from local.simulators.telegram.events import EventBus
from local.simulators.telegram.faults import Faults
from local.simulators.telegram.files import Files
from local.simulators.telegram.groups import Groups
from local.simulators.telegram.invoices import Invoices
from local.simulators.telegram.journal import Journal
from local.simulators.telegram.limits import Limits
from local.simulators.telegram.messages import Messages
from local.simulators.telegram.people import People
from local.simulators.telegram.shapes import Json
from local.simulators.telegram.updates import Updates

REAL_TOKEN = re.compile(r"^\d{8,}:[\w-]{35}$")
LOCAL_TOKEN = re.compile(r"^\d{1,15}:[\w-]{1,64}$")


class RealTokenRefused(ValueError):
    """Somebody gave the simulator what looks like the token of a real bot."""


@dataclass
class Stand:
    """The simulator's state; every part keeps itself in the same SQLite file."""

    token: str
    database: Database
    clock: Clock
    people: People
    groups: Groups
    chats: Chats
    messages: Messages
    updates: Updates
    callbacks: Callbacks
    files: Files
    journal: Journal
    invoices: Invoices
    faults: Faults
    limits: Limits
    # Where the payment provider is that invoices are charged by; None: there is none.
    payments_url: str | None = None
    events: EventBus = field(default_factory=EventBus)
    # Set whenever an update was stored or the webhook changed; the deliverers wait for it.
    wake_delivery: asyncio.Event = field(default_factory=asyncio.Event)
    wake_polls: set[asyncio.Event] = field(default_factory=set)
    newest_poll: int = 0
    chance: random.Random = field(default_factory=random.Random)

    @property
    def bot(self) -> Json:
        """Return the bot's User as it stands in messages."""
        return {
            "id": int(self.token.partition(":")[0]),
            "is_bot": True,
            "first_name": "DrillFlow",
            "username": "drillflow_local_bot",
        }

    def wake(self) -> None:
        """Tell the webhook and the open long polls to look again."""
        self.wake_delivery.set()
        for poll in self.wake_polls:
            poll.set()

    def show(self, chat_id: int, message_id: int, kind: str = "message") -> None:
        """Tell the page that a message is new or changed."""
        view = self.messages.view(chat_id, message_id)
        if view is not None:
            self.events.emit(kind, chat_id, message=view)


def open_stand(file: Path, token: str, payments_url: str | None = None) -> Stand:
    """Open the simulator's file and wire the parts.

    Raises:
        RealTokenRefused: The token has the form of a real bot's token.
    """
    if REAL_TOKEN.match(token):
        raise RealTokenRefused("the simulator refuses a token of the real form")
    if not LOCAL_TOKEN.match(token):
        raise ValueError("the simulator's token must look like 1:local")
    database = Database(file)
    clock = Clock(database)
    people, groups = People(database), Groups(database)
    return Stand(
        token=token,
        database=database,
        clock=clock,
        people=people,
        groups=groups,
        chats=Chats(people, groups),
        messages=Messages(database),
        updates=Updates(database, clock),
        callbacks=Callbacks(database, clock),
        files=Files(database, clock),
        journal=Journal(database, clock),
        invoices=Invoices(database, clock),
        faults=Faults(database),
        limits=Limits(database, clock),
        payments_url=payments_url,
    )
