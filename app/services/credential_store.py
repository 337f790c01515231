"""Credentials as they are kept, and how they are opened: for an execution, for its tokens, for a trial."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.vault import Vault
from app.db import credentials as queries
from app.db.credentials import CredentialRow, ShareRow
from app.db.memory import Memory
from app.db.session import Database
from app.engine.values import decode, encode
from app.services.credential_access import Access, Sharing, not_shared
from app.services.credential_sources import STORED, CredentialSources
from app.services.credential_types import TYPES
from app.services.errors import not_found
from app.services.opened_credentials import Failure, OpenedCredential


@dataclass(frozen=True, slots=True)
class Held:
    """A stored credential, and who may use it."""

    row: CredentialRow
    access: Access


class CredentialStore:
    def __init__(self, database: Database, vault: Vault, sources: CredentialSources) -> None:
        self._database = database
        self._vault = vault
        self._sources = sources
        self._held = Memory(database, self._load)

    async def _load(self, workspace_id: str) -> Sequence[Held]:
        async with self._database.read() as connection:
            return await held_in(connection, workspace_id)

    async def held(self, workspace_id: str) -> Sequence[Held]:
        """Every credential of a workspace, by name."""
        return await self._held.get(workspace_id)

    def seal(self, data: Mapping[str, str], credential_id: str) -> bytes:
        return self._vault.seal(encode(dict(data)).decode(), credential_id)

    def stored(self, row: CredentialRow) -> dict[str, str]:
        """What is kept of a credential: values, or references where its secrets are elsewhere."""
        opened: dict[str, str] = decode(self._vault.unseal(row.data, row.id))
        return opened

    async def opened(self, row: CredentialRow) -> OpenedCredential:
        """A credential with its values, from wherever they are."""
        data = self.stored(row)
        if row.source == STORED:
            return OpenedCredential(row.name, row.type, data)
        values, failure = await self._sources.resolved(row.source, TYPES[row.type], data, row.workspace_id)
        return OpenedCredential(row.name, row.type, values, failure)

    async def opened_by_name(self, workspace_id: str, name: str) -> OpenedCredential | None:
        held = next((held for held in await self.held(workspace_id) if held.row.name == name), None)
        return None if held is None else await self.opened(held.row)

    async def opened_for(
        self, workspace_id: str, workflow_id: str, revision: int, texts: Callable[[], str]
    ) -> dict[str, OpenedCredential]:
        """The credentials of a workspace by name, opened for an execution.

        Those that it may not use cannot be used. Of those that are kept elsewhere, only what the workflow's `texts` name is read.
        """
        found = await self.held(workspace_id)
        author = await self._author(found, workflow_id, revision)
        named = texts() if any(held.row.source != STORED for held in found) else ""
        opened = await asyncio.gather(*(self._for(held, workflow_id, author, named) for held in found))
        return {one.name: one for one in opened}

    async def _for(self, held: Held, workflow_id: str, author: str | None, named: str) -> OpenedCredential:
        row = held.row
        if not held.access.lets(workflow_id, author):
            return OpenedCredential(row.name, row.type, {}, Failure("CREDENTIAL_NOT_SHARED", not_shared(row.name)))
        if row.source != STORED and row.name not in named:
            message = f"the credential `{row.name}` is kept elsewhere, so the workflow must name it in full"
            return OpenedCredential(row.name, row.type, {}, Failure("CREDENTIAL_NOT_NAMED", message))
        return await self.opened(row)

    async def _author(self, found: Sequence[Held], workflow_id: str, revision: int) -> str | None:
        """Who wrote the revision; asked only where that decides."""
        if all(held.access.lets(workflow_id, None) for held in found):
            return None
        async with self._database.read() as connection:
            return await queries.author_of(connection, workflow_id, revision)

    async def keep_tokens(self, workspace_id: str, name: str, tokens: Mapping[str, str]) -> OpenedCredential:
        """Store what a service has given for a credential, beside what people have typed. Raises 404."""
        async with self._database.write() as connection:
            row = next((row for row in await queries.listed(connection, workspace_id) if row.name == name), None)
            if row is None:
                raise not_found("credential", name)
            data = self.stored(row) | dict(tokens)
            await queries.change(connection, row.id, data=self.seal(data, row.id))
        if row.source == STORED:
            return OpenedCredential(name, row.type, data)
        values, failure = await self._sources.resolved(row.source, TYPES[row.type], data, workspace_id)
        return OpenedCredential(name, row.type, values, failure)


async def held_in(connection: AsyncConnection, workspace_id: str) -> Sequence[Held]:
    """Every credential of a workspace with who may use it."""
    rows = await queries.listed(connection, workspace_id)
    shares = await queries.shares(connection, workspace_id) if any(row.restricted for row in rows) else ()
    return [Held(row, access_of(row, shares)) for row in rows]


def access_of(row: CredentialRow, shares: Sequence[ShareRow]) -> Access:
    own = [share for share in shares if share.credential_id == row.id]
    workflows = frozenset(share.target_id for share in own if share.kind == "workflow")
    people = frozenset(share.target_id for share in own if share.kind == "user")
    return Access(row.created_by, Sharing(row.restricted, workflows, people))
