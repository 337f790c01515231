"""A stage for single blocks: the engine's own expressions, real HTTP to scripted servers, and no database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import pytest

from app.adapters.http import EgressClient
from app.adapters.sandbox import MontySandbox
from app.catalog import Catalog
from app.engine.expressions import Scope, compile_expression, compile_template
from app.sdk import LITERAL_KINDS, Arrival, BlockError, Json, Output, Wait, field_kind
from app.services.workspace_files import FileStore
from tests.support.block_doubles import Answers, Peer, Platform, State, Workflows

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
CATALOG = Catalog.load()
_FOLDER = TemporaryDirectory()
STORE = FileStore(Path(_FOLDER.name), {}, 10)
"""Where stages store files, each for itself."""


async def nothing_behind(iteration: int, value: Json, names: Mapping[str, Json]) -> Json:
    """A container without any blocks in it: its input comes out again."""
    return value


@dataclass
class Stage:
    """What one block sees."""

    variables: dict[str, Json] = field(default_factory=dict)
    value: Json = None
    outputs: dict[str, Json] = field(default_factory=dict)
    execution: dict[str, Json] = field(default_factory=lambda: {"id": "run-1", "mode": "live"})
    settings: dict[str, str] = field(default_factory=dict)
    http: Any = None
    sandbox: Any = None
    workflows: Any = None
    platform: Any = None
    blocks: Any = None
    models: Any = None
    tables: Any = None
    files: Any = field(default_factory=lambda: STORE.of(uuid4().hex))
    network: Any = None
    lines: list[str] = field(default_factory=list)
    streamed: list[str] = field(default_factory=list)
    execution_id: str = "run-1"
    block_id: str = "block_1"
    block_name: str = "The block"
    mode: str = "live"
    idempotency_key: str = "run-1:block_1:0"
    workspace: str = "workspace-1"
    attempt: int = 1
    inputs: dict[str, Json] = field(default_factory=dict)
    state: Any = field(default_factory=State)
    body: Callable[[int, Json, Mapping[str, Json]], Awaitable[Json]] = nothing_behind
    bodies: list[tuple[int, Json, dict[str, Json]]] = field(default_factory=list)
    """What `run_body` was asked for."""

    def names(self) -> dict[str, Json]:
        outputs = {block_id: {"output": output} for block_id, output in self.outputs.items()}
        return {
            **outputs,
            "variables": self.variables,
            "blocks": outputs,
            "input": self.value,
            "execution": self.execution,
            "workflow": {"id": "workflow-1", "name": "The workflow"},
        }

    def scope(self, names: Mapping[str, Json] | None = None) -> Scope:
        return Scope({**self.names(), **(names or {})}, NOON)

    def evaluate(self, expression: str, place: str, names: Mapping[str, Json] | None = None) -> Json:
        return compile_expression(expression).evaluate(self.scope(names))

    def true(self, expression: str, place: str, names: Mapping[str, Json] | None = None) -> bool:
        value = self.evaluate(expression, place, names)
        assert isinstance(value, bool), place
        return value

    async def run_body(self, iteration: int, value: Json, names: Mapping[str, Json]) -> Json:
        self.bodies.append((iteration, value, dict(names)))
        return await self.body(iteration, value, names)

    def log(self, message: str) -> None:
        self.lines.append(message)

    def stream(self, text: str) -> None:
        self.streamed.append(text)

    def now(self) -> datetime:
        return NOON

    def resolve(self, config: Json) -> Json:
        if isinstance(config, dict):
            return {name: self.resolve(item) for name, item in config.items()}
        if isinstance(config, list):
            return [self.resolve(item) for item in config]
        return compile_template(config).render(self.scope()) if isinstance(config, str) and "{{" in config else config

    async def run(self, block_type: str, config: dict[str, Json], value: Json = None) -> Output | Wait:
        """Run one block of the catalog as the engine would: resolve its configuration, check it, execute it."""
        block = CATALOG.get(block_type)
        assert block is not None
        self.value = value
        if block.join != "all" and not self.inputs and isinstance(value, dict):
            self.inputs = value
        fields = block.config.model_fields
        literal = {name for name in config if name in fields and field_kind(fields[name]) in LITERAL_KINDS}
        resolved = {name: item if name in literal else self.resolve(item) for name, item in config.items()}
        return await block.execute(self, block.config.model_validate(resolved), value)

    async def resume(self, block_type: str, config: dict[str, Json], value: Json, arrival: Arrival) -> Output | Wait:
        """Let a parked block of the catalog go on."""
        block = CATALOG.get(block_type)
        assert block is not None
        assert block.resume is not None
        self.value = value
        return await block.resume(self, block.config.model_validate(self.resolve(config)), value, arrival)


@pytest.fixture
def stage() -> type[Stage]:
    return Stage


@pytest.fixture
def run() -> Callable[..., Awaitable[Any]]:
    """Run one block of the catalog: its outcome."""

    async def run(block_type: str, config: dict[str, Json], value: Json = None, **context: Any) -> Any:
        return await Stage(**context).run(block_type, config, value)

    return run


@pytest.fixture
def refused() -> Callable[..., Awaitable[BlockError]]:
    """Run one block of the catalog that must fail: its error."""

    async def refused(block_type: str, config: dict[str, Json], value: Json = None, **context: Any) -> BlockError:
        with pytest.raises(BlockError) as caught:
            await Stage(**context).run(block_type, config, value)
        return caught.value

    return refused


@pytest.fixture
def workflows() -> type[Workflows]:
    return Workflows


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[MontySandbox]:
    sandbox = MontySandbox(workers=1)
    yield sandbox
    sandbox.close()


@pytest.fixture
def sandbox_answering() -> type[Answers]:
    return Answers


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    peer = Peer()
    listening = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    peer.port = listening.sockets[0].getsockname()[1]
    yield peer
    listening.close()


@pytest.fixture
async def http() -> AsyncIterator[EgressClient]:
    client = EgressClient(("127.0.0.1",))
    yield client
    await client.close()
