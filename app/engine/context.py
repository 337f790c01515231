"""What one run of one block sees: the names in scope and the services that its declaration asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from app.engine.expressions import ExpressionError, Scope, compile_expression
from app.engine.frame import Frame, Ready
from app.engine.program import Step
from app.sdk import BlockError, Blocks, Files, Http, Json, Models, Network, Platform, Sandbox, State, Tables, Workflows

T = TypeVar("T")


class Environment(Protocol):
    """What the host lends to one execution. Services are already bound to its workspace and rights."""

    @property
    def settings(self) -> Mapping[str, str]: ...
    @property
    def secrets(self) -> Mapping[str, Any]:
        """Opaque markers by credential name."""

    @property
    def http(self) -> Http: ...
    @property
    def sandbox(self) -> Sandbox: ...
    @property
    def workflows(self) -> Workflows: ...
    @property
    def platform(self) -> Platform: ...
    @property
    def state(self) -> State: ...
    @property
    def blocks(self) -> Blocks: ...
    @property
    def models(self) -> Models: ...
    @property
    def network(self) -> Network: ...
    @property
    def tables(self) -> Tables: ...
    @property
    def files(self) -> Files: ...
    @property
    def workspace(self) -> str: ...


class Drive(Protocol):
    """What the runner lends to every step of its execution."""

    @property
    def execution(self) -> Mapping[str, Json]: ...
    @property
    def environment(self) -> Environment: ...
    async def run_body(self, step: Step, frame: Frame, iteration: int, value: Json, names: Mapping[str, Json]) -> Json: ...
    def stream(self, step: Step, frame: Frame, text: str) -> None: ...


class StepContext:
    """The sdk's Context for one attempt of one block."""

    def __init__(self, drive: Drive, frame: Frame, ready: Ready, value: Json) -> None:
        self._drive = drive
        self._frame = frame
        self._step = ready.step
        self._ready = ready
        self._value = value
        self._scope: Scope | None = None
        self.lines: list[str] = []

    @property
    def execution_id(self) -> str:
        return str(self._drive.execution["id"])

    @property
    def block_id(self) -> str:
        return self._step.id

    @property
    def block_name(self) -> str:
        return self._step.name

    @property
    def mode(self) -> str:
        return str(self._drive.execution["mode"])

    @property
    def idempotency_key(self) -> str:
        return f"{self.execution_id}:{self._step.id}:{self._frame.iteration or 0}"

    @property
    def variables(self) -> Mapping[str, Json]:
        return self._frame.names.variables

    @property
    def settings(self) -> Mapping[str, str]:
        return self._drive.environment.settings

    @property
    def http(self) -> Http:
        return self._permitted("http", lambda: self._drive.environment.http)

    @property
    def sandbox(self) -> Sandbox:
        return self._permitted("sandbox", lambda: self._drive.environment.sandbox)

    @property
    def workflows(self) -> Workflows:
        return self._permitted("workflows", lambda: self._drive.environment.workflows)

    @property
    def platform(self) -> Platform:
        return self._permitted("platform", lambda: self._drive.environment.platform)

    @property
    def state(self) -> State:
        return self._permitted("state", lambda: self._drive.environment.state)

    @property
    def models(self) -> Models:
        return self._permitted("models", lambda: self._drive.environment.models)

    @property
    def network(self) -> Network:
        return self._permitted("network", lambda: self._drive.environment.network)

    @property
    def files(self) -> Files:
        return self._permitted("files", lambda: self._drive.environment.files)

    @property
    def tables(self) -> Tables:
        return self._permitted("tables", lambda: self._drive.environment.tables)

    @property
    def blocks(self) -> Blocks:
        return self._permitted("blocks", lambda: self._drive.environment.blocks)

    @property
    def inputs(self) -> Mapping[str, Json]:
        return self._frame.inputs(self._step)

    @property
    def attempt(self) -> int:
        return self._ready.attempt

    @property
    def workspace(self) -> str:
        return self._drive.environment.workspace

    async def run_body(self, iteration: int, value: Json, names: Mapping[str, Json]) -> Json:
        if not self._step.block.body:
            raise BlockError("NOT_PERMITTED", f"Block type `{self._step.block.type}` has no body.", retryable=False)
        return await self._drive.run_body(self._step, self._frame, iteration, value, names)

    async def cached(self, namespace: str, key: str) -> Json:
        """What the engine itself has kept for this workspace."""
        return await self._drive.environment.state.get(namespace, key)

    async def cache(self, namespace: str, key: str, value: Json, ttl: float) -> None:
        await self._drive.environment.state.set(namespace, key, value, ttl)

    def stream(self, text: str) -> None:
        self._drive.stream(self._step, self._frame, text)

    def _permitted(self, need: str, service: Callable[[], T]) -> T:
        if need not in self._step.block.needs:
            message = f"Block type `{self._step.block.type}` uses `{need}` without declaring it."
            raise BlockError("NOT_PERMITTED", message, retryable=False)
        return service()

    def scope(self) -> Scope:
        if self._scope is None:
            self._scope = self._frame.names.scope(self._value)
        return self._scope

    @property
    def secrets(self) -> Mapping[str, Any]:
        """Opaque markers by credential name."""
        return self._drive.environment.secrets

    def names(self) -> dict[str, Json]:
        known = self._frame.names.with_input(self._value)
        del known["secrets"]
        return known

    def evaluate(self, expression: str, place: str, names: Mapping[str, Json] | None = None) -> Json:
        scope = self._frame.names.scope(self._value, names) if names else self.scope()
        try:
            return compile_expression(expression).evaluate(scope)
        except ExpressionError as error:
            raise BlockError(
                error.code, f"field `{place}`: {error.message}", details={"field": place}, retryable=False
            ) from error

    def true(self, expression: str, place: str, names: Mapping[str, Json] | None = None) -> bool:
        value = self.evaluate(expression, place, names)
        if isinstance(value, bool):
            return value
        kind = {dict: "an object", list: "a list", str: "a text", type(None): "null"}.get(type(value), "a number")
        remedy = "Compare it with something, for example `... == 1`."
        message = f"field `{place}`: a condition must be true or false; this one is {kind}. {remedy}"
        raise BlockError("NOT_BOOLEAN", message, details={"field": place}, retryable=False)

    def log(self, message: str) -> None:
        if len(self.lines) < 1000:
            self.lines.append(message[:2000])

    def now(self) -> datetime:
        return datetime.now(UTC)
