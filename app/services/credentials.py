"""Credentials: named secrets of a workspace, sealed; their values never come back (contract.md G19)."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy.exc import IntegrityError

from app.adapters.vault import Vault
from app.db import credentials as queries
from app.db.credentials import CredentialRow
from app.db.memory import Memory
from app.db.session import Database
from app.engine.values import decode, encode
from app.services.actors import Actor
from app.services.errors import ServiceError, invalid, not_found

FIELDS: dict[str, tuple[str, ...]] = {
    "bearer": ("token",),
    "basic": ("username", "password"),
    "header": ("header", "value"),
    "value": ("value",),
}
"""What each type of credential holds; the last field is the secret that `${NAME}` stands for."""


@dataclass(frozen=True, slots=True)
class CredentialSummary:
    id: str
    name: str
    type: str
    fields: tuple[str, ...]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class OpenedCredential:
    """A credential with its values, for the egress client only."""

    name: str
    type: str
    data: Mapping[str, str]

    @property
    def secret(self) -> str:
        return self.data[FIELDS[self.type][-1]]

    def headers(self) -> dict[str, str]:
        """What a request signed with this credential carries."""
        match self.type:
            case "bearer":
                return {"Authorization": f"Bearer {self.data['token']}"}
            case "basic":
                pair = f"{self.data['username']}:{self.data['password']}".encode()
                return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
            case "header":
                return {self.data["header"]: self.data["value"]}
        return {"Authorization": f"Bearer {self.data['value']}"}


class Credentials:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._sealed = Memory(database, self._listed)

    async def _listed(self, workspace_id: str) -> Sequence[CredentialRow]:
        async with self._database.read() as connection:
            return await queries.listed(connection, workspace_id)

    async def list(self, actor: Actor) -> Sequence[CredentialSummary]:
        actor.require("viewer")
        rows = await self._listed(actor.workspace_id)
        return [CredentialSummary(row.id, row.name, row.type, FIELDS[row.type], row.created_at, row.updated_at) for row in rows]

    async def create(self, actor: Actor, name: str, type: str, data: Mapping[str, str]) -> CredentialSummary:
        """Store a credential. Raises 400 naming what does not fit, 409 when the name is taken."""
        actor.require("editor")
        fields = _checked(name, type, data)
        now = datetime.now(UTC)
        credential_id = str(uuid4())
        sealed = self._vault.seal(encode({field: data[field] for field in fields}).decode(), credential_id)
        row = CredentialRow(credential_id, actor.workspace_id, name, type, sealed, actor.user_id, now, now)
        try:
            async with self._database.write() as connection:
                await queries.insert(connection, row)
        except IntegrityError:
            raise ServiceError("NAME_TAKEN", f"There is already a credential named `{name}`.", 409) from None
        return CredentialSummary(row.id, name, type, fields, now, now)

    async def delete(self, actor: Actor, credential_id: str) -> None:
        actor.require("editor")
        async with self._database.write() as connection:
            if not await queries.delete(connection, actor.workspace_id, credential_id):
                raise not_found("credential", credential_id)

    async def open_all(self, workspace_id: str) -> dict[str, OpenedCredential]:
        """Every credential of a workspace by name, opened for an execution."""
        rows = await self._sealed.get(workspace_id)
        return {row.name: OpenedCredential(row.name, row.type, decode(self._vault.unseal(row.data, row.id))) for row in rows}


def _checked(name: str, type: str, data: Mapping[str, str]) -> tuple[str, ...]:
    if not re.fullmatch(r"[A-Z][A-Z0-9_]{0,99}", name):
        raise invalid(
            "A credential's name is made of capital letters, digits and underscores, for example MODEL_KEY.",
            [{"field": "name", "message": "Use capital letters, digits and underscores."}],
        )
    if type not in FIELDS:
        raise invalid(f"`type` must be one of {', '.join(FIELDS)}.", [{"field": "type", "message": "Choose a type."}])
    missing = [field for field in FIELDS[type] if not data.get(field)]
    if missing:
        raise invalid(f"`{missing[0]}` is needed.", [{"field": field, "message": "Fill this in."} for field in missing])
    for field in FIELDS[type]:
        if len(data[field]) > 20_000 or (any(mark in data[field] for mark in "\r\n\0") and type != "value"):
            raise invalid(f"`{field}` is too long or has line breaks.", [{"field": field, "message": "Enter a single line."}])
    return FIELDS[type]
