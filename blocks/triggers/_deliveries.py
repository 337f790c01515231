"""Messages of brokers that want an acknowledgement: each starts one execution, also when it is delivered again.

A message is acknowledged after it was accepted. What was accepted and not yet acknowledged stands in the cursor; so when the
connection breaks in between and the broker delivers it again, it is known, and is only acknowledged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from app.sdk import Json, WatchContext, WatchItem


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message as it came. `id` is what its sender gave it, if anything; `mark` is what the broker wants back."""

    mark: int
    id: str
    content: bytes
    again: bool
    value: Json

    @property
    def fingerprint(self) -> str:
        """What it says, for messages without an id."""
        return hashlib.sha256(self.content).hexdigest()[:32]


async def accept(context: WatchContext, messages: Sequence[Delivered]) -> list[str]:
    """Accept messages; what `settle` is to be given once they are acknowledged."""
    waiting: list[str] = list((context.cursor or {}).get("unacknowledged", ()))
    items, fingerprints = [], []
    for message in messages:
        fingerprints.append(message.fingerprint)
        if message.again and message.fingerprint in waiting:
            waiting.remove(message.fingerprint)
            continue
        items.append(WatchItem(f"id:{message.id}" if message.id else f"new:{uuid4().hex}", message.value))
    if not all(message.again for message in messages):
        waiting = []  # brokers deliver first what they deliver again
    await context.accept(items, {"unacknowledged": [*waiting, *fingerprints]})
    return waiting


async def settle(context: WatchContext, waiting: Sequence[str]) -> None:
    """They were acknowledged."""
    await context.accept([], {"unacknowledged": list(waiting)})
