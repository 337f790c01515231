"""Triggers that look around by themselves: mailboxes, feeds, folders, queues."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from app.sdk.config import Json
from app.sdk.network import Network
from app.sdk.services import Http
from app.sdk.stored import Files


@dataclass(frozen=True, slots=True)
class WatchItem:
    """Something new. `key` tells it from everything else that this trigger finds; `value` is what the workflow gets."""

    key: str
    value: Json


class WatchContext(Protocol):
    """What a trigger may use while it looks around, as far as its block declares the need."""

    @property
    def place(self) -> str:
        """A name for this trigger that no other has."""

    @property
    def cursor(self) -> Json:
        """How far it has come; None when it has never looked before."""

    @property
    def http(self) -> Http: ...
    @property
    def network(self) -> Network: ...
    @property
    def files(self) -> Files: ...
    def now(self) -> datetime: ...

    async def accept(self, items: Sequence[WatchItem], cursor: Json) -> int:
        """Start the workflow once for every item that has not started it before, and remember how far it has come.

        All of it is one transaction, and on disk when this returns: only then may an item be acknowledged where it came from.
        Returns how many executions were started.
        """

    async def works(self) -> None:
        """The other side was reached and listens to us: what was wrong before is over. For looks that take long."""

    async def known(self, keys: Sequence[str]) -> set[str]:
        """Those of the keys that have started the workflow before."""


Watch = Callable[[WatchContext, Any], Awaitable[float]]
"""Looks once, and says after how many seconds to look again. What listens may take as long as its connection lasts."""
