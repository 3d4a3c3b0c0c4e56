"""The Bot API methods that exist here; every other name is answered with 404."""

from __future__ import annotations

from local.simulators.telegram.methods import (
    chats,
    copying,
    editing,
    payments,
    places,
    receiving,
    sending,
    topics,
)

GROUPS = (chats, copying, editing, payments, places, receiving, sending, topics)

METHODS = {known.name.lower(): known for group in GROUPS for known in group.METHODS}
