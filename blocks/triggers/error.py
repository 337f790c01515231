"""Starts the workflow when another workflow has failed.

Use it to tell somebody, to write it down, or to repair what can be repaired. The blocks behind it get `{"workflow": {"id",
"name"}, "execution_id", "error": {"code", "message", "block_id"}}`.

Without workflows and codes it starts for every failure in the workspace. In codes, `*` stands for anything: `HTTP_*`. A
failure of this workflow itself never starts it again.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.sdk import Block, BlockError, Config, Context, Example, Json, Output, WorkflowName
from blocks.triggers._match import fits_any

Code = Annotated[str, Field(min_length=1, max_length=100)]


class ErrorConfig(Config):
    """Configuration of the trigger."""

    workflows: list[WorkflowName] = Field(
        default_factory=list,
        title="Workflows",
        max_length=100,
        description="Only failures of these, by name or id. Without any, of all workflows.",
    )
    codes: list[Code] = Field(
        default_factory=list,
        title="Codes",
        max_length=100,
        description="Only errors with these codes, for example HTTP_STATUS or HTTP_*. Without any, all errors.",
    )


async def execute(context: Context, config: ErrorConfig, value: Json) -> Output:
    failed = value if isinstance(value, dict) else {}
    workflow, error = failed.get("workflow"), failed.get("error")
    if not isinstance(workflow, dict) or not isinstance(error, dict):
        message = "a failure is needed: an object with `workflow` {id, name} and `error` {code, message}"
        raise BlockError("VARIABLES_INVALID", message, retryable=False)
    if not _is_meant(config, workflow, error):
        context.log("This failure is not one of those that were asked for")
        return Output(value, ports=())
    return Output(value)


def _is_meant(config: ErrorConfig, workflow: dict[str, Json], error: dict[str, Json]) -> bool:
    wanted = {name.casefold() for name in config.workflows}
    named = {str(workflow.get(part, "")).casefold() for part in ("id", "name")}
    return (not wanted or bool(wanted & named)) and fits_any(str(error.get("code", "")), config.codes)


BLOCK = Block(
    type="trigger.error",
    title="When a workflow fails",
    category="Start",
    icon="siren",
    description="Starts when another workflow has failed.",
    config=ErrorConfig,
    execute=execute,
    inputs=(),
    trigger=True,
    output_schema={
        "type": "object",
        "properties": {
            "workflow": {"type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string"}}},
            "execution_id": {"type": "string"},
            "error": {
                "type": "object",
                "properties": {"code": {"type": "string"}, "message": {"type": "string"}, "block_id": {"type": "string"}},
            },
        },
        "required": ["workflow", "error"],
    },
    examples=(
        Example(
            "A service did not answer",
            {"codes": ["HTTP_*"]},
            input={
                "workflow": {"id": "018f6d1c-7a60-7c1e-9d57-52c0f6a4a001", "name": "Orders"},
                "execution_id": "018f6d1c-7a60-7c1e-9d57-52c0f6a4a002",
                "error": {"code": "HTTP_STATUS", "message": "Shop: the server answered 500", "block_id": "general_api_1"},
            },
            output={
                "workflow": {"id": "018f6d1c-7a60-7c1e-9d57-52c0f6a4a001", "name": "Orders"},
                "execution_id": "018f6d1c-7a60-7c1e-9d57-52c0f6a4a002",
                "error": {"code": "HTTP_STATUS", "message": "Shop: the server answered 500", "block_id": "general_api_1"},
            },
        ),
    ),
)
