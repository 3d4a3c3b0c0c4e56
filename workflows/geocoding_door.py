"""The door to addresses for the bot and the API: what is kept, else a bounded wait."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from temporalio.client import Client, WorkflowFailureError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError

from activities.geocoding_book import AddressBook
from rules.geocoding import Found
from runtime.metrics import GEOCODING
from workflows.geocoding import GeocodingWorkflow
from workflows.policies import TASK_QUEUE

PATIENCE_SECONDS = 4.0
"""Nobody waits longer for an address; a town and a pin do as well."""


class AddressFinder(Protocol):
    """Finds addresses beyond the towns of our own table."""

    async def find(self, text: str, language: str, now: datetime) -> tuple[Found, ...]:
        """Everything the text may mean; empty also when nobody answers in time. Never fails."""
        ...


Ask = Callable[[str], Awaitable[object]]


@dataclass(frozen=True)
class Addresses:
    """A geocoder behind what is kept of its answers; `ask` puts a question by its id."""

    book: AddressBook
    ask: Ask
    patience_seconds: float = PATIENCE_SECONDS

    async def find(self, text: str, language: str, now: datetime) -> tuple[Found, ...]:
        """Everything the text may mean; empty also when nobody answers in time."""
        known = await self.book.known(text, language, now)
        if known is not None:
            self._count("kept" if known else "kept_none")
            return known
        question = await self.book.question(text, language, now)
        if question is None:
            self._count("left_alone")
            return ()
        try:
            async with asyncio.timeout(self.patience_seconds):
                await self.ask(question)
        except TimeoutError:
            self._count("late")
        except (RPCError, WorkflowFailureError):
            self._count("unavailable")
        return await self.book.known(text, language, now) or ()

    def _count(self, outcome: str) -> None:
        GEOCODING.labels(source=self.book.provider.value, outcome=outcome).inc()


def through_temporal(client: Client) -> Ask:
    """Put questions as workflows: two people who ask the same share one."""

    async def ask(question: str) -> object:
        return await client.execute_workflow(
            GeocodingWorkflow.run,
            question,
            id=f"geocode-{question}",
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            static_summary="Address",
        )

    return ask


def addresses(client: Client, book: AddressBook | None) -> Addresses | None:
    """The door to that book's geocoder; None when only our own table is asked."""
    return None if book is None else Addresses(book, through_temporal(client))
