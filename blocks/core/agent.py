"""Asks a language model, which may use other workflows, blocks and MCP servers as its tools.

Write what it should do. What comes from the block before is the prompt, unless you write one. Give it tools, and it
decides when to use them and with what; a tool that needs approval lets the workflow wait until a person allows it. With
an output schema the answer is data and not only text: `blocks.agent_1.output.data.city`. With a memory key, such as
`{{ variables.customer }}`, it remembers what was said before under the same key.

It works with every server that speaks the OpenAI chat protocol, on the web or on your own machine, and with Anthropic
and Google. Leave address and model empty to use the one that the operator set. Limits on tokens and cost end a
conversation that takes too long.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from app.sdk import (
    Arrival,
    Block,
    BlockError,
    Config,
    Context,
    CredentialName,
    Example,
    Json,
    ModelAnswer,
    ModelLimits,
    ModelRequest,
    Output,
    PendingTool,
    Signal,
    ToolDecision,
    Wait,
    kind,
)
from blocks.core._agent_tools import AgentTool, Toolbox, servers
from blocks.core._fields import ADVANCED, LongText, Text, as_text, cut
from blocks.core._memory import remember, remembered
from blocks.core._models import Provider, choose_model, usage_json

Schema = Annotated[dict[str, Json] | None, kind("json")]
LONGEST_ARGUMENTS = 2000


class AgentConfig(Config):
    """Configuration of the agent."""

    system_prompt: LongText = Field("", title="Instructions", description="Who the agent is and how it should work.")
    prompt: LongText = Field("", title="Prompt", description="What to do now. Left empty, it is the input of the block.")
    provider: Provider = Field(
        "openai-compatible",
        title="Provider",
        description="How the model is spoken to. Nearly every server, also your own, is OpenAI-compatible.",
        json_schema_extra=ADVANCED,
    )
    model: str = Field("", title="Model", description="The model's name. Left empty, it is the operator's.")
    base_url: str = Field(
        "",
        title="Address",
        json_schema_extra={"placeholder": "https://api.openai.com/v1"},
        description="Where the model is served, up to /v1. Left empty, it is the operator's, or Anthropic's or Google's own.",
    )
    credential: CredentialName = Field("", title="Credential", description="The key for the address above.")
    tools: list[AgentTool] = Field(
        default_factory=list, title="Tools", max_length=50, description="What the agent may use on its own decision."
    )
    output_schema: Schema = Field(
        None,
        title="Output schema",
        description="JSON Schema of the answer. With it the answer is data.",
        json_schema_extra=ADVANCED,
    )
    memory_key: Text = Field(
        "",
        title="Memory key",
        json_schema_extra={"placeholder": "{{ variables.customer }}", **ADVANCED},
        description="Conversations with the same key continue each other. Left empty, every run starts anew.",
    )
    memory_messages: int = Field(
        20, title="Messages kept", ge=2, le=200, description="How many of the last messages it remembers.",
        json_schema_extra=ADVANCED,
    )  # fmt: skip
    temperature: float | None = Field(
        None, title="Temperature", ge=0, le=2, description="0 is sober, 1 is inventive.", json_schema_extra=ADVANCED
    )
    max_tokens: int | None = Field(
        None,
        title="Longest answer",
        ge=1,
        description="In tokens, about three quarters of a word each.",
        json_schema_extra=ADVANCED,
    )
    max_steps: int = Field(
        8, title="Most steps", ge=1, le=50, description="How often the model may be asked in one run.", json_schema_extra=ADVANCED
    )
    max_tokens_total: int | None = Field(
        None, title="Most tokens", ge=1, description="Of all questions and answers in one run.", json_schema_extra=ADVANCED
    )
    max_cost: float | None = Field(
        None, title="Highest cost", gt=0, description="Of one run, in the currency of the prices.", json_schema_extra=ADVANCED
    )
    input_price: float = Field(
        0, title="Price of input", ge=0, description="Per million tokens, to count the cost.", json_schema_extra=ADVANCED
    )
    output_price: float = Field(
        0,
        title="Price of output",
        ge=0,
        validate_default=True,
        description="Per million tokens, to count the cost.",
        json_schema_extra=ADVANCED,
    )
    stream: bool = Field(True, title="Show text as it comes", description="In the live view.", json_schema_extra=ADVANCED)
    approvers: list[str] = Field(
        default_factory=list,
        title="Who approves",
        description="Users who may allow tools that ask first. Left empty, everybody who may run the workflow.",
        json_schema_extra=ADVANCED,
    )
    approval_hours: float | None = Field(
        None,
        title="Hours to approve",
        gt=0,
        le=8760,
        description="After that time the use of the tool counts as not allowed.",
        json_schema_extra=ADVANCED,
    )

    @field_validator("output_price")
    @classmethod
    def _cost_has_prices(cls, output_price: float, info: ValidationInfo) -> float:
        if info.data.get("max_cost") is not None and not (output_price or info.data.get("input_price")):
            raise ValueError("or the price of input is needed to keep the highest cost")
        return output_price

    @property
    def limits(self) -> ModelLimits:
        """The budget of one run."""
        return ModelLimits(self.max_steps, self.max_tokens_total, self.max_cost, self.input_price, self.output_price)


async def execute(context: Context, config: AgentConfig, value: Json) -> Output | Wait:
    prompt = config.prompt or as_text(value)
    if not prompt.strip():
        message = "field `prompt`: there is no prompt, and the block before gave nothing"
        raise BlockError("PROMPT_EMPTY", message, details={"field": "prompt"}, retryable=False)
    return await _converse(context, config, prompt, None, {})


async def resume(context: Context, config: AgentConfig, value: Json, arrival: Arrival) -> Output | Wait:
    """A person decided about the tool that was asked for; more may have been asked for at the same time."""
    kept = arrival.value
    decided = {**kept["decided"], kept["asked"]: _decision(arrival)}
    for call_id in kept["pending"]:
        if call_id not in decided:
            return _ask(context, config, {**kept, "decided": decided, "asked": call_id})
    return await _converse(context, config, kept["prompt"], kept, decided)


async def _converse(
    context: Context, config: AgentConfig, prompt: str, kept: Json, decided: dict[str, dict[str, Json]]
) -> Output | Wait:
    chosen = choose_model(context.settings, config.provider, config.base_url, config.model, config.credential)
    toolbox = Toolbox(context, kept["calls"] if kept else 0)
    history = () if kept else await remembered(context, config.memory_key, config.memory_messages)
    request = ModelRequest(
        provider=chosen.provider,
        base_url=chosen.base_url,
        model=chosen.model,
        credential=chosen.credential,
        trusted=chosen.trusted,
        prompt=prompt,
        system_prompt=config.system_prompt,
        history=history,
        tools=toolbox.tools(config.tools),
        servers=servers(config.tools),
        output_schema=config.output_schema or None,
        temperature=config.temperature,
        max_tokens=config.max_tokens,
        limits=config.limits,
        stream=context.stream if config.stream else None,
        log=context.log,
        resume={name: kept[name] for name in ("messages", "pending", "usage")} if kept else None,
        decisions={call_id: ToolDecision(bool(made["approved"]), str(made["note"])) for call_id, made in decided.items()},
    )
    answer = await context.models.converse(request)
    if answer.pending:
        return _park(context, config, answer, prompt, toolbox.calls)
    await remember(context, config.memory_key, config.memory_messages, prompt, answer.text)
    return Output(_output(config, answer))


def _output(config: AgentConfig, answer: ModelAnswer) -> dict[str, Json]:
    priced = bool(config.input_price or config.output_price)
    output: dict[str, Json] = {"text": answer.text}
    if config.output_schema:
        output["data"] = answer.data
    return output | {"usage": usage_json(answer.usage, priced)}


def _park(context: Context, config: AgentConfig, answer: ModelAnswer, prompt: str, calls: int) -> Wait:
    kept = {
        **answer.resume,
        "prompt": prompt,
        "calls": calls,
        "asks": {call.id: _question(call) for call in answer.pending},
        "decided": {},
        "asked": answer.pending[0].id,
    }
    return _ask(context, config, kept)


def _ask(context: Context, config: AgentConfig, kept: dict[str, Json]) -> Wait:
    question = kept["asks"][kept["asked"]]
    until = context.now() + timedelta(hours=config.approval_hours) if config.approval_hours else None
    data = {**question, "assignees": list(config.approvers), "n_of_m": 1, "form": []}
    return Wait(until, kept, Signal("approval", data=data))


def _question(call: PendingTool) -> dict[str, Json]:
    arguments = cut(as_text(dict(call.arguments)), LONGEST_ARGUMENTS)
    return {
        "title": f"May the agent use {call.tool}?",
        "description": f"{call.description}\n\nIt would be given: {arguments}",
        "tool": call.tool,
        "arguments": dict(call.arguments),
    }


def _decision(arrival: Arrival) -> dict[str, Json]:
    if arrival.timed_out:
        return {"approved": False, "note": "Nobody decided in time."}
    made = arrival.payload if isinstance(arrival.payload, dict) else {}
    return {"approved": made.get("decision") == "approved", "note": as_text(made.get("note"))}


USED = {"type": "object", "properties": {name: {"type": "integer"} for name in ("input_tokens", "output_tokens", "requests")}}

BLOCK = Block(
    type="agent",
    title="Agent",
    category="AI",
    icon="bot",
    description="Asks a language model, which may use workflows, blocks and MCP servers as tools.",
    config=AgentConfig,
    execute=execute,
    waits=True,
    resume=resume,
    effect="write",
    needs=frozenset({"models", "workflows", "blocks", "state"}),
    timeout_ms=600_000,
    sample={"text": "A sample answer.", "usage": {"input_tokens": 0, "output_tokens": 0, "requests": 0}},
    output_schema={
        "type": "object",
        "properties": {"text": {"type": "string"}, "data": {"description": "With an output schema."}, "usage": USED},
        "required": ["text", "usage"],
    },
    examples=(
        Example(
            "Summarise a text",
            {"system_prompt": "You summarise in one sentence.", "prompt": "{{ variables.text }}"},
            variables={"text": "A long story"},
            output={"text": "A story, in short.", "usage": {"input_tokens": 20, "output_tokens": 6, "requests": 1}},
            runnable=False,
        ),
        Example(
            "Read data out of a text",
            {
                "prompt": "Where does Ada live? Ada lives in Bern.",
                "output_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
            },
            output={
                "text": '{"city": "Bern"}',
                "data": {"city": "Bern"},
                "usage": {"input_tokens": 30, "output_tokens": 8, "requests": 1},
            },
            runnable=False,
        ),
        Example(
            "Ask a person before a refund",
            {
                "prompt": "{{ variables.letter }}",
                "tools": [{"workflow": "Refund order", "description": "Pays money back", "needs_approval": True}],
                "max_tokens_total": 20000,
            },
            variables={"letter": "My parcel never came."},
            output={"text": "I am sorry. You get 20 back.", "usage": {"input_tokens": 90, "output_tokens": 20, "requests": 2}},
            runnable=False,
        ),
    ),
)
