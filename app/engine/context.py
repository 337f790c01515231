"""What one run of one block sees: the names in scope and the services that its declaration asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from app.engine.expressions import ExpressionError, Scope, compile_expression
from app.engine.program import Step
from app.sdk import BlockError, Http, Json, Platform, Sandbox, Workflows

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


class Names:
    """The names that expressions of one execution can use; grows as blocks finish."""

    def __init__(
        self,
        variables: Mapping[str, Json],
        execution: Mapping[str, Json],
        workflow: Mapping[str, Json],
        secrets: Mapping[str, Any],
        blocks: Mapping[str, str],
    ) -> None:
        self._outputs: dict[str, Json] = {}
        self._absent = dict(blocks)
        self._base: dict[str, Any] = {
            "variables": variables,
            "blocks": self._outputs,
            "execution": execution,
            "workflow": workflow,
            "secrets": secrets,
        }

    @property
    def variables(self) -> Mapping[str, Json]:
        """What the execution was given; once its trigger has run, with defaults filled in."""
        variables: Mapping[str, Json] = self._base["variables"]
        return variables

    @variables.setter
    def variables(self, variables: Mapping[str, Json]) -> None:
        self._base["variables"] = variables

    def finished(self, block_id: str, output: Json) -> None:
        """A block's output is known from now on."""
        self._absent.pop(block_id, None)
        self._outputs[block_id] = {"output": output}
        self._base.setdefault(block_id, self._outputs[block_id])

    def with_input(self, value: Json) -> dict[str, Any]:
        return {**self._base, "input": value}

    def scope(self, value: Json) -> Scope:
        return Scope(self.with_input(value), datetime.now(UTC), self._absent)


class StepContext:
    """The sdk's Context for one attempt of one block."""

    def __init__(self, step: Step, names: Names, value: Json, execution: Mapping[str, Json], environment: Environment) -> None:
        self._step = step
        self._names = names
        self._value = value
        self._execution = execution
        self._environment = environment
        self._scope: Scope | None = None
        self.lines: list[str] = []

    @property
    def execution_id(self) -> str:
        return str(self._execution["id"])

    @property
    def block_id(self) -> str:
        return self._step.id

    @property
    def block_name(self) -> str:
        return self._step.name

    @property
    def mode(self) -> str:
        return str(self._execution["mode"])

    @property
    def idempotency_key(self) -> str:
        return f"{self.execution_id}:{self._step.id}:0"

    @property
    def variables(self) -> Mapping[str, Json]:
        return self._names.variables

    @property
    def settings(self) -> Mapping[str, str]:
        return self._environment.settings

    @property
    def http(self) -> Http:
        return self._permitted("http", lambda: self._environment.http)

    @property
    def sandbox(self) -> Sandbox:
        return self._permitted("sandbox", lambda: self._environment.sandbox)

    @property
    def workflows(self) -> Workflows:
        return self._permitted("workflows", lambda: self._environment.workflows)

    @property
    def platform(self) -> Platform:
        return self._permitted("platform", lambda: self._environment.platform)

    def _permitted(self, need: str, service: Callable[[], T]) -> T:
        if need not in self._step.block.needs:
            raise BlockError("NOT_PERMITTED", f"Block type `{self._step.block.type}` uses `{need}` without declaring it.")
        return service()

    def scope(self) -> Scope:
        if self._scope is None:
            self._scope = self._names.scope(self._value)
        return self._scope

    def names(self) -> dict[str, Json]:
        known = self._names.with_input(self._value)
        del known["secrets"]
        return known

    def evaluate(self, expression: str, place: str) -> Json:
        try:
            return compile_expression(expression).evaluate(self.scope())
        except ExpressionError as error:
            raise BlockError(error.code, f"field `{place}`: {error.message}", details={"field": place}) from error

    def true(self, expression: str, place: str) -> bool:
        value = self.evaluate(expression, place)
        if isinstance(value, bool):
            return value
        kind = {dict: "an object", list: "a list", str: "a text", type(None): "null"}.get(type(value), "a number")
        remedy = "Compare it with something, for example `... == 1`."
        message = f"field `{place}`: a condition must be true or false; this one is {kind}. {remedy}"
        raise BlockError("NOT_BOOLEAN", message, details={"field": place})

    def log(self, message: str) -> None:
        if len(self.lines) < 1000:
            self.lines.append(message[:2000])

    def now(self) -> datetime:
        return datetime.now(UTC)
