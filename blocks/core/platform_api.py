"""Uses this studio itself: lists, creates, changes or runs workflows and looks at executions.

It acts with the rights of the workflow's owner, never with more. Choose what it is about, what to do, and for a single
one its id; a workflow may also be named.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from app.sdk import AnyJson, Block, Config, Context, Example, Json, Output
from blocks.core._fields import Text

Operation = Literal["list", "get", "create", "update", "delete", "execute"]
OPERATIONS_ON_ONE = frozenset({"get", "update", "delete", "execute"})


class PlatformApiConfig(Config):
    """Configuration of the platform call."""

    resource: Literal["workflows", "executions"] = Field("workflows", title="What", description="What it is about.")
    operation: Operation = Field("list", title="Do what", description="What to do with it.")
    resource_id: Text = Field("", title="Id", validate_default=True, description="Which one; for a workflow its id or name.")
    body: AnyJson = Field(None, title="Data", description="What to create or change, or the variables to run with.")

    @field_validator("resource_id")
    @classmethod
    def _is_there_when_needed(cls, resource_id: str, info: ValidationInfo) -> str:
        if not resource_id and info.data.get("operation") in OPERATIONS_ON_ONE:
            raise ValueError("is needed")
        return resource_id


async def execute(context: Context, config: PlatformApiConfig, value: Json) -> Output:
    return Output(await context.platform.call(config.resource, config.operation, config.resource_id, config.body))


BLOCK = Block(
    type="platform_api",
    title="Blockyard API",
    category="Connect",
    icon="blocks",
    description="Lists, changes or runs the workflows of this studio.",
    config=PlatformApiConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"platform"}),
    timeout_ms=310_000,
    output_schema={"description": "What the operation answers."},
    examples=(
        Example(
            "Start another workflow",
            {"resource": "workflows", "operation": "execute", "resource_id": "Send invoice", "body": {"order": 7}},
            output={"execution_id": "018f6d1c-7a60-7c1e-9d57-52c0f6a4a001", "status": "queued"},
            runnable=False,
        ),
    ),
)
