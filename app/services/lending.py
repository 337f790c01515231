"""What executions borrow: compiled programs, and services bound to their workspace, rights and secrets."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy.exc import SQLAlchemyError

from app.adapters.llm import LanguageModels
from app.adapters.network_visits import EgressNetwork
from app.adapters.vault import Vault, VaultError
from app.catalog import Catalog
from app.db import workflows as queries
from app.db.session import Database
from app.engine.context import Environment
from app.engine.expressions import Secret
from app.engine.program import Program, compile_program
from app.engine.tools import BlockTools
from app.hosts.handles import LoadedProgram, Unavailable, WorkflowBroken
from app.journal.records import NewExecution
from app.sdk import Blocks, Files, Http, Models, Network, Platform, Sandbox, State, Tables, Workflows
from app.services.credentials import Credentials
from app.services.execution_secrets import ExecutionSecrets
from app.services.graphs import Graphs
from app.services.lent_tables import WorkspaceTables
from app.services.model_keys import ExecutionKeys
from app.services.oauth import OAuth
from app.services.opened_credentials import OpenedCredential
from app.services.secret_http import SecretHttp
from app.services.secret_network import SecretNetwork
from app.services.state import StateStore
from app.services.workspace_files import FileStore

CACHED_PROGRAMS = 200


class Programs:
    """Compiled revisions, the least recently used dropped first. A revision never changes, so neither does its program."""

    def __init__(self, database: Database, graphs: Graphs, catalog: Catalog) -> None:
        self._database = database
        self._graphs = graphs
        self._catalog = catalog
        self._cache: OrderedDict[tuple[str, int], LoadedProgram] = OrderedDict()

    async def load(self, workflow_id: str, revision: int) -> LoadedProgram:
        """Raises WorkflowBroken when there is no such revision, or none that can run."""
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
            raise WorkflowBroken(f"revision {revision} of this workflow is not there")
        try:
            graph = self._graphs.restore(stored, workflow_id)
            program = await asyncio.to_thread(compile_program, graph, self._catalog)
        except Exception as error:
            is_told = type(error) in (LookupError, VaultError)
            reason = str(error) if is_told else f"what is stored of it is damaged ({type(error).__name__})"
            raise WorkflowBroken(f"revision {revision} of this workflow cannot run any more: {reason}") from error
        return LoadedProgram(program, {"id": row.id, "name": row.name, "revision": revision})


class ExecutionEnvironment:
    """The engine's Environment for one execution; what it never asks for is never made."""

    def __init__(self, lending: Lending, execution: NewExecution, credentials: dict[str, OpenedCredential]) -> None:
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
    def files(self) -> Files:
        return self._lending.files.of(self._execution.workspace_id)

    @property
    def tables(self) -> Tables:
        return WorkspaceTables(self._lending.state.database, self._execution.workspace_id)

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
    def network(self) -> Network:
        return SecretNetwork(self._lending.network, self._secrets)

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
        workspace = self._execution.workspace_id

        async def renew(name: str) -> OpenedCredential:
            return await lending.oauth.renewed(workspace, name)

        return ExecutionSecrets(self._credentials, self._markers, lending.settings, lending.model_api_key, renew)

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
    oauth: OAuth
    vault: Vault
    http: Http
    network: EgressNetwork
    models: LanguageModels
    sandbox: Sandbox
    settings: Mapping[str, str]
    model_api_key: str
    state: StateStore
    catalog: Catalog
    workflows: Callable[[NewExecution], Workflows]
    platform: Callable[[NewExecution], Platform]
    files: FileStore

    async def program(self, workflow_id: str, revision: int) -> LoadedProgram:
        with _told_apart():
            return await self.programs.load(workflow_id, revision)

    async def environment(self, execution: NewExecution) -> Environment:
        """Credentials are opened only for a program that could use one."""
        program = (await self.program(execution.workflow_id, execution.revision)).program
        with _told_apart():
            opened = await self._opened(execution, program) if program.uses_secrets else {}
        return ExecutionEnvironment(self, execution, opened)

    async def _opened(self, execution: NewExecution, program: Program) -> dict[str, OpenedCredential]:
        workspace, workflow = execution.workspace_id, execution.workflow_id
        return await self.credentials.store.opened_for(workspace, workflow, execution.revision, lambda: _texts(program))


def _texts(program: Program) -> str:
    """All that a program's configurations say."""
    here = [repr(step.config.raw) for step in program.steps]
    return "\n".join([*here, *(_texts(body) for body in program.bodies.values())])


@contextmanager
def _told_apart() -> Iterator[None]:
    """What can never work is told apart from what does not work now."""
    try:
        yield
    except VaultError as error:
        raise WorkflowBroken(f"a credential of this workspace cannot be used: {error}") from error
    except SQLAlchemyError as error:
        raise Unavailable from error
