"""A stage for single blocks: the engine's own expressions, real HTTP to scripted servers, and no database."""

import asyncio
import json
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
from app.sdk import LITERAL_KINDS, Arrival, BlockError, Json, Output, SandboxResult, Wait, WorkflowResult, field_kind
from app.services.workspace_files import FileStore

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
CATALOG = Catalog.load()
_FOLDER = TemporaryDirectory()
STORE = FileStore(Path(_FOLDER.name), {}, 10)
"""Where stages store files, each for itself."""


class Workflows:
    """Other workflows: each a function from variables to a result."""

    def __init__(self, **workflows: Callable[[Mapping[str, Json]], WorkflowResult]) -> None:
        self._workflows = workflows
        self.runs: list[tuple[str, dict[str, Json], str]] = []

    async def run(self, workflow: str, variables: Mapping[str, Json], key: str) -> WorkflowResult:
        self.runs.append((workflow, dict(variables), key))
        return self._workflows[workflow](variables)

    async def start(self, workflow: str, variables: Mapping[str, Json], key: str) -> str:
        self.runs.append((workflow, dict(variables), key))
        return self._workflows[workflow](variables).execution_id


class Platform:
    """The studio's services: remembers what was asked."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str, Json]] = []

    async def call(self, resource: str, operation: str, resource_id: str, body: Json) -> Json:
        self.calls.append((resource, operation, resource_id, body))
        return {"done": operation}


class Answers:
    """A sandbox that answers what it is told to and remembers what it was given."""

    def __init__(self, value: Json, *printed: str) -> None:
        self._result = SandboxResult(value, printed)
        self.runs: list[tuple[str, dict[str, Json]]] = []

    async def run(self, source: str, names: Mapping[str, Json]) -> SandboxResult:
        self.runs.append((source, dict(names)))
        return self._result


class State:
    """The workspace's memory, with a clock that the test turns."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._values: dict[tuple[str, str], tuple[Json, float]] = {}
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}

    async def get(self, namespace: str, key: str) -> Json:
        value, until = self._values.get((namespace, key), (None, 0.0))
        return value if until > self.seconds else None

    async def set(self, namespace: str, key: str, value: Json, ttl: float | None = None) -> None:
        self._values[namespace, key] = (value, self.seconds + (float("inf") if ttl is None else ttl))

    async def add(self, namespace: str, key: str, value: Json, ttl: float | None = None) -> bool:
        if await self.get(namespace, key) is not None:
            return False
        await self.set(namespace, key, value, ttl)
        return True

    async def swap(self, namespace: str, key: str, expected: Json, value: Json, ttl: float | None = None) -> bool:
        if await self.get(namespace, key) != expected:
            return False
        await self.set(namespace, key, value, ttl)
        return True

    async def delete(self, namespace: str, key: str) -> bool:
        known = await self.get(namespace, key) is not None
        self._values.pop((namespace, key), None)
        return known

    async def keys(self, namespace: str, prefix: str = "", limit: int = 100) -> list[str]:
        found = sorted(key for space, key in self._values if space == namespace and key.startswith(prefix))
        return [key for key in found if await self.get(namespace, key) is not None][:limit]

    async def take(self, namespace: str, key: str, rate: float, burst: int) -> float:
        level, since = self._buckets.get((namespace, key), (float(burst), self.seconds))
        level = min(float(burst), level + (self.seconds - since) * rate)
        taken = level >= 1
        self._buckets[namespace, key] = (level - taken, self.seconds)
        return 0.0 if taken else (1 - level) / rate

    def used(self) -> list[tuple[str, str]]:
        """Namespace and key of everything that is remembered."""
        return [*self._values, *self._buckets]


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


@dataclass
class Peer:
    """A scripted HTTP server on loopback; answers in order and keeps what it received."""

    port: int = 0
    script: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(
        self, body: Json = None, status: int = 200, headers: dict[str, str] | None = None, raw: bytes | None = None
    ) -> None:
        content = json.dumps(body).encode() if raw is None else raw
        self.script.append((status, headers or {"Content-Type": "application/json"}, content))

    def says(self, text: str | None, *calls: tuple[str, Json]) -> None:
        """The next answer of a language model: words, or calls of tools."""
        tool_calls = [
            {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
            for number, (name, arguments) in enumerate(calls)
        ]
        message = {"role": "assistant", "content": text, **({"tool_calls": tool_calls} if calls else {})}
        self.answers({"choices": [{"message": message}], "usage": {"prompt_tokens": 10, "completion_tokens": 5}})

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                first, *lines = head.strip().split("\r\n")
                headers = {name.lower(): text for name, text in (line.split(": ", 1) for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                method, target, _ = first.split(" ")
                self.requests.append({"method": method, "target": target, "headers": headers, "body": body.decode()})
                status, answer_headers, content = self.script.pop(0)
                fields = {**answer_headers, "Content-Length": str(len(content))}
                written = "".join(f"{name}: {text}\r\n" for name, text in fields.items())
                writer.write(f"HTTP/1.1 {status} X\r\n{written}\r\n".encode() + content)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    def sent(self, number: int = -1) -> Any:
        """The JSON body of a request."""
        return json.loads(self.requests[number]["body"])


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
