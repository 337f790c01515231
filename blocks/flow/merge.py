"""Brings several branches together again.

Wait for all: the output is an object with what each branch gave, named by the id of the block that it comes from. First
one: goes on with the branch that is there first; what the others give is not used. Append: puts everything into one
list; a branch that gives a list adds its entries, any other value is one entry. Combine: puts objects together; where
two have the same field, the later branch wins. With keys, combine joins lists of objects: those whose key fields are
equal become one object.

Branches that a condition did not take are not waited for. Branches count in the order of the workflow, not in the order
in which they finish.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import Block, BlockError, Config, Context, Example, Json, Output
from blocks.flow._joins import Join, Record, join
from blocks.flow._values import kind_of


class MergeConfig(Config):
    """Configuration of the merge."""

    mode: Literal["all", "any", "append", "combine"] = Field(
        "all", title="How", description="Wait for all, take the first, append to one list, or combine objects."
    )
    keys: list[str] = Field(
        default_factory=list,
        title="Keys",
        max_length=10,
        description="For combine: the fields that tell which objects of the lists belong together. Without keys, every "
        "branch gives one object.",
    )
    join: Join = Field(
        "inner",
        title="Keep",
        description="For combine with keys: inner keeps only objects with a partner in every list, left all of the first "
        "list, outer all of every list.",
    )


async def execute(context: Context, config: MergeConfig, value: Json) -> Output:
    inputs = dict(context.inputs) or {context.block_id: value}
    match config.mode:
        case "all":
            return Output(inputs)
        case "any":
            return Output(next(iter(inputs.values())))
        case "append":
            return Output([entry for given in inputs.values() for entry in (given if isinstance(given, list) else [given])])
        case "combine":
            return Output(_combined(inputs, config))


def _combined(inputs: dict[str, Json], config: MergeConfig) -> Json:
    if not config.keys:
        merged: Record = {}
        for block_id, given in inputs.items():
            merged |= _object(given, f"what comes from `{block_id}`")
        return merged
    first, *others = [_objects(given, block_id) for block_id, given in inputs.items()]
    for other in others:
        first = join(first, other, config.keys, config.join)
    return first


def _objects(given: Json, block_id: str) -> list[Record]:
    if not isinstance(given, list):
        message = f"what comes from `{block_id}` must be a list of objects; it is {kind_of(given)}"
        raise BlockError("MERGE_INVALID", message, retryable=False)
    return [_object(item, f"entry {number} of what comes from `{block_id}`") for number, item in enumerate(given, 1)]


def _object(given: Json, place: str) -> Record:
    if not isinstance(given, dict):
        raise BlockError("MERGE_INVALID", f"{place} must be an object; it is {kind_of(given)}", retryable=False)
    return given


BLOCK = Block(
    type="flow.merge",
    title="Merge",
    category="Flow",
    icon="merge",
    description="Brings several branches together.",
    config=MergeConfig,
    execute=execute,
    join=("mode", "any"),
    output_schema={"description": "An object, a list or one branch's value, as chosen."},
    examples=(
        Example(
            "Wait for all",
            {},
            input={"stock": {"left": 5}, "credit": {"room": 302}},
            output={"stock": {"left": 5}, "credit": {"room": 302}},
        ),
        Example("One list", {"mode": "append"}, input={"page_1": [1, 2], "page_2": [3], "total": 4}, output=[1, 2, 3, 4]),
        Example(
            "One object",
            {"mode": "combine"},
            input={"shop": {"order": 7, "state": "new"}, "bank": {"state": "paid"}},
            output={"order": 7, "state": "paid"},
        ),
        Example(
            "Customers with their orders",
            {"mode": "combine", "keys": ["customer"], "join": "left"},
            input={
                "customers": [{"customer": 1, "name": "Ada"}, {"customer": 2, "name": "Bo"}],
                "orders": [{"customer": 1, "order": 7}, {"customer": 1, "order": 9}],
            },
            output=[
                {"customer": 1, "name": "Ada", "order": 7},
                {"customer": 1, "name": "Ada", "order": 9},
                {"customer": 2, "name": "Bo"},
            ],
        ),
    ),
)
