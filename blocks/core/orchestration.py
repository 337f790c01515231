"""Lets several workflows and agents work on one task.

One after another, each receives the answer of the one before. At the same time, all receive the same input and their
answers are merged, named by member. With a supervisor, a language model reads the task and decides which member does
what, as often as the budget allows. When a member fails, the block fails and names it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from app.sdk import (
    AnyJson,
    Block,
    BlockError,
    Config,
    Context,
    CredentialName,
    Example,
    Json,
    Output,
    WorkflowName,
)
from blocks.core._calls import call_key
from blocks.core._chat import Conversation, Tool, choose_model, tool_name
from blocks.core._fields import ADVANCED, LongText, as_text, cut

Delegate = Callable[[dict[str, Json]], Awaitable[Json]]
SUPERVISOR_STEPS = 20
DELEGATION: dict[str, Json] = {
    "type": "object",
    "properties": {"input": {"description": "What the member should work on: a text or an object."}},
    "required": ["input"],
}


class Member(Config):
    """A workflow or an agent that takes part."""

    kind: Literal["workflow", "agent"] = Field("workflow", title="Kind", description="A workflow of yours, or an agent.")
    name: str = Field("", title="Name", max_length=100, description="Names its answer. Left empty, it follows from the workflow.")
    workflow: WorkflowName = Field(
        "", title="Workflow", validate_default=True, description="For a workflow: which one, by name or id."
    )
    input: AnyJson = Field(
        None, title="Own input", description="Used instead of what the member would receive.", json_schema_extra=ADVANCED
    )
    system_prompt: LongText = Field("", title="Instructions", description="For an agent: who it is and how it should work.")
    prompt: LongText = Field("", title="Prompt", description="For an agent: what to do with what it receives.")
    model: str = Field("", title="Model", description="For an agent: the model's name. Left empty, it is the operator's.")
    base_url: str = Field("", title="Address", description="For an agent: where the model is served.", json_schema_extra=ADVANCED)
    credential: CredentialName = Field(
        "", title="Credential", description="For an agent: the key for the address.", json_schema_extra=ADVANCED
    )
    temperature: float | None = Field(
        None, title="Temperature", ge=0, le=2, description="For an agent: 0 is sober, 1 is inventive.", json_schema_extra=ADVANCED
    )
    max_tokens: int | None = Field(
        None, title="Longest answer", ge=1, description="For an agent: in tokens.", json_schema_extra=ADVANCED
    )

    @field_validator("workflow")
    @classmethod
    def _is_named(cls, workflow: str, info: ValidationInfo) -> str:
        if not workflow and info.data.get("kind") == "workflow":
            raise ValueError("is needed")
        return workflow


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

    @field_validator("members")
    @classmethod
    def _names_differ(cls, members: list[Member]) -> list[Member]:
        names = member_names(members)
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"has two members named {name}; give one another name")
        return members


def member_names(members: list[Member]) -> list[str]:
    """The name of each member: its own, or the workflow's, or agent_1, agent_2 by position."""
    return [member.name or member.workflow or f"agent_{number}" for number, member in enumerate(members, 1)]


@dataclass(slots=True)
class Team:
    """One run: calls members, counts the calls and keeps what each answered."""

    context: Context
    config: OrchestrationConfig
    calls: int = 0
    records: list[dict[str, Json]] = field(default_factory=list)

    async def call(self, position: int, task: Json) -> Json:
        """What a member answers to a task. BlockError BUDGET or MEMBER_FAILED."""
        if self.calls >= self.config.budget:
            raise BlockError("BUDGET", f"The budget of {self.config.budget} calls is used up", details={"members": self.records})
        self.calls += 1
        member = self.config.members[position]
        name = member_names(self.config.members)[position]
        record: dict[str, Json] = {"name": name, "kind": member.kind, "status": "running", "output": None}
        self.records.append(record)
        given = member.input if member.input is not None else task
        try:
            if member.kind == "workflow":
                record["output"] = await self._run_workflow(member, given, record)
            else:
                record["output"] = await self._ask(member, given)
        except BlockError as error:
            record |= {"status": "failed", "error": {"code": error.code, "message": error.message}}
            message = f"Member `{name}` failed: {error.message}"
            raise BlockError("MEMBER_FAILED", message, details={"members": self.records}) from None
        record["status"] = "completed"
        return record["output"]

    async def _run_workflow(self, member: Member, given: Json, record: dict[str, Json]) -> Json:
        variables = given if isinstance(given, dict) else {"input": given}
        key = call_key(self.context.block_id, len(self.records), member.workflow, variables)
        result = await self.context.workflows.run(member.workflow, variables, key)
        record["execution_id"] = result.execution_id
        if result.status != "completed":
            reason = as_text(result.error.get("message") if isinstance(result.error, dict) else result.error)
            raise BlockError("WORKFLOW_FAILED", f"the workflow ended as {result.status}" + (reason and f": {reason}"))
        return result.output

    async def _ask(self, member: Member, given: Json) -> Json:
        model = choose_model(
            self.context.settings, member.base_url, member.model, member.credential, member.temperature, member.max_tokens
        )
        prompt = "\n\n".join(part for part in (member.prompt, as_text(given)) if part)
        answer = await Conversation(self.context, model).run(member.system_prompt, prompt)
        return answer.text


async def sequential(team: Team, task: Json) -> Json:
    """Each member receives the answer of the one before; the last one's is the output."""
    for position in range(len(team.config.members)):
        task = await team.call(position, task)
    return task


async def parallel(team: Team, task: Json) -> Json:
    """All members receive the task at once; the output is an object of their answers by name."""
    positions = range(len(team.config.members))
    results = await asyncio.gather(*(team.call(position, task) for position in positions), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return dict(zip(member_names(team.config.members), results, strict=True))


async def supervisor(team: Team, task: Json) -> Json:
    """A model decides which member does what; its last word is the output."""
    config = team.config
    model = choose_model(team.context.settings, config.base_url, config.model, config.credential, None, None)
    tools: list[Tool] = []
    for position, (name, member) in enumerate(zip(member_names(config.members), config.members, strict=True)):
        purpose = member.system_prompt or member.prompt or f"Runs the workflow {member.workflow}"
        known_as = tool_name(name, [tool.name for tool in tools])
        tools.append(Tool(known_as, cut(f"{name}: {purpose}", 1000), DELEGATION, _delegate(team, position)))
    conversation = Conversation(team.context, model, tools, max_steps=SUPERVISOR_STEPS)
    return (await conversation.run(config.system_prompt, as_text(task))).text


def _delegate(team: Team, position: int) -> Delegate:
    async def call(arguments: dict[str, Json]) -> Json:
        return await team.call(position, arguments.get("input"))

    return call


async def execute(context: Context, config: OrchestrationConfig, value: Json) -> Output:
    depth = context.names()["execution"].get("depth", 0)
    if depth >= config.max_depth:
        raise BlockError("MAX_DEPTH", f"Workflows are nested {depth} deep, and this block allows {config.max_depth}")
    team = Team(context, config)
    task = config.input if config.input is not None else value
    strategy = {"sequential": sequential, "parallel": parallel, "supervisor": supervisor}[config.strategy]
    output = await strategy(team, task)
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
    needs=frozenset({"http", "workflows"}),
    timeout_ms=1_800_000,
    output_schema={
        "type": "object",
        "properties": {"output": {}, "members": {"type": "array", "items": {"type": "object"}}, "status": {"type": "string"}},
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
