"""Credentials: named secrets of a workspace, sealed; their values never come back (contract.md G19)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.secret_sources import SecretSource
from app.adapters.vault import Vault
from app.db import credentials as queries
from app.db import workflows as workflow_queries
from app.db.credentials import CredentialRow, ShareRow
from app.db.session import Database
from app.db.workspaces import members
from app.services.actors import Actor
from app.services.audit import record
from app.services.credential_access import MOST_NAMED, Access, Sharing
from app.services.credential_forms import checked_data, checked_type, referring
from app.services.credential_sources import STORED, CredentialSources
from app.services.credential_store import CredentialStore, Held, held_in
from app.services.credential_types import TYPES, CredentialType
from app.services.errors import ServiceError, invalid, not_found
from app.services.opened_credentials import OpenedCredential

__all__ = ["MASK", "CredentialSummary", "Credentials", "OpenedCredential"]

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
    source: str
    owner_id: str
    sharing: Sharing


@dataclass(frozen=True, slots=True)
class Candidates:
    """Ids and names of the workflows and people of a workspace."""

    workflows: Sequence[tuple[str, str]]
    people: Sequence[tuple[str, str]]


class Credentials:
    """What people do with credentials. A restricted one is there only for those who may use or change it."""

    def __init__(self, database: Database, vault: Vault, sources: CredentialSources | None = None) -> None:
        self._database = database
        self._sources = sources or CredentialSources()
        self.store = CredentialStore(database, vault, self._sources)

    def sources(self) -> Sequence[SecretSource]:
        """Where else secrets may be kept."""
        return self._sources.offered()

    async def list(self, actor: Actor) -> Sequence[CredentialSummary]:
        actor.demand("credentials.read")
        found = await self.store.held(actor.workspace_id)
        return [self._summary(held) for held in found if held.access.is_seen_by(actor)]

    async def names_for(self, actor: Actor, workflow_id: str) -> Sequence[str]:
        """The credentials that somebody may name in a workflow."""
        actor.demand("credentials.read")
        found = await self.store.held(actor.workspace_id)
        return [held.row.name for held in found if held.access.lets(workflow_id, actor.user_id)]

    async def get(self, actor: Actor, credential_id: str) -> CredentialSummary:
        """Raises 404, also for one that is kept from this actor."""
        actor.demand("credentials.read")
        return self._summary(await self._held(actor, credential_id))

    async def create(
        self, actor: Actor, name: str, type: str, data: Mapping[str, str], source: str = STORED, sharing: Sharing | None = None
    ) -> CredentialSummary:
        """Store a credential. Raises 400 naming what does not fit, 409 when the name is taken."""
        actor.demand("credentials.write")
        _check_name(name)
        chosen = checked_type(type)
        checked = self._checked(actor, chosen, source, data)
        now, credential_id = datetime.now(UTC), str(uuid4())
        sealed, shared = self.store.seal(checked, credential_id), sharing or Sharing()
        row = CredentialRow(
            credential_id, actor.workspace_id, name, type, sealed, actor.user_id, now, now, shared.restricted, source
        )
        try:
            async with self._database.write() as connection:
                await queries.insert(connection, row)
                await self._share(connection, actor, row, shared)
                await record(connection, actor, "credential.create", f"{name} ({type})")
        except IntegrityError:
            raise _taken(name) from None
        return self._summary(Held(row, Access(row.created_by, shared)))

    async def update(
        self,
        actor: Actor,
        credential_id: str,
        name: str | None = None,
        data: Mapping[str, str] | None = None,
        sharing: Sharing | None = None,
    ) -> CredentialSummary:
        """Change name, values or sharing; a field that is left out, or masked, keeps its value. Raises as `create`, 403, 404."""
        actor.demand("credentials.write")
        held = await self._changeable(actor, credential_id)
        row, access = held.row, held.access
        name = row.name if name is None else name
        _check_name(name)
        typed = self._typed(row)
        given = {field: text for field, text in (data or {}).items() if text != MASK and text != typed.get(field)}
        _refuse_redirection(TYPES[row.type], given, typed)
        merged = self._checked(actor, TYPES[row.type], row.source, {**typed, **given})
        kept = {field: text for field, text in self.store.stored(row).items() if field not in merged and field in KEPT}
        sealed, now = self.store.seal(merged | ({} if given else kept), row.id), datetime.now(UTC)
        shared = access.sharing if sharing is None else sharing
        try:
            async with self._database.write() as connection:
                await queries.change(connection, row.id, name=name, data=sealed, updated_at=now, restricted=shared.restricted)
                if sharing is not None:
                    _refuse_sharing(actor, access)
                    await self._share(connection, actor, row, sharing)
                    await record(connection, actor, "credential.share", f"{name}: {_in_words(sharing)}")
                await record(connection, actor, "credential.change", name)
        except IntegrityError:
            raise _taken(name) from None
        changed = replace(row, name=name, data=sealed, updated_at=now, restricted=shared.restricted)
        return self._summary(Held(changed, Access(row.created_by, shared)))

    async def delete(self, actor: Actor, credential_id: str) -> None:
        actor.demand("credentials.write")
        row = (await self._changeable(actor, credential_id)).row
        async with self._database.write() as connection:
            if not await queries.delete(connection, actor.workspace_id, credential_id):
                raise not_found("credential", credential_id)
            await record(connection, actor, "credential.delete", row.name)

    async def candidates(self, actor: Actor) -> Candidates:
        """With what a credential can be shared."""
        actor.demand("credentials.write")
        async with self._database.read() as connection:
            workflows = await workflow_queries.names(connection, actor.workspace_id)
            people = await members(connection, actor.workspace_id)
        return Candidates(workflows, [(member.user_id, member.username) for member in people])

    async def open_one(self, actor: Actor, credential_id: str) -> OpenedCredential:
        """A credential with its values, to try it. Raises 404 for one that this actor may not use."""
        actor.demand("credentials.write")
        held = await self._held(actor, credential_id)
        if not held.access.lets_person(actor.user_id):
            raise ServiceError("FORBIDDEN", "This credential is shared with others; only they and its owner may use it.", 403)
        return await self.store.opened(held.row)

    async def _held(self, actor: Actor, credential_id: str) -> Held:
        async with self._database.read() as connection:
            found = next((held for held in await held_in(connection, actor.workspace_id) if held.row.id == credential_id), None)
        if found is None or not found.access.is_seen_by(actor):
            raise not_found("credential", credential_id)
        return found

    async def _changeable(self, actor: Actor, credential_id: str) -> Held:
        held = await self._held(actor, credential_id)
        if not held.access.lets_change(actor):
            raise ServiceError("FORBIDDEN", "Only its owner and admins may change this credential.", 403)
        return held

    async def _share(self, connection: AsyncConnection, actor: Actor, row: CredentialRow, sharing: Sharing) -> None:
        """Raises 400 for workflows and people that are not of this workspace."""
        if len(sharing.workflows) + len(sharing.people) > MOST_NAMED:
            raise invalid(f"A credential can be shared with {MOST_NAMED} workflows and people.")
        await _check_targets(connection, actor.workspace_id, sharing)
        named = [ShareRow(row.id, "workflow", one) for one in sorted(sharing.workflows)]
        named += [ShareRow(row.id, "user", one) for one in sorted(sharing.people)]
        await queries.set_shares(connection, actor.workspace_id, row.id, named)

    def _checked(self, actor: Actor, type: CredentialType, source: str, data: Mapping[str, str]) -> dict[str, str]:
        if source == STORED:
            return checked_data(type, data)
        checked = checked_data(referring(type), data)
        self._sources.check(source, type, checked, actor.workspace_id)
        return checked

    def _typed(self, row: CredentialRow) -> dict[str, str]:
        """What a person has typed into the form."""
        names = {field.name for field in TYPES[row.type].fields}
        return {field: text for field, text in self.store.stored(row).items() if field in names}

    def _summary(self, held: Held) -> CredentialSummary:
        row = held.row
        data, has_token = self._typed(row), "access_token" in self.store.stored(row)
        # A reference says where a secret is, and is none.
        open_fields = [field.name for field in TYPES[row.type].fields if not field.secret or row.source != STORED]
        shown = {field: data[field] for field in open_fields if field in data}
        return CredentialSummary(
            row.id,
            row.name,
            row.type,
            tuple(data),
            shown,
            has_token,
            row.created_at,
            row.updated_at,
            row.source,
            held.access.owner,
            held.access.sharing,
        )


async def _check_targets(connection: AsyncConnection, workspace_id: str, sharing: Sharing) -> None:
    workflows = await workflow_queries.ids_among(connection, workspace_id, sharing.workflows) if sharing.workflows else set()
    people = {member.user_id for member in await members(connection, workspace_id)} if sharing.people else set()
    for field, wanted, there in (("workflows", sharing.workflows, workflows), ("people", sharing.people, people)):
        if wanted - there:
            message = f"{len(wanted - there)} of the {field} are not of this workspace."
            raise invalid(message, [{"field": f"sharing.{field}", "message": message}])


def _refuse_sharing(actor: Actor, access: Access) -> None:
    if actor.user_id != access.owner and not actor.may("admin"):
        raise ServiceError("FORBIDDEN", "Only its owner and admins decide who may use this credential.", 403)


def _in_words(sharing: Sharing) -> str:
    if not sharing.restricted:
        return "everybody of the workspace"
    return f"{len(sharing.workflows)} workflows, {len(sharing.people)} people"


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
