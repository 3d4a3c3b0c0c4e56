"""What a typed place may mean: towns of our own table at once, addresses after a bounded wait."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.dialogue import Draft, Flow, Said, Step
from bot.visit import Visit
from rules.geo import Place
from rules.geocoding import Spot, spots

SILENT_SECONDS = 1.0
"""Whoever waits longer is told what for."""


async def place_said(visit: Visit, draft: Draft) -> Said:
    """The text with all that it may mean; a geocoder that does not answer leaves the towns."""
    places = visit.desk.places.find(visit.words)
    return Said(visit.words, tuple(places), await _spots(visit, draft, places))


async def _spots(visit: Visit, draft: Draft, places: Sequence[Place]) -> tuple[Spot, ...]:
    addresses, words = visit.desk.addresses, visit.words
    if addresses is None or draft.flow is not Flow.ORDER:
        return ()
    if visit.desk.places.is_town_only(words):
        return ()
    if not places and draft.step is Step.PIN:
        # 'Sadovaya 5' is enough for whoever has just named the town.
        words = f"{draft.answers['town']}, {words}"
    finding = asyncio.create_task(addresses.find(words, visit.lang.value, datetime.now(UTC)))
    try:
        done, _ = await asyncio.wait({finding}, timeout=SILENT_SECONDS)
        if not done and visit.attempt == 1:
            await visit.say("ask.place_searching")
        return spots(await finding, places, visit.desk.places.nearest)
    finally:
        finding.cancel()
