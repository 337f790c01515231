"""Runs another workflow.

It gets the input of this block as its variables, or what you write instead. Normally this block waits for its end and gives
`{"execution_id", "status", "output"}`, where `output` is what that workflow answered. Without waiting, it gives
`{"execution_id"}` at once and the other workflow goes on by itself.

When the other workflow fails, this block fails too; or let it go on, and look at `status` yourself. Workflows can run each
other ten deep.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from app.sdk import AnyJson, Block, BlockError, Config, Context, Example, Json, Output, WorkflowName, WorkflowResult
from blocks.core._calls import call_key
from blocks.core._fields import as_text, cut
from blocks.flow._failures import LONGEST_MS


class SubworkflowConfig(Config):
    """Configuration of the call."""

    workflow: WorkflowName = Field(
        title="Workflow", min_length=1, description="The workflow to run, by name or id.", json_schema_extra={"initial": ""}
    )
    input: AnyJson = Field(
        None,
        title="Input",
        description="Its variables, as an object of names and values. Left out, they are the input of this block.",
    )
    wait: bool = Field(True, title="Wait for its end", description="Without waiting, only its execution_id is known.")
    fail_on_failure: bool = Field(
        True, title="Fail when it fails", description="Otherwise the workflow goes on, and the output says how it ended."
    )


async def execute(context: Context, config: SubworkflowConfig, value: Json) -> Output:
    given = config.input if "input" in config.model_fields_set else value
    variables: dict[str, Json] = given if isinstance(given, dict) else {} if given is None else {"input": given}
    if not config.wait:
        key = call_key(context, 1, config.workflow, variables)
        return Output({"execution_id": await context.workflows.start(config.workflow, variables, key)})
    result = await _ended(context, config.workflow, variables)
    outcome = {"execution_id": result.execution_id, "status": result.status, "output": result.output}
    if result.status == "completed":
        return Output(outcome)
    if config.fail_on_failure:
        raise _failure(config.workflow, result)
    return Output({**outcome, "error": result.error})


async def _ended(context: Context, workflow: str, variables: Mapping[str, Json]) -> WorkflowResult:
    """The end of this step's child. A child that an earlier attempt started is found again; only a failed one is followed."""
    for number in range(1, context.attempt + 1):
        key = call_key(context, number, workflow, variables)
        result = await context.workflows.run(workflow, variables, key)
        if result.status == "completed":
            break
    return result


def _failure(workflow: str, result: WorkflowResult) -> BlockError:
    reason = cut(as_text(result.error.get("message") if isinstance(result.error, dict) else result.error))
    message = f"workflow `{workflow}` ended as {result.status}" + (reason and f": {reason}")
    details = {"execution_id": result.execution_id, "status": result.status}
    return BlockError("WORKFLOW_FAILED", message, details=details, retryable=result.retryable)


BLOCK = Block(
    type="flow.subworkflow",
    title="Run a workflow",
    category="Flow",
    icon="workflow",
    description="Runs another workflow, and waits for it or not.",
    config=SubworkflowConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"workflows"}),
    sample={"execution_id": "", "status": "completed", "output": {}},
    timeout_ms=LONGEST_MS,
    output_schema={
        "type": "object",
        "properties": {
            "execution_id": {"type": "string"},
            "status": {"type": "string"},
            "output": {"description": "What that workflow answered."},
            "error": {"type": "object", "properties": {"code": {"type": "string"}, "message": {"type": "string"}}},
        },
        "required": ["execution_id"],
    },
    examples=(
        Example(
            "Check an address",
            {"workflow": "Check address", "input": {"city": "{{ input.city }}"}},
            input={"order": 7, "city": "Bremen"},
            output={
                "execution_id": "018f6d1c-7a60-7c1e-9d57-52c0f6a4a001",
                "status": "completed",
                "output": {"known": True},
            },
            runnable=False,
        ),
        Example(
            "Start a report and go on",
            {"workflow": "Monthly report", "wait": False},
            input={"month": 5},
            output={"execution_id": "018f6d1c-7a60-7c1e-9d57-52c0f6a4a001"},
            runnable=False,
        ),
    ),
)
