"""Credentials whose secrets are kept elsewhere: in the database stand references, which are read when they are needed."""

from __future__ import annotations

import asyncio
import os
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence

from app.adapters.secret_sources import (
    AppRole,
    EnvironmentSource,
    FileSource,
    SecretSource,
    SourceError,
    VaultSource,
)
from app.sdk import Http
from app.services.credential_types import CredentialType
from app.services.errors import invalid
from app.services.opened_credentials import Failure
from app.settings import Settings

STORED = "stored"
KEPT_SECONDS = 30.0
MAX_KEPT = 2_000
AT_ONCE = 8


class CredentialSources:
    """The sources that the operator has set up. What was read is kept in memory for half a minute."""

    def __init__(self, sources: Sequence[SecretSource] = ()) -> None:
        self._sources = {source.name: source for source in sources}
        self._read: OrderedDict[tuple[str, str, str], tuple[float, str]] = OrderedDict()
        self._places = asyncio.Semaphore(AT_ONCE)

    @classmethod
    def of(cls, settings: Settings, http: Http) -> CredentialSources:
        found: list[SecretSource] = []
        if settings.secrets_env_prefix:
            found.append(EnvironmentSource(settings.secrets_env_prefix, os.environ))
        if settings.secrets_dir:
            found.append(FileSource(settings.secrets_dir))
        if settings.vault_addr:
            role = AppRole(settings.vault_role_id, settings.vault_secret_id) if settings.vault_role_id else None
            token, namespace = settings.vault_token, settings.vault_namespace
            prefix = settings.vault_prefix
            found.append(VaultSource(http, settings.vault_addr, prefix, token=token, role=role, namespace=namespace))
        return cls(found)

    def offered(self) -> list[SecretSource]:
        return list(self._sources.values())

    def check(self, source: str, type: CredentialType, data: Mapping[str, str], workspace_id: str) -> None:
        """Raises 400 for a source that is not set up, and for references that can never be read."""
        if source == STORED:
            return
        if source not in self._sources:
            known = ", ".join([STORED, *self._sources])
            raise invalid(f"`source` must be one of {known}.", [{"field": "source", "message": "This source is not set up."}])
        problems = []
        for field in type.fields:
            try:
                if field.secret and data.get(field.name):
                    self._sources[source].check(data[field.name], workspace_id)
            except SourceError as error:
                problems.append({"field": f"data.{field.name}", "message": str(error)})
        if problems:
            raise invalid(f"`{problems[0]['field']}`: {problems[0]['message']}", problems)

    async def resolved(
        self, source: str, type: CredentialType, data: Mapping[str, str], workspace_id: str
    ) -> tuple[dict[str, str], Failure | None]:
        """The values behind a credential's references; without them, why they cannot be read."""
        values = dict(data)
        names = [field.name for field in type.fields if field.secret and field.name in data]
        try:
            found = await asyncio.gather(*(self._value(source, data[name], workspace_id) for name in names))
        except SourceError as error:
            plain = {name: text for name, text in data.items() if name not in names}
            return plain, Failure("CREDENTIAL_SOURCE", str(error))
        return values | dict(zip(names, found, strict=True)), None

    async def _value(self, source: str, reference: str, workspace_id: str) -> str:
        key = (source, workspace_id, reference)
        kept = self._read.get(key)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        found = self._sources.get(source)
        if found is None:
            raise SourceError(f"the source {source} is not set up on this server")
        async with self._places:
            value = await found.read(reference, workspace_id)
        self._read[key] = time.monotonic() + KEPT_SECONDS, value
        while len(self._read) > MAX_KEPT:
            self._read.popitem(last=False)
        return value
