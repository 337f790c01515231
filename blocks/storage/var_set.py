"""A variable that belongs to one execution: all its blocks can count it up or add to it, also inside loops.

In a loop, what a round works out is gone when the round is over; a variable stays. `set` gives it a value, `increment`
counts up, `append` adds to a list, `get` only reads. The block answers the variable as it is now; use that answer, for
example `{{ blocks.count.output.value }}`.

Steps that run at the same time may use the same variable, and nothing is lost; a step that is repeated after a crash counts
once. Variables are forgotten after 30 days. Values for later executions belong in the store instead.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

from pydantic import Field

from app.sdk import AnyJson, Block, Config, Context, Example, Json, Output
from blocks.core._fields import when
from blocks.storage._change import MAX_LIST, appended, changed, incremented, number

NAMESPACE = "var.set"
TTL_SECONDS = 30 * 86_400.0
MAX_STEPS = 500
"""How many of its last steps a variable remembers, to know again one that is repeated."""


class VarSetConfig(Config):
    """Configuration of the variable."""

    name: str = Field(
        title="Name",
        min_length=1,
        max_length=100,
        description="What the variable is called within this execution.",
        json_schema_extra={"initial": "", "placeholder": "total"},
    )
    operation: Literal["set", "increment", "append", "get"] = Field(
        "set", title="Do", description="Give it a value, count up, add to a list, or only read."
    )
    value: AnyJson = Field(
        None,
        title="Value",
        description="Left out, it is the input of the block; for increment it is 1.",
        json_schema_extra=when(operation=["set", "increment", "append"]),
    )


async def execute(context: Context, config: VarSetConfig, value: Json) -> Output:
    if config.operation == "get":
        return _answer(config, await _known(context, config))
    given = config.value if "value" in config.model_fields_set else 1 if config.operation == "increment" else value
    by = number(given) if config.operation == "increment" else 0
    mine = context.idempotency_key

    def change(old: Json) -> Json:
        """The value with the step that made it; this very step's own work is left as it is."""
        if old is not None and mine in old["steps"]:
            return old
        before = old["value"] if old is not None else None
        match config.operation:
            case "increment":
                after = incremented(before, by)
            case "append":
                after = appended(before, given, MAX_LIST)
            case _:
                after = given
        return {"value": after, "steps": [*(old["steps"] if old is not None else []), mine][-MAX_STEPS:]}

    at = (NAMESPACE, _key(context, config))
    _, new = await changed(partial(context.state.get, *at), partial(_swap, context, at), change)
    return _answer(config, new["value"])


async def _swap(context: Context, at: tuple[str, str], old: Json, new: Json) -> bool:
    return await context.state.swap(*at, old, new, TTL_SECONDS)


async def _known(context: Context, config: VarSetConfig) -> Json:
    found = await context.state.get(NAMESPACE, _key(context, config))
    return None if found is None else found["value"]


def _key(context: Context, config: VarSetConfig) -> str:
    return f"{context.execution_id}:{config.name}"


def _answer(config: VarSetConfig, value: Json) -> Output:
    return Output({"name": config.name, "value": value})


BLOCK = Block(
    type="var.set",
    title="Variable",
    category="Storage",
    icon="variable",
    description="A variable of this execution: set, count up, append, also in loops.",
    config=VarSetConfig,
    execute=execute,
    needs=frozenset({"state"}),
    output_schema={
        "type": "object",
        "properties": {"name": {"type": "string"}, "value": {"description": "The variable as it is now."}},
        "required": ["name", "value"],
    },
    examples=(
        Example("Count rounds", {"name": "rounds", "operation": "increment"}, output={"name": "rounds", "value": 1}),
        Example(
            "Collect names",
            {"name": "names", "operation": "append", "value": "{{ input.name }}"},
            input={"name": "Ada"},
            output={"name": "names", "value": ["Ada"]},
        ),
        Example("Not set yet", {"name": "total", "operation": "get"}, output={"name": "total", "value": None}),
    ),
)
