"""Changing the master key while the server works: everything sealed is sealed once more by the newest key."""

from __future__ import annotations

import asyncio
import base64
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from app.adapters.vault import Vault
from app.db import sealed as queries
from app.db.sealed import SealedColumn, SealedRow
from app.db.session import Database
from app.engine.values import decode_stored, encode
from app.services.audit import record_by_operator

BATCH = 200
PAUSE_SECONDS = 2


class Rotation:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def reseal(self) -> Mapping[str, int]:
        """How many values of each column were sealed anew. The server works on: what it sealed with the old key just before,
        and stores just now, is found by one more look after a pause.
        """
        done, passes_without = Counter[str](), 0
        while passes_without < 2:
            found = Counter({str(queries.GRAPHS): await self._walk(queries.GRAPHS, self._graph)})
            for place in queries.sealed_columns():
                found[str(place)] = await self._walk(place, self._value)
            done += found
            passes_without = 0 if found.total() else passes_without + 1
            if passes_without == 1:
                await asyncio.sleep(PAUSE_SECONDS)
        async with self._database.write() as connection:
            await record_by_operator(connection, "master-key.rotate", f"version {self._vault.version}")
        return done

    async def _walk(self, place: SealedColumn, renew: Callable[[SealedRow], bytes | None]) -> int:
        """In many short transactions, so that nobody has to wait long."""
        count, after = 0, None
        while True:
            async with self._database.write() as connection:
                rows = await queries.page(connection, place, after, BATCH)
                for row in rows:
                    renewed = renew(row)
                    if renewed is not None:
                        await queries.replace(connection, place, row, renewed)
                        count += 1
            if len(rows) < BATCH:
                return count
            after = rows[-1].key

    def _value(self, row: SealedRow) -> bytes | None:
        return None if self._vault.is_current(row.sealed) else self._again(row.sealed, row.owner)

    def _graph(self, row: SealedRow) -> bytes | None:
        """The stored graph with its secrets sealed anew; None when all of them are."""
        content: dict[str, Any] = decode_stored(row.sealed)
        stored = [(block, path, base64.b64decode(text)) for block, path, text in content["secrets"]]
        if all(self._vault.is_current(sealed) for _, _, sealed in stored):
            return None
        renewed = [[block, path, base64.b64encode(self._again(sealed, row.owner)).decode()] for block, path, sealed in stored]
        return encode(content | {"secrets": renewed})

    def _again(self, sealed: bytes, owner: str) -> bytes:
        return self._vault.seal(self._vault.unseal(sealed, owner), owner)
