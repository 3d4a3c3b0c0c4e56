"""The Bot API methods that exist here; every other name is answered with 404."""

from __future__ import annotations

from local.simulators.telegram.methods import chats, editing, payments, receiving, sending

METHODS = {
    known.name.lower(): known
    for group in (chats, editing, payments, receiving, sending)
    for known in group.METHODS
}
