"""Credentials: named secrets of a workspace, sealed; their values never come back (contract.md G19)."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy.exc import IntegrityError

from app.adapters.vault import Vault
from app.db import credentials as queries
from app.db.credentials import CredentialRow
from app.db.memory import Memory
from app.db.session import Database
from app.engine.values import decode, encode
from app.sdk import BlockError
from app.services.actors import Actor
from app.services.audit import record
from app.services.credential_types import TYPES, CredentialType, checked_data, checked_type
from app.services.errors import ServiceError, invalid, not_found

OAUTH = ("oauth2_client", "oauth2_code")
TOKEN_MARGIN = 60
"""A token that ends within these seconds is renewed before it is used."""
KEY_HEADERS = {"anthropic": "x-api-key", "google": "x-goog-api-key"}
"""Where these providers of models want their key; the others want a bearer token."""
MASK = "***"
"""What stands for a secret in answers; sent back, it changes nothing."""
KEPT = ("access_token", "refresh_token", "token_ends")
"""What a consent has brought, beside what people type."""


@dataclass(frozen=True, slots=True)
class CredentialSummary:
    """A credential as it is shown: which fields are set, and the values of those that are no secret."""

    id: str
    name: str
    type: str
    fields: tuple[str, ...]
    shown: Mapping[str, str]
    has_token: bool
    """Whether a consent, or a token, is at hand."""
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
        """What `${NAME}` stands for: with OAuth the token of today."""
        return self.data.get("access_token" if self.type in OAUTH else TYPES[self.type].secret_field, "")

    def secrets(self) -> list[str]:
        """Every value of it that nobody may see."""
        plain = {field.name for field in TYPES[self.type].fields if not field.secret} | {"token_ends"}
        return [value for field, value in self.data.items() if field not in plain and value]

    @property
    def needs_token(self) -> bool:
        """Whether a token has to be fetched before this can be used."""
        return self.type in OAUTH and int(self.data.get("token_ends", "0")) - TOKEN_MARGIN < time.time()

    def headers(self) -> dict[str, str]:
        """What a request signed with this credential carries. BlockError when it is for something else than web calls."""
        match self.type:
            case "smtp" | "database" | "ssh":
                title = TYPES[self.type].title
                raise BlockError("CREDENTIAL_TYPE", f"`{self.name}` ({title}) cannot sign a web call", retryable=False)
            case "bearer":
                return {"Authorization": f"Bearer {self.data['token']}"}
            case "basic":
                pair = f"{self.data['username']}:{self.data['password']}".encode()
                return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
            case "header":
                return {self.data["header"]: self.data["value"]}
            case "llm" if self.data["provider"] in KEY_HEADERS:
                return {KEY_HEADERS[self.data["provider"]]: self.secret}
        return {"Authorization": f"Bearer {self.secret}"}


class Credentials:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._sealed = Memory(database, self._listed)

    async def _listed(self, workspace_id: str) -> Sequence[CredentialRow]:
        async with self._database.read() as connection:
            return await queries.listed(connection, workspace_id)

    async def list(self, actor: Actor) -> Sequence[CredentialSummary]:
        actor.demand("credentials.read")
        return [self._summary(row) for row in await self._listed(actor.workspace_id)]

    async def get(self, actor: Actor, credential_id: str) -> CredentialSummary:
        actor.demand("credentials.read")
        return self._summary(await self._row(actor, credential_id))

    async def create(self, actor: Actor, name: str, type: str, data: Mapping[str, str]) -> CredentialSummary:
        """Store a credential. Raises 400 naming what does not fit, 409 when the name is taken."""
        actor.demand("credentials.write")
        _check_name(name)
        checked = checked_data(checked_type(type), data)
        now, credential_id = datetime.now(UTC), str(uuid4())
        row = CredentialRow(
            credential_id, actor.workspace_id, name, type, self._seal(checked, credential_id), actor.user_id, now, now
        )
        try:
            async with self._database.write() as connection:
                await queries.insert(connection, row)
                await record(connection, actor, "credential.create", f"{name} ({type})")
        except IntegrityError:
            raise _taken(name) from None
        return self._summary(row)

    async def update(
        self, actor: Actor, credential_id: str, name: str | None = None, data: Mapping[str, str] | None = None
    ) -> CredentialSummary:
        """Change name or values; a field that is left out, or masked, keeps its value. Raises as `create`, and 404."""
        actor.demand("credentials.write")
        row = await self._row(actor, credential_id)
        name = row.name if name is None else name
        _check_name(name)
        typed = self._typed(row)
        given = {field: text for field, text in (data or {}).items() if text != MASK and text != typed.get(field)}
        _refuse_redirection(TYPES[row.type], given, typed)
        merged = checked_data(TYPES[row.type], {**typed, **given})
        kept = {field: text for field, text in self._open(row).items() if field not in merged and field in KEPT}
        sealed, now = self._seal(merged | ({} if given else kept), row.id), datetime.now(UTC)
        try:
            async with self._database.write() as connection:
                await queries.change(connection, row.id, name=name, data=sealed, updated_at=now)
                await record(connection, actor, "credential.change", name)
        except IntegrityError:
            raise _taken(name) from None
        return self._summary(replace(row, name=name, data=sealed, updated_at=now))

    async def delete(self, actor: Actor, credential_id: str) -> None:
        actor.demand("credentials.write")
        row = await self._row(actor, credential_id)
        async with self._database.write() as connection:
            if not await queries.delete(connection, actor.workspace_id, credential_id):
                raise not_found("credential", credential_id)
            await record(connection, actor, "credential.delete", row.name)

    async def open_one(self, actor: Actor, credential_id: str) -> OpenedCredential:
        """A credential with its values, to try it."""
        actor.demand("credentials.write")
        row = await self._row(actor, credential_id)
        return OpenedCredential(row.name, row.type, self._open(row))

    async def keep_tokens(self, workspace_id: str, name: str, tokens: Mapping[str, str]) -> OpenedCredential:
        """Store what a service has given for a credential, beside what people have typed. Raises 404."""
        async with self._database.write() as connection:
            row = next((row for row in await queries.listed(connection, workspace_id) if row.name == name), None)
            if row is None:
                raise not_found("credential", name)
            data = self._open(row) | dict(tokens)
            await queries.change(connection, row.id, data=self._seal(data, row.id))
        return OpenedCredential(name, row.type, data)

    async def _row(self, actor: Actor, credential_id: str) -> CredentialRow:
        async with self._database.read() as connection:
            row = await queries.get(connection, actor.workspace_id, credential_id)
        if row is None:
            raise not_found("credential", credential_id)
        return row

    def _seal(self, data: Mapping[str, str], credential_id: str) -> bytes:
        return self._vault.seal(encode(dict(data)).decode(), credential_id)

    def _open(self, row: CredentialRow) -> dict[str, str]:
        opened: dict[str, str] = decode(self._vault.unseal(row.data, row.id))
        return opened

    def _typed(self, row: CredentialRow) -> dict[str, str]:
        """What a person has typed into the form."""
        names = {field.name for field in TYPES[row.type].fields}
        return {field: text for field, text in self._open(row).items() if field in names}

    def _summary(self, row: CredentialRow) -> CredentialSummary:
        data, has_token = self._typed(row), "access_token" in self._open(row)
        open_fields = [field.name for field in TYPES[row.type].fields if not field.secret and field.name in data]
        shown = {field: data[field] for field in open_fields}
        return CredentialSummary(row.id, row.name, row.type, tuple(data), shown, has_token, row.created_at, row.updated_at)

    async def open_all(self, workspace_id: str) -> dict[str, OpenedCredential]:
        """Every credential of a workspace by name, opened for an execution."""
        rows = await self._sealed.get(workspace_id)
        return {row.name: OpenedCredential(row.name, row.type, self._open(row)) for row in rows}


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[A-Z][A-Z0-9_]{0,99}", name):
        raise invalid(
            "A credential's name is made of capital letters, digits and underscores, for example MODEL_KEY.",
            [{"field": "name", "message": "Use capital letters, digits and underscores."}],
        )


def _taken(name: str) -> ServiceError:
    return ServiceError("NAME_TAKEN", f"There is already a credential named `{name}`.", 409)


def _refuse_redirection(type: CredentialType, given: Mapping[str, str], typed: Mapping[str, str]) -> None:
    """A stored secret is not sent to another place than the one it was entered for: whoever moves it types it again."""
    moved = [field.name for field in type.fields if field.name in given and field.name in typed and field.is_destination]
    kept = [field.name for field in type.fields if field.secret and field.name in typed and field.name not in given]
    if moved and kept:
        problems = [{"field": f"data.{field}", "message": "Enter it again, because its place changes."} for field in kept]
        raise invalid(f"`{moved[0]}` changes, so the secrets must be entered again.", problems)
