"""The members of an orchestration, and one run of them: every call is counted, recorded and kept within the budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from app.sdk import (
    AnyJson,
    BlockError,
    Config,
    Context,
    CredentialName,
    Json,
    ModelAnswer,
    ModelLimits,
    ModelRequest,
    ModelTool,
    WorkflowName,
)
from blocks.core._calls import call_key
from blocks.core._fields import ADVANCED, LongText, as_text
from blocks.core._models import Provider, choose_model

AGENT_STEPS = 8


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
    provider: Provider = Field(
        "openai-compatible", title="Provider", description="For an agent: how its model is spoken to.", json_schema_extra=ADVANCED
    )
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


def member_names(members: Sequence[Member]) -> list[str]:
    """The name of each member: its own, or the workflow's, or agent_1, agent_2 by position."""
    return [member.name or member.workflow or f"agent_{number}" for number, member in enumerate(members, 1)]


@dataclass(slots=True)
class Team:
    """One run: calls members within a budget of calls and tokens, and keeps what each answered."""

    context: Context
    members: Sequence[Member]
    budget: int
    max_tokens_total: int | None
    calls: int = 0
    tokens: int = 0
    records: list[dict[str, Json]] = field(default_factory=list)

    async def call(self, position: int, task: Json) -> Json:
        """What a member answers to a task. BlockError BUDGET_EXCEEDED or MEMBER_FAILED, which name what was done so far."""
        if self.calls >= self.budget:
            raise self._exceeded("budget", f"{self.budget} calls of members")
        self.calls += 1
        member, name = self.members[position], member_names(self.members)[position]
        record: dict[str, Json] = {"name": name, "kind": member.kind, "status": "running", "output": None}
        self.records.append(record)
        given = member.input if member.input is not None else task
        try:
            if member.kind == "workflow":
                record["output"] = await self._run_workflow(member, given, record, self.calls)
            else:
                record["output"] = await self._ask(member, given)
        except BlockError as error:
            record |= {"status": "failed", "error": {"code": error.code, "message": error.message}}
            raise self._failed(name, error) from None
        record["status"] = "completed"
        return record["output"]

    async def converse(self, member: Member, prompt: str, tools: tuple[ModelTool, ...] = (), steps: int = AGENT_STEPS) -> str:
        """What a model answers, within the tokens that are left."""
        chosen = choose_model(self.context.settings, member.provider, member.base_url, member.model, member.credential)
        if self.max_tokens_total is not None and self.tokens >= self.max_tokens_total:
            raise self._exceeded("max_tokens_total", f"{self.max_tokens_total} tokens")
        left = None if self.max_tokens_total is None else self.max_tokens_total - self.tokens
        request = ModelRequest(
            provider=chosen.provider,
            base_url=chosen.base_url,
            model=chosen.model,
            credential=chosen.credential,
            trusted=chosen.trusted,
            prompt=prompt,
            system_prompt=member.system_prompt,
            tools=tools,
            temperature=member.temperature,
            max_tokens=member.max_tokens,
            limits=ModelLimits(max_steps=steps, max_tokens_total=left),
            stream=self.context.stream if tools else None,
            log=self.context.log,
        )
        answer: ModelAnswer = await self.context.models.converse(request)
        self.tokens += answer.usage.input_tokens + answer.usage.output_tokens
        return answer.text

    async def _run_workflow(self, member: Member, given: Json, record: dict[str, Json], number: int) -> Json:
        variables = given if isinstance(given, dict) else {"input": given}
        key = call_key(self.context, number, member.workflow, variables)
        result = await self.context.workflows.run(member.workflow, variables, key)
        record["execution_id"] = result.execution_id
        if result.status != "completed":
            reason = as_text(result.error.get("message") if isinstance(result.error, dict) else result.error)
            message = f"the workflow ended as {result.status}" + (reason and f": {reason}")
            raise BlockError("WORKFLOW_FAILED", message, retryable=result.retryable)
        return result.output

    async def _ask(self, member: Member, given: Json) -> str:
        prompt = "\n\n".join(part for part in (member.prompt, as_text(given)) if part)
        if not prompt.strip():
            raise BlockError("PROMPT_EMPTY", "it has no prompt and received nothing", retryable=False)
        return await self.converse(member, prompt)

    def _exceeded(self, name: str, amount: str) -> BlockError:
        message = f"The budget of {amount} is used up"
        return BlockError("BUDGET_EXCEEDED", message, details={"field": name, "members": self.records}, retryable=False)

    def _failed(self, name: str, error: BlockError) -> BlockError:
        """The member's failure under its name; a budget stays a budget, and the other side's wish to wait is kept."""
        code = error.code if error.code == "BUDGET_EXCEEDED" else "MEMBER_FAILED"
        return BlockError(
            code,
            f"Member `{name}` failed: {error.message}",
            details={"members": self.records},
            retryable=error.retryable,
            retry_after=error.retry_after,
        )
