"""What one run of a block sees, and the one declaration of a block type."""

from __future__ import annotations

import builtins
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from app.sdk.answers import Arrival, Example, Output, Port, Wait, expand_ports
from app.sdk.config import Config, Effect, Json, Need
from app.sdk.models import Models
from app.sdk.network import Network
from app.sdk.services import Blocks, Http, Platform, Sandbox, State, Workflows
from app.sdk.stored import Files
from app.sdk.tables import Tables
from app.sdk.watching import Watch


class Context(Protocol):
    """What one run of one block may see and do. `http` and the like need the block to declare them."""

    @property
    def execution_id(self) -> str: ...
    @property
    def block_id(self) -> str: ...
    @property
    def block_name(self) -> str: ...
    @property
    def mode(self) -> str: ...
    @property
    def idempotency_key(self) -> str: ...
    @property
    def variables(self) -> Mapping[str, Json]: ...
    @property
    def settings(self) -> Mapping[str, str]:
        """What the operator set for blocks, for example `model_base_url` and `model`."""

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
    def inputs(self) -> Mapping[str, Json]:
        """The outputs that came in, by block id, in the order of the graph."""

    @property
    def attempt(self) -> int:
        """1 for the first try."""

    @property
    def workspace(self) -> str:
        """A name for this workspace that is the same in every execution."""

    async def run_body(self, iteration: int, value: Json, names: Mapping[str, Json]) -> Json:
        """Run the blocks behind this block's body port once, with `value` as their input and `names` (item, index) in scope.

        Returns their output. Raises BlockError when one of them fails. The same iteration is never run twice: after a
        crash it goes on where it was. When all that is under way waits, the execution is parked in the middle of this
        call; whoever goes on with it begins the container anew and asks for the same rounds again.
        """

    def stream(self, text: str) -> None:
        """Show a piece of text in the live view at once; it is not recorded."""

    def names(self) -> dict[str, Json]:
        """Everything that expressions can name: variables, blocks, input, execution, workflow, each block's id."""

    def evaluate(self, expression: str, place: str, names: Mapping[str, Json] | None = None) -> Json:
        """The value of a bare expression; `place` is the config field to name in an error, `names` come before those in scope."""

    def true(self, expression: str, place: str, names: Mapping[str, Json] | None = None) -> bool:
        """Like evaluate, and anything but true or false is an error."""

    def log(self, message: str) -> None:
        """Add a line to the step's log."""

    def now(self) -> datetime: ...


Execute = Callable[[Context, Any, Json], Awaitable[Output | Wait]]
Resume = Callable[[Context, Any, Json, Arrival], Awaitable[Output | Wait]]


@dataclass(frozen=True, slots=True)
class Block:
    """The one declaration of a block type."""

    type: str
    title: str
    category: str
    icon: str
    description: str
    config: builtins.type[Config]
    execute: Execute
    outputs: tuple[Port, ...] = (Port("output"),)
    inputs: tuple[Port, ...] = (Port("input"),)
    effect: Effect = "none"
    needs: frozenset[Need] = frozenset()
    aliases: tuple[str, ...] = ()
    trigger: bool = False
    """True where an execution can start; such a block has no inputs."""
    answers: bool = False
    """True where the caller gets its answer (the response block)."""
    body: str = ""
    """The output port whose followers this block runs itself, as often as it likes (`context.run_body`)."""
    join: Literal["all", "any"] | tuple[str, str] = "all"
    """When it runs: once all edges that lead to it are settled, or at the first taken one. `("mode", "any")` means any
    when the config's field `mode` is `any`."""
    waits: bool = False
    """True where it may answer Wait."""
    resume: Resume | None = None
    """What comes of a Wait; without it the Wait's value is the output."""
    watch: Watch | None = None
    """How a trigger looks around by itself; each item that it finds starts an execution with the item's value as input."""
    sample: Json = None
    """What it answers in a simulation, when it has an effect and no pinned output."""
    timeout_ms: int = 60_000
    output_schema: dict[str, Json] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    documentation: str = ""
    """The module's docstring; filled in by the catalog when empty."""

    def ports(self, config: Mapping[str, Json]) -> tuple[Port, ...]:
        """The output ports of one such block; a field that its configuration leaves out has its default."""
        defaults = {name: info.default for name, info in self.config.model_fields.items() if not info.is_required()}
        return expand_ports(self.outputs, {**defaults, **config})
