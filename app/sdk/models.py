"""Language models, as blocks use them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from app.sdk.config import Json
from app.sdk.files import File


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
    spent: Callable[[ModelUsage], None] | None = None
    """Receives what was used so far, after each answer of the model."""
    misused: Callable[[str, str], None] | None = None
    """Receives a tool's name and the reason, whenever the model used it in a way that does not fit."""
    images: tuple[File, ...] = ()
    """What the model looks at beside the prompt."""
    repairs: int = 1
    """How often an answer that does not fit the output schema is asked for once more."""
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

    async def tools_of(self, server: McpServer) -> list[dict[str, Json]]:
        """What an MCP server offers: `{name, description, input_schema}` of each tool. BlockError MCP_SERVER."""

    async def use_tool(self, server: McpServer, tool: str, arguments: Mapping[str, Json]) -> Json:
        """What a tool of an MCP server answers. BlockError MCP_SERVER, TOOL_ARGUMENTS or MCP_TOOL_FAILED."""
