"""All that a block may import: what a block declares, what it receives and what it may ask for."""

from __future__ import annotations

import builtins
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

Json = Any
"""None, bool, int, float, str, list of Json or dict from str to Json. Nothing else crosses a block's border."""

Effect = Literal["none", "read", "write"]
Need = Literal["http", "sandbox", "platform", "workflows", "state", "blocks", "models"]


class Config(BaseModel):
    """Base of every block's configuration. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def kind(name: str, **more: Json) -> FieldInfo:
    """A marker for `Annotated[...]` that says how a field is edited and whether templates in it are resolved."""
    marker: FieldInfo = Field(json_schema_extra={"kind": name, **more})
    return marker


Multiline = Annotated[str, kind("multiline")]
Code = Annotated[str, kind("code")]
Expression = Annotated[str, kind("expression")]
SecretText = Annotated[str, kind("secret")]
AnyJson = Annotated[Json, kind("json")]
WorkflowName = Annotated[str, kind("workflow")]
CredentialName = Annotated[str, kind("credential")]

LITERAL_KINDS = frozenset({"code", "expression", "secret"})
"""Kinds of field whose text is taken as it is: `{{ }}` in it is no template."""


def field_kind(info: FieldInfo) -> str | None:
    """The kind that a field's declaration names, or None when its type alone decides."""
    extra = info.json_schema_extra
    return str(extra["kind"]) if isinstance(extra, dict) and "kind" in extra else None


@dataclass(frozen=True, slots=True)
class Port:
    """A named output of a block; `each` repeats it for every item (or unit) of that config field.

    `Port("elif_{n}", each="branches", skip=1)` on three branches gives `elif_1` and `elif_2`.
    """

    name: str
    title: str = ""
    each: str = ""
    skip: int = 0


ERROR_PORT = Port("error", "When it fails")


def expand_ports(ports: Iterable[Port], config: Mapping[str, Json]) -> tuple[Port, ...]:
    """The ports of one block with this configuration, repeated ones written out."""
    expanded: list[Port] = []
    for port in ports:
        if not port.each:
            expanded.append(port)
            continue
        value = config.get(port.each)
        number = len(value) if isinstance(value, list) else value if isinstance(value, int) else 0
        for n in range(1, min(number, 1000) - port.skip + 1):
            expanded.append(Port(port.name.format(n=n), port.title.format(n=n)))
    return tuple(expanded)


@dataclass(frozen=True, slots=True)
class Output:
    """What a block answers: a value, and the output ports that are taken.

    `response` is set only by a block that answers the caller: `{status, headers, body}`.
    """

    value: Json
    ports: tuple[str, ...] = ("output",)
    response: Json = None


@dataclass(frozen=True, slots=True)
class Signal:
    """Something from outside that a parked block waits for.

    `approval`: people decide on a page; `data` is `{title, description, assignees, n_of_m, form}`.
    `event`: a call of the resume address, or an event named `name`; `data` is shown to people.
    """

    kind: Literal["approval", "event"]
    name: str = ""
    data: Json = None


@dataclass(frozen=True, slots=True)
class Wait:
    """What a block answers to be parked: until a moment, until a signal, or until whichever comes first.

    A block without `resume` is then done with `value` as its output. A block with `resume` is asked what comes of it;
    it finds `value` again as `arrival.value`, so whatever it must remember goes there.
    """

    until: datetime | None = None
    value: Json = None
    signal: Signal | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """Why a parked block goes on: `payload` is what the signal brought, None when the time was over."""

    value: Json
    payload: Json = None
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """One configuration and input with the outcome; shown in the documentation and executed by the tests."""

    title: str
    config: dict[str, Json]
    input: Json = None
    output: Json = None
    ports: tuple[str, ...] = ("output",)
    variables: dict[str, Json] = field(default_factory=dict)
    runnable: bool = True
    """False where the example needs a peer; the block's own test then runs it against one."""


class BlockError(Exception):
    """A failure that a person can act on. `message` names the place and never contains a secret."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        details: Json = None,
        log: Iterable[str] = (),
        retryable: bool = True,
        retry_after: float | None = None,
    ) -> None:
        """`retryable` False: trying again cannot help. `retry_after`: seconds that the other side asked for."""
        super().__init__(message)
        self.retryable = retryable
        self.retry_after = retry_after
        self.code = code
        self.message = message
        self.details = details
        self.log = tuple(log)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request for the one egress client. `timeout` in seconds; at most one of the bodies is given."""

    method: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Json = None
    form: Mapping[str, str] | None = None
    multipart: Mapping[str, str] | None = None
    content: bytes | None = None
    timeout: float = 30.0
    credential: str = ""
    follow_redirects: bool = True
    trusted: bool = False
    """True only for the address that the operator set as the default model's: it may be private."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    status_code: int
    headers: Mapping[str, str]
    content: bytes
    text: str


class Http(Protocol):
    """The egress client: resolves, checks and connects; raises BlockError for every failure to get an answer."""

    async def send(self, request: HttpRequest) -> HttpResponse: ...


@dataclass(frozen=True, slots=True)
class SandboxResult:
    value: Json
    printed: tuple[str, ...] = ()


class Sandbox(Protocol):
    """Runs user code away from the server. Raises BlockError with the line and the message."""

    async def run(self, source: str, names: Mapping[str, Json]) -> SandboxResult: ...


@dataclass(frozen=True, slots=True)
class WorkflowResult:
    execution_id: str
    status: str
    output: Json
    error: Json = None


class Workflows(Protocol):
    """Runs other workflows of the same workspace as children of this execution."""

    async def run(self, workflow: str, variables: Mapping[str, Json], key: str) -> WorkflowResult:
        """Start one and wait for its end. The same key finds again what was started."""

    async def start(self, workflow: str, variables: Mapping[str, Json], key: str) -> str:
        """Start one without waiting; its execution's id. The same key finds again what was started."""


class State(Protocol):
    """Small values of the workspace that outlive executions; every operation is atomic. `ttl` in seconds."""

    async def get(self, namespace: str, key: str) -> Json:
        """The value, or None when there is none or its time is over."""

    async def set(self, namespace: str, key: str, value: Json, ttl: float | None = None) -> None: ...

    async def add(self, namespace: str, key: str, value: Json, ttl: float | None = None) -> bool:
        """Set it only when there is none; True when it was set."""

    async def take(self, namespace: str, key: str, rate: float, burst: int) -> float:
        """Take one token of a bucket filled with `rate` tokens a second, at most `burst`; seconds to wait, 0 when taken."""


class Blocks(Protocol):
    """Other block types, run as tools of this one, with this execution's rights."""

    def describe(self, type: str) -> dict[str, Json]:
        """`{type, title, description, input_schema}`. Raises BlockError when it cannot be a tool."""

    async def run(self, type: str, config: Mapping[str, Json], key: str) -> Json:
        """The output of one run. Raises BlockError."""


@dataclass(frozen=True, slots=True)
class ModelTool:
    """Something that a language model may ask for.

    `input_schema` is the JSON Schema of its arguments; `call` never sees arguments that do not fit. A BlockError that
    `call` raises ends the conversation; a failure that the model should hear of is answered as `{"error": ...}`.
    """

    name: str
    description: str
    input_schema: Mapping[str, Json]
    call: Callable[[dict[str, Json]], Awaitable[Json]]
    needs_approval: bool = False


@dataclass(frozen=True, slots=True)
class McpServer:
    """A server of the Model Context Protocol (streamable HTTP) whose tools the model may use; `only` names some of them."""

    url: str
    credential: str = ""
    only: tuple[str, ...] = ()
    needs_approval: bool = False


@dataclass(frozen=True, slots=True)
class ModelTurn:
    """What was said earlier in a conversation."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class ToolDecision:
    """Whether a person allows a use of a tool; the model is told `note` when not."""

    approved: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class PendingTool:
    """A use of a tool that a person must allow first."""

    id: str
    tool: str
    description: str
    arguments: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class ModelUsage:
    """What a conversation cost so far; `cost` is 0 where no prices are known."""

    input_tokens: int = 0
    output_tokens: int = 0
    requests: int = 0
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """Where a conversation ends with BUDGET_EXCEEDED. Prices are per million tokens."""

    max_steps: int = 8
    max_tokens_total: int | None = None
    max_cost: float | None = None
    input_price: float = 0.0
    output_price: float = 0.0


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """A conversation with a language model, which may use tools until it answers.

    `resume` is `ModelAnswer.resume` of a conversation that stopped for people; then `decisions` says, by
    `PendingTool.id`, what they decided.
    """

    provider: Literal["openai-compatible", "anthropic", "google"]
    base_url: str
    model: str
    prompt: str
    system_prompt: str = ""
    credential: str = ""
    trusted: bool = False
    """True only for the address that the operator set as the default model's: it may be private."""
    history: tuple[ModelTurn, ...] = ()
    tools: tuple[ModelTool, ...] = ()
    servers: tuple[McpServer, ...] = ()
    output_schema: Mapping[str, Json] | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    limits: ModelLimits = ModelLimits()
    stream: Callable[[str], None] | None = None
    """Receives the pieces of the answer as they come."""
    log: Callable[[str], None] | None = None
    resume: Json = None
    decisions: Mapping[str, ToolDecision] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """The model's last word and its data when a schema was given, or what people must decide before it goes on."""

    text: str
    data: Json
    usage: ModelUsage
    pending: tuple[PendingTool, ...] = ()
    resume: Json = None


class Models(Protocol):
    """Language models of every provider."""

    async def converse(self, request: ModelRequest) -> ModelAnswer:
        """Lead a conversation to its end. BlockError names what failed, and says whether trying again can help."""


class Platform(Protocol):
    """This platform's own services, with the rights of the workflow's owner."""

    async def call(self, resource: str, operation: str, resource_id: str, body: Json) -> Json: ...


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
        crash it goes on where it was.
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
    resume: Resume | None = None
    """What comes of a Wait; without it the Wait's value is the output."""
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
