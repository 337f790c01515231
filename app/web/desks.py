"""Which process serves a connection: webhooks that only compute are shared out, everything else stays with the server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from app.services.light import LightWebhooks
from app.web.channel import MAX_DATA_BYTES, Channel, send_connection
from app.web.protocol import BoundedProtocol

BEGINNING = b"POST /api/webhooks/"
ID_LENGTH = 36
HELP_AT = 8
"""So many connections at once that carry light webhook calls are worth another process."""


def webhook_of(data: bytes) -> str | None:
    """The id of the webhook that a request is for, as its first bytes tell; None for every other request."""
    end = len(BEGINNING) + ID_LENGTH
    if not data.startswith(BEGINNING) or data[end : end + 1] not in (b" ", b"?"):
        return None
    return data[len(BEGINNING) : end].decode("latin-1")


@dataclass
class Helper:
    """A worker as its server sees it."""

    channel: Channel
    connections: int = 0


@dataclass
class ServerDesk:
    """Gives connections to workers so that each process has about as many; `call_help` starts the next worker."""

    light: LightWebhooks
    call_help: Callable[[], None]
    helpers: list[Helper] = field(default_factory=list)
    _here: set[BoundedProtocol] = field(default_factory=set)

    def takes(self, protocol: BoundedProtocol, data: bytes) -> bool:
        webhook_id = webhook_of(data)
        found = None if webhook_id is None else self.light.find(webhook_id)
        if found is None:
            self._here.discard(protocol)
            return False
        self._here.add(protocol)
        if len(self._here) >= HELP_AT:
            self.call_help()
        helper = min(self.helpers, key=lambda one: one.connections, default=None)
        if helper is None or len(self._here) <= helper.connections + 1 or len(data) > MAX_DATA_BYTES:
            return False
        mark, workflow_id = found
        about = {"webhook_id": webhook_id, "workflow_id": workflow_id, "mark": mark}
        if not send_connection(helper.channel, about, data, protocol.transport):
            return False
        helper.connections += 1
        return True

    def left(self, protocol: BoundedProtocol) -> None:
        self._here.discard(protocol)


@dataclass
class WorkerDesk:
    """Gives a connection back whose next request is for the server."""

    light: LightWebhooks
    channel: Channel

    def takes(self, protocol: BoundedProtocol, data: bytes) -> bool:
        webhook_id = webhook_of(data)
        if webhook_id is not None and self.light.find(webhook_id) is not None:
            return False
        return send_connection(self.channel, {}, data, protocol.transport)

    def left(self, protocol: BoundedProtocol) -> None:
        self.channel.send({"left": 1})
