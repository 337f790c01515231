"""Lets several workflows and agents work on one task.

One after another, each receives the answer of the one before. At the same time, all receive the same input and their
answers are merged: named by member, or as a list in their order. With a supervisor, a language model reads the task and
decides which member does what, as often as the budget allows.

When a member fails, the block fails and names it. You may also choose to go on: then the others' answers count, a
supervisor is told of the failure, and `members` says what happened to each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal

from pydantic import Field, field_validator

from app.sdk import AnyJson, Block, BlockError, Config, Context, CredentialName, Example, Json, ModelTool, Output
from blocks.core._agent_tools import tool_name
from blocks.core._fields import ADVANCED, LongText, as_text, cut
from blocks.core._models import Provider
from blocks.core._team import Member, Team, member_names

Delegate = Callable[[dict[str, Json]], Awaitable[Json]]
SUPERVISOR_STEPS = 20
DELEGATION: dict[str, Json] = {
    "type": "object",
    "properties": {"input": {"description": "What the member should work on: a text or an object."}},
    "required": ["input"],
}


class OrchestrationConfig(Config):
    """Configuration of the orchestration."""

    strategy: Literal["sequential", "parallel", "supervisor"] = Field(
        "sequential", title="Strategy", description="One after another, all at once, or as a supervising model decides."
    )
    members: list[Member] = Field(
        title="Members",
        min_length=1,
        max_length=50,
        description="Who takes part.",
        json_schema_extra={"initial": [{"kind": "agent", "name": "", "prompt": ""}]},
    )
    input: AnyJson = Field(None, title="Task", description="What they work on. Left out, it is the input of the block.")
    merge: Literal["object", "list"] = Field(
        "object",
        title="Merge",
        description="All at once: answers by the members' names, or as a list in their order.",
        json_schema_extra=ADVANCED,
    )
    on_member_error: Literal["fail", "continue"] = Field(
        "fail", title="When a member fails", description="Fail, or go on without its answer.", json_schema_extra=ADVANCED
    )
    provider: Provider = Field(
        "openai-compatible",
        title="Supervisor's provider",
        description="How its model is spoken to.",
        json_schema_extra=ADVANCED,
    )
    model: str = Field(
        "", title="Supervisor's model", description="Left empty, it is the operator's.", json_schema_extra=ADVANCED
    )
    base_url: str = Field("", title="Supervisor's address", description="Where that model is served.", json_schema_extra=ADVANCED)
    credential: CredentialName = Field(
        "", title="Supervisor's credential", description="The key for it.", json_schema_extra=ADVANCED
    )
    system_prompt: LongText = Field(
        "", title="Supervisor's instructions", description="How it should lead.", json_schema_extra=ADVANCED
    )
    max_depth: int = Field(
        3,
        title="Greatest depth",
        ge=1,
        le=10,
        description="How deep workflows may be nested that run each other in this way.",
        json_schema_extra=ADVANCED,
    )
    budget: int = Field(
        20, title="Budget", ge=1, le=200, description="How often members may be called in one run.", json_schema_extra=ADVANCED
    )
    max_tokens_total: int | None = Field(
        None,
        title="Most tokens",
        ge=1,
        description="Of all agents and the supervisor in one run.",
        json_schema_extra=ADVANCED,
    )

    @field_validator("members")
    @classmethod
    def _names_differ(cls, members: list[Member]) -> list[Member]:
        names = member_names(members)
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"has two members named {name}; give one another name")
        return members


async def sequential(team: Team, config: OrchestrationConfig, task: Json) -> Json:
    """Each member receives the answer of the one before; the last one's is the output."""
    for position in range(len(config.members)):
        try:
            task = await team.call(position, task)
        except BlockError as error:
            _go_on(config, error)
    return task


async def parallel(team: Team, config: OrchestrationConfig, task: Json) -> Json:
    """All members receive the task at once; a failed one has no answer (in a list: null)."""
    positions = range(len(config.members))
    results = await asyncio.gather(*(team.call(position, task) for position in positions), return_exceptions=True)
    for result in results:
        if isinstance(result, BlockError):
            _go_on(config, result)
        elif isinstance(result, BaseException):
            raise result
    if config.merge == "list":
        return [None if isinstance(result, BaseException) else result for result in results]
    named = zip(member_names(config.members), results, strict=True)
    return {name: result for name, result in named if not isinstance(result, BaseException)}


async def supervisor(team: Team, config: OrchestrationConfig, task: Json) -> Json:
    """A model decides which member does what; its last word is the output."""
    leader = Member(
        kind="agent",
        provider=config.provider,
        model=config.model,
        base_url=config.base_url,
        credential=config.credential,
        system_prompt=config.system_prompt,
    )
    tools: list[ModelTool] = []
    for position, (name, member) in enumerate(zip(member_names(config.members), config.members, strict=True)):
        purpose = member.system_prompt or member.prompt or f"Runs the workflow {member.workflow}"
        known_as = tool_name(name, [tool.name for tool in tools])
        tools.append(ModelTool(known_as, cut(f"{name}: {purpose}", 1000), DELEGATION, _delegate(team, config, position)))
    prompt = as_text(task)
    if not prompt.strip():
        message = "field `input`: there is no task, and the block before gave nothing"
        raise BlockError("PROMPT_EMPTY", message, details={"field": "input"}, retryable=False)
    return await team.converse(leader, prompt, tuple(tools), SUPERVISOR_STEPS)


def _delegate(team: Team, config: OrchestrationConfig, position: int) -> Delegate:
    async def call(arguments: dict[str, Json]) -> Json:
        try:
            return await team.call(position, arguments["input"])
        except BlockError as error:
            _go_on(config, error)
            return {"error": error.message}

    return call


def _go_on(config: OrchestrationConfig, error: BlockError) -> None:
    """Raise the failure of a member unless the block goes on without it; a budget that is used up ends it in any case."""
    if config.on_member_error == "fail" or error.code == "BUDGET_EXCEEDED":
        raise error


async def execute(context: Context, config: OrchestrationConfig, value: Json) -> Output:
    depth = context.names()["execution"].get("depth", 0)
    if depth >= config.max_depth:
        message = f"Workflows are nested {depth} deep, and this block allows {config.max_depth}"
        raise BlockError("MAX_DEPTH", message, details={"field": "max_depth"}, retryable=False)
    team = Team(context, config.members, config.budget, config.max_tokens_total)
    task = config.input if config.input is not None else value
    strategy = {"sequential": sequential, "parallel": parallel, "supervisor": supervisor}[config.strategy]
    output = await strategy(team, config, task)
    if team.records and all(record["status"] == "failed" for record in team.records):
        raise BlockError("MEMBER_FAILED", "Every member failed", details={"members": team.records})
    return Output({"output": output, "members": team.records, "status": "completed"})


BLOCK = Block(
    type="orchestration",
    title="Orchestration",
    category="AI",
    icon="network",
    description="Lets several workflows and agents work on one task.",
    config=OrchestrationConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"models", "workflows"}),
    timeout_ms=1_800_000,
    sample={"output": "A sample answer.", "members": [], "status": "completed"},
    output_schema={
        "type": "object",
        "properties": {
            "output": {"description": "What the strategy makes of the members' outputs."},
            "members": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string"},
                        "kind": {"type": "string"},
                        "status": {"type": "string"},
                        "output": {},
                        "execution_id": {"type": "string", "description": "Of a workflow."},
                    },
                },
            },
            "status": {"type": "string"},
        },
        "required": ["output", "members", "status"],
    },
    examples=(
        Example(
            "Translate, then check",
            {
                "strategy": "sequential",
                "members": [
                    {"kind": "agent", "name": "translator", "prompt": "Translate into English."},
                    {"kind": "workflow", "name": "checker", "workflow": "Check spelling"},
                ],
            },
            input="Guten Tag",
            output={
                "output": {"correct": True},
                "members": [
                    {"name": "translator", "kind": "agent", "status": "completed", "output": "Good day"},
                    {
                        "name": "checker",
                        "kind": "workflow",
                        "status": "completed",
                        "output": {"correct": True},
                        "execution_id": "018f6d1c-7a60-7c1e-9d57-52c0f6a4a001",
                    },
                ],
                "status": "completed",
            },
            runnable=False,
        ),
    ),
)
