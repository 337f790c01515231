"""Stops the workflow with an error of your own.

Use it where going on would be wrong: an order without items, an answer that makes no sense. The execution fails with your
code and message, which people see in the list of executions and callers get as the answer. Stopping is meant, so it is
never tried again; inside of Try it leads to `catch`.
"""

from __future__ import annotations

from pydantic import Field

from app.sdk import AnyJson, Block, BlockError, Config, Context, Example, Json, Output
from blocks.core._fields import ADVANCED, LongText, cut

LONGEST_MESSAGE = 2_000


class StopConfig(Config):
    """Configuration of the stop."""

    message: LongText = Field(
        title="Message",
        min_length=1,
        description="What went wrong, for people. May contain {{ }}.",
        json_schema_extra={"initial": "", "placeholder": "Order {{ input.order }} has no items"},
    )
    code: str = Field(
        "STOP_ERROR",
        title="Code",
        pattern=r"^[A-Z][A-Z0-9_]*$",
        max_length=60,
        description="What went wrong, for programs: capital letters, digits and underscores, for example ORDER_EMPTY.",
    )
    data: AnyJson = Field(
        None, title="Data", description="Anything that helps whoever handles the error.", json_schema_extra=ADVANCED
    )


async def execute(context: Context, config: StopConfig, value: Json) -> Output:
    raise BlockError(config.code, cut(config.message, LONGEST_MESSAGE), details=config.data, retryable=False)


BLOCK = Block(
    type="flow.stop_error",
    title="Stop",
    category="Flow",
    icon="octagon-x",
    description="Stops the workflow with an error of your own.",
    config=StopConfig,
    execute=execute,
    outputs=(),
    output_schema={"description": "None: the workflow ends here."},
    examples=(
        Example(
            "An order without items",
            {"message": "Order {{ input.order }} has no items", "code": "ORDER_EMPTY", "data": {"order": "{{ input.order }}"}},
            input={"order": 7, "items": []},
            output={"error": {"code": "ORDER_EMPTY", "message": "Order 7 has no items", "details": {"order": 7}}},
            ports=("error",),
            runnable=False,
        ),
    ),
)
