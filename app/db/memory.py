"""Results of small queries that are asked for with every call, remembered until anything is written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from app.db.session import Database

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MAX_REMEMBERED = 1_000


class Memory(Generic[K, V]):
    """Holds only where every writer of the database counts its changes; elsewhere every question is asked again."""

    def __init__(self, database: Database, load: Callable[[K], Awaitable[V]]) -> None:
        self._database = database
        self._load = load
        self._known: dict[K, V] = {}
        self._as_of = database.changes.mark

    async def get(self, key: K) -> V:
        """What `load` answers for the key, or has answered since the last write."""
        as_of = self._database.changes.mark
        if as_of != self._as_of or len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
            self._as_of = as_of
        if key in self._known:
            return self._known[key]
        found = await self._load(key)
        if self._database.is_sole_writer and self._database.changes.mark == as_of == self._as_of:
            self._known[key] = found
        return found
