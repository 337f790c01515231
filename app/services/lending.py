"""What executions borrow: compiled programs, and services bound to their workspace, rights and secrets."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from app.adapters.llm import LanguageModels
from app.adapters.vault import Vault
from app.catalog import Catalog
from app.db import workflows as queries
from app.db.session import Database
from app.engine.context import Environment
from app.engine.expressions import Secret
from app.engine.program import compile_program
from app.engine.tools import BlockTools
from app.hosts.handles import LoadedProgram
from app.journal.records import NewExecution
from app.sdk import Blocks, Http, Models, Platform, Sandbox, State, Workflows
from app.services.credentials import Credentials, OpenedCredential
from app.services.execution_secrets import ExecutionSecrets
from app.services.graphs import Graphs
from app.services.model_keys import ExecutionKeys
from app.services.secret_http import SecretHttp
from app.services.state import StateStore

CACHED_PROGRAMS = 200


class Programs:
    """Compiled revisions, the least recently used dropped first. A revision never changes, so neither does its program."""

    def __init__(self, database: Database, graphs: Graphs, catalog: Catalog) -> None:
        self._database = database
        self._graphs = graphs
        self._catalog = catalog
        self._cache: OrderedDict[tuple[str, int], LoadedProgram] = OrderedDict()

    async def load(self, workflow_id: str, revision: int) -> LoadedProgram:
        """Raises LookupError when there is no such revision."""
        key = (workflow_id, revision)
        found = self._cache.get(key)
        if found is None:
            found = self._cache[key] = await self._compile(workflow_id, revision)
            while len(self._cache) > CACHED_PROGRAMS:
                self._cache.popitem(last=False)
        else:
            self._cache.move_to_end(key)
        return found

    async def _compile(self, workflow_id: str, revision: int) -> LoadedProgram:
        async with self._database.read() as connection:
            row = await queries.get(connection, workflow_id)
            stored = await queries.revision_graph(connection, workflow_id, revision)
        if row is None or stored is None:
            raise LookupError(f"revision {revision} of this workflow is not there")
        graph = self._graphs.restore(stored, workflow_id)
        program = await asyncio.to_thread(compile_program, graph, self._catalog)
        return LoadedProgram(program, {"id": row.id, "name": row.name, "revision": revision})


class ExecutionEnvironment:
    """The engine's Environment for one execution; what it never asks for is never made."""

    def __init__(self, lending: Lending, execution: NewExecution, credentials: Mapping[str, OpenedCredential]) -> None:
        self._lending = lending
        self._execution = execution
        self._credentials = credentials

    @property
    def settings(self) -> Mapping[str, str]:
        return self._lending.settings

    @property
    def workspace(self) -> str:
        return self._execution.workspace_id

    @property
    def sandbox(self) -> Sandbox:
        return self._lending.sandbox

    @property
    def state(self) -> State:
        return self._lending.state.of(self._execution.workspace_id)

    @property
    def workflows(self) -> Workflows:
        return self._lending.workflows(self._execution)

    @property
    def platform(self) -> Platform:
        return self._lending.platform(self._execution)

    @cached_property
    def http(self) -> Http:
        return SecretHttp(self._lending.http, self._secrets)

    @cached_property
    def models(self) -> Models:
        return self._lending.models.lent_with(ExecutionKeys(self._secrets))

    @cached_property
    def blocks(self) -> Blocks:
        execution = self._execution
        about = {"id": execution.id, "mode": execution.mode, "trigger": execution.trigger, "depth": execution.depth}
        return BlockTools(self._lending.catalog, self, about)

    @cached_property
    def _secrets(self) -> ExecutionSecrets:
        lending = self._lending
        return ExecutionSecrets(self._credentials, self._markers, lending.settings, lending.model_api_key)

    @cached_property
    def _markers(self) -> Mapping[str, str]:
        """The credential's name behind each marker that stands for a secret in this execution's texts."""
        if not self._credentials:
            return {}
        nonce = self._lending.vault.fingerprint(f"secret-marker:{self._execution.id}")
        return {f"[secret:{nonce}:{name}]": name for name in self._credentials}

    @cached_property
    def secrets(self) -> Mapping[str, Secret]:
        return {name: Secret(marker) for marker, name in self._markers.items()}


@dataclass(frozen=True)
class Lending:
    """The host's Lender. `workflows` and `platform` make the services that act for one execution."""

    programs: Programs
    credentials: Credentials
    vault: Vault
    http: Http
    models: LanguageModels
    sandbox: Sandbox
    settings: Mapping[str, str]
    model_api_key: str
    state: StateStore
    catalog: Catalog
    workflows: Callable[[NewExecution], Workflows]
    platform: Callable[[NewExecution], Platform]

    async def program(self, workflow_id: str, revision: int) -> LoadedProgram:
        return await self.programs.load(workflow_id, revision)

    async def environment(self, execution: NewExecution) -> Environment:
        """Credentials are opened only for a program that could use one."""
        program = (await self.programs.load(execution.workflow_id, execution.revision)).program
        opened = await self.credentials.open_all(execution.workspace_id) if program.uses_secrets else {}
        return ExecutionEnvironment(self, execution, opened)
