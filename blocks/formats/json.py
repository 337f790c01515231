"""Reads and writes JSON, and changes it by a patch or by merging.

`parse` makes data of a text or a file; `build` makes a text of data, on one line or indented. `parse_lines` and
`build_lines` do the same for files with one JSON value on each line.

`merge` puts the fields of a second object over the first, all the way down; null takes a field away. `patch` follows a
list of operations: `[{"op": "replace", "path": "/name", "value": "Ada"}]` (add, remove, replace, move, copy, test).
"""

from __future__ import annotations

import json
from typing import Literal

from pydantic import Field

from app.sdk import AnyJson, Block, BlockError, Context, Example, File, Json, Output, is_file, work
from blocks.core._fields import when
from blocks.formats._files import FileConfig

MAX_LINES = 10_000
MAX_DEPTH = 100


class JsonConfig(FileConfig):
    """Configuration of the block."""

    operation: Literal["parse", "build", "parse_lines", "build_lines", "merge", "patch"] = Field(
        "parse", title="Do", description="Read, write, or change."
    )
    change: AnyJson = Field(
        None,
        title="Change",
        description="For merge the second object, for patch the list of operations.",
        json_schema_extra=when(operation=["merge", "patch"]),
    )
    indent: int = Field(
        0,
        title="Indentation",
        ge=0,
        le=8,
        description="For build: spaces for each level. 0: everything on one line.",
        json_schema_extra=when(operation=["build"]),
    )
    sort_keys: bool = Field(
        False,
        title="Sort names",
        description="For build: whether the names of fields are put in order.",
        json_schema_extra=when(operation=["build"]),
    )


async def execute(context: Context, config: JsonConfig, value: Json) -> Output:
    data = config.data(value)
    match config.operation:
        case "parse":
            return Output(_parsed(_text(data), "") if _is_text(data) else data)
        case "parse_lines":
            return Output(_parsed_lines(_text(data)))
        case "build":
            return Output(_built(data, config))
        case "build_lines":
            items = data if isinstance(data, list) else [data]
            return Output("".join(f"{json.dumps(item, ensure_ascii=False)}\n" for item in items))
        case "merge":
            return Output(merged(data, config.change))
        case "patch":
            return Output(await work("blocks.formats._json_work:patch", data, config.change))


def _is_text(data: Json) -> bool:
    """False where it is data already, as when JSON was typed into the form."""
    return isinstance(data, str) or is_file(data)


def _text(data: Json) -> str:
    return File.of(data, "source").text("source")


def _parsed(text: str, place: str) -> Json:
    try:
        return json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        where = place or f"line {error.lineno}, column {error.colno}"
        raise BlockError("NOT_JSON", f"field `source`: {where}: {error.msg}", retryable=False) from None
    except (ValueError, RecursionError):
        raise BlockError("NOT_JSON", f"field `source`: {place or 'this'} is not JSON that can be used", retryable=False) from None


def _parsed_lines(text: str) -> list[Json]:
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > MAX_LINES:
        raise BlockError("TOO_MANY_ITEMS", f"field `source`: at most {MAX_LINES:,} lines are allowed", retryable=False)
    return [_parsed(line, f"line {number}") for number, line in lines]


def _refuse(name: str) -> Json:
    raise ValueError(name)


def _built(data: Json, config: JsonConfig) -> str:
    separators = None if config.indent else (",", ":")
    return json.dumps(data, ensure_ascii=False, indent=config.indent or None, separators=separators, sort_keys=config.sort_keys)


def merged(target: Json, change: Json, depth: int = 0) -> Json:
    """JSON Merge Patch: objects field by field, null removes, everything else is replaced."""
    if depth > MAX_DEPTH:
        raise BlockError("TOO_DEEP", f"field `change`: nested deeper than {MAX_DEPTH} levels", retryable=False)
    if not isinstance(change, dict):
        return change
    result = dict(target) if isinstance(target, dict) else {}
    for name, child in change.items():
        if child is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), child, depth + 1)
    return result


BLOCK = Block(
    type="fmt.json",
    title="JSON",
    category="Formats",
    icon="braces",
    description="Reads, writes, merges and patches JSON.",
    config=JsonConfig,
    execute=execute,
    output_schema={"description": "The data; for build and build_lines a text."},
    examples=(
        Example("Read", {}, input='{"name": "Ada", "tags": [1, null]}', output={"name": "Ada", "tags": [1, None]}),
        Example("Write", {"operation": "build", "source": "{{ input.order }}"}, input={"order": {"n": 1}}, output='{"n":1}'),
        Example(
            "New settings over the old ones",
            {"operation": "merge", "change": {"colour": "red", "size": {"x": None, "y": 2}}},
            input={"colour": "blue", "size": {"x": 1}, "name": "box"},
            output={"colour": "red", "size": {"y": 2}, "name": "box"},
        ),
        Example(
            "A patch",
            {"operation": "patch", "change": [{"op": "add", "path": "/tags/-", "value": "new"}]},
            input={"tags": ["old"]},
            output={"tags": ["old", "new"]},
        ),
    ),
)
