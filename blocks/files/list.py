"""Lists files, or moves, copies and removes one.

`list` answers what is in a folder, also in the folders below it when you ask for that; a name with `*` and `?` picks some,
such as `*.csv`. `look` tells about one file. `move`, `copy` and `delete` do what they say; a folder is removed only when it is
empty. Links are neither listed nor followed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from app.sdk import Block, BlockError, Context, Example, Json, Output, Port, StoredFile
from blocks.core._fields import Text, when
from blocks.files._place import STORED_SCHEMA, PlaceConfig

LISTING: list[Json] = ["list"]
MOVING: list[Json] = ["move", "copy"]


class FileListConfig(PlaceConfig):
    """Configuration of the block."""

    operation: Literal["list", "look", "move", "copy", "delete"] = Field(
        "list", title="Do", description="List a folder, look at one file, move it, copy it, or remove it."
    )
    path: Text = Field(
        "",
        title="Path",
        max_length=2_000,
        description="Of the folder or the file. Left empty, list begins at the top.",
        json_schema_extra={"placeholder": "reports"},
    )
    pattern: Text = Field(
        "*",
        title="Names",
        max_length=200,
        description="Only names like this; * is anything, ? one character.",
        json_schema_extra=when(operation=LISTING),
    )
    deep: bool = Field(
        False, title="Folders below it too", description="Also what lies deeper.", json_schema_extra=when(operation=LISTING)
    )
    limit: int = Field(500, title="At most", ge=1, le=5_000, description="How many.", json_schema_extra=when(operation=LISTING))
    to: Text = Field("", title="To", max_length=2_000, description="The new path.", json_schema_extra=when(operation=MOVING))
    replace: bool = Field(
        False, title="Replace", description="Over a file that is there already.", json_schema_extra=when(operation=MOVING)
    )


async def execute(context: Context, config: FileListConfig, value: Json) -> Output:
    place, path, files = config.folder, config.path, context.files
    if config.operation != "list" and not path:
        raise _missing("path")
    match config.operation:
        case "list":
            return _output(await files.find(place, path, config.pattern, config.deep, config.limit))
        case "look":
            found = await files.look(place, path)
            return _output([found] if found else [])
        case "delete":
            removed = await files.delete(place, path)
            return Output({"files": [], "count": int(removed)}, ports=("output", "some" if removed else "none"))
    if not config.to:
        raise _missing("to")
    act = files.move if config.operation == "move" else files.copy
    return _output([await act(place, path, config.to, replace=config.replace)])


def _output(found: Sequence[StoredFile]) -> Output:
    files = [one.as_json() for one in found]
    return Output({"files": files, "count": len(files)}, ports=("output", "some" if files else "none"))


def _missing(field: str) -> BlockError:
    return BlockError("CONFIG_INVALID", f"field `{field}`: is needed", details={"field": field}, retryable=False)


BLOCK = Block(
    type="file.list",
    title="Files",
    category="Storage",
    icon="file-cog",
    description="Lists, moves, copies and removes files.",
    config=FileListConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"files"}),
    outputs=(Port("output", "Always"), Port("some", "When there are files"), Port("none", "When there are none")),
    sample={"files": [], "count": 0},
    output_schema={
        "type": "object",
        "properties": {
            "files": {"type": "array", "items": STORED_SCHEMA, "description": "What was found, or is at its new place."},
            "count": {"type": "integer", "description": "How many were found, moved, copied or removed."},
        },
        "required": ["files", "count"],
    },
    examples=(
        Example(
            "Nothing is there yet",
            {"pattern": "*.csv", "deep": True},
            output={"files": [], "count": 0},
            ports=("output", "none"),
        ),
        Example(
            "Put a file away",
            {"operation": "move", "path": "inbox/{{ input.name }}", "to": "done/{{ input.name }}", "replace": True},
            input={"name": "may.csv"},
            output={
                "files": [
                    {
                        "path": "done/may.csv",
                        "name": "may.csv",
                        "size": 17,
                        "modified": "2026-06-01T12:00:00.000Z",
                        "is_folder": False,
                    }
                ],
                "count": 1,
            },
            ports=("output", "some"),
            runnable=False,
        ),
    ),
)
