"""Asks a language model, which may use other workflows as its tools.

Write what it should do. What comes from the block before is the prompt, unless you write one. Give it workflows as
tools, and it decides when to run them and with what. With an output schema the answer is data and not only text:
`blocks.agent_1.output.data.city`.

It works with every server that speaks the OpenAI chat protocol, on the web or on your own machine. Leave address and
model empty to use the one that the operator set.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

from pydantic import Field

from app.sdk import (
    Block,
    BlockError,
    Config,
    Context,
    CredentialName,
    Example,
    Json,
    Output,
    WorkflowName,
    kind,
)
from blocks.core._calls import call_key
from blocks.core._chat import Conversation, Tool, choose_model, tool_name
from blocks.core._fields import ADVANCED, LongText, as_text

Schema = Annotated[dict[str, Json] | None, kind("json")]
ANY_OBJECT: dict[str, Json] = {"type": "object", "additionalProperties": True}


class AgentTool(Config):
    """Something that the agent may use."""

    kind: Literal["workflow"] = Field("workflow", title="Kind", description="What it is: another workflow.")
    workflow: WorkflowName = Field(title="Workflow", min_length=1, description="The workflow to run, by name or id.")
    description: str = Field("", title="What it is good for", description="The agent decides by this text when to use it.")
    input_schema: Schema = Field(
        None,
        title="Input schema",
        description="JSON Schema of the workflow's variables, so that the agent knows what to give.",
        json_schema_extra=ADVANCED,
    )


class AgentConfig(Config):
    """Configuration of the agent."""

    system_prompt: LongText = Field("", title="Instructions", description="Who the agent is and how it should work.")
    prompt: LongText = Field("", title="Prompt", description="What to do now. Left empty, it is the input of the block.")
    model: str = Field("", title="Model", description="The model's name. Left empty, it is the operator's.")
    base_url: str = Field(
        "",
        title="Address",
        json_schema_extra={"placeholder": "https://api.openai.com/v1"},
        description="Where the model is served, up to /v1. Left empty, it is the operator's.",
    )
    credential: CredentialName = Field("", title="Credential", description="The key for the address above.")
    tools: list[AgentTool] = Field(
        default_factory=list, title="Tools", max_length=50, description="Workflows that the agent may run."
    )
    output_schema: Schema = Field(
        None,
        title="Output schema",
        description="JSON Schema of the answer. With it the answer is data.",
        json_schema_extra=ADVANCED,
    )
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


async def execute(context: Context, config: AgentConfig, value: Json) -> Output:
    model = choose_model(
        context.settings, config.base_url, config.model, config.credential, config.temperature, config.max_tokens
    )
    prompt = config.prompt or as_text(value)
    if not prompt.strip():
        message = "field `prompt`: there is no prompt, and the block before gave nothing"
        raise BlockError("PROMPT_EMPTY", message, details={"field": "prompt"})
    schema = config.output_schema or None
    answer = await Conversation(context, model, workflow_tools(context, config.tools), schema, config.max_steps).run(
        config.system_prompt, prompt
    )
    output: dict[str, Json] = {"text": answer.text}
    if schema is not None:
        output["data"] = answer.data
    usage = answer.usage
    output["usage"] = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens, "requests": usage.requests}
    return Output(output)


def workflow_tools(context: Context, declared: list[AgentTool]) -> list[Tool]:
    """The tools that run workflows; each run has a key of its own, stable when the step is repeated."""
    calls = 0

    def caller(workflow: str) -> Callable[[dict[str, Json]], Awaitable[Json]]:
        async def call(arguments: dict[str, Json]) -> Json:
            nonlocal calls
            calls += 1
            key = call_key(context.block_id, calls, workflow, arguments)
            result = await context.workflows.run(workflow, arguments, key)
            return result.output if result.status == "completed" else {"error": result.error or result.status}

        return call

    tools: list[Tool] = []
    for tool in declared:
        name = tool_name(tool.workflow, [other.name for other in tools])
        tools.append(
            Tool(
                name,
                tool.description or f"Runs the workflow {tool.workflow}",
                tool.input_schema or ANY_OBJECT,
                caller(tool.workflow),
            )
        )
    return tools


BLOCK = Block(
    type="agent",
    title="Agent",
    category="AI",
    icon="bot",
    description="Asks a language model, which may use your workflows as tools.",
    config=AgentConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"http", "workflows"}),
    timeout_ms=600_000,
    output_schema={
        "type": "object",
        "properties": {"text": {"type": "string"}, "data": {}, "usage": {"type": "object"}},
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
    ),
)
