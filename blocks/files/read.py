"""Reads a file: as a text, as JSON, or as a file for other blocks.

Files lie in the workspace's own storage, or in a folder that the operator of this server has opened; a path never leads out of
it. When there is no such file, the data leaves at `missing`. A file that is too large for one piece is read in parts: say where
to begin and how much to read; the answer tells how large the file is.
"""

from __future__ import annotations

import json
from typing import Literal

from pydantic import Field

from app.sdk import FILE_SCHEMA, Block, BlockError, Context, Example, File, Json, Output, Port
from blocks.core._fields import ADVANCED, Text, when
from blocks.files._place import STORED_SCHEMA, PlaceConfig, media_type


class FileReadConfig(PlaceConfig):
    """Configuration of the block."""

    path: Text = Field(
        title="Path",
        min_length=1,
        max_length=2_000,
        description="Of the file, for example reports/may.csv.",
        json_schema_extra={"initial": "", "placeholder": "reports/may.csv"},
    )
    read_as: Literal["text", "json", "file"] = Field(
        "text", title="As", description="A text, the data in a JSON file, or a file with its bytes."
    )
    encoding: str = Field(
        "utf-8",
        title="Encoding",
        max_length=40,
        description="Of a text.",
        json_schema_extra=ADVANCED | when(read_as=["text", "json"]),
    )
    offset: int = Field(0, title="Begin at", ge=0, description="Leave out so many bytes.", json_schema_extra=ADVANCED)
    length: int | None = Field(
        None,
        title="Read at most",
        ge=1,
        le=1_400_000,
        description="So many bytes. Left empty, to the end.",
        json_schema_extra=ADVANCED,
    )


async def execute(context: Context, config: FileReadConfig, value: Json) -> Output:
    found = await context.files.look(config.folder, config.path)
    if found is None:
        return Output({"content": None, "file": None, "found": False}, ports=("output", "missing"))
    content = await context.files.read(config.folder, config.path, config.offset, config.length)
    file = File(found.name, media_type(found.name), content)
    context.log(f"{len(content):,} of {found.size:,} bytes")
    return Output({"content": _read(config, file), "file": found.as_json(), "found": True}, ports=("output", "found"))


def _read(config: FileReadConfig, file: File) -> Json:
    if config.read_as == "file":
        return file.value()
    text = file.text("path", config.encoding)
    if config.read_as == "text":
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        place = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        message = f"field `path`: the file is no JSON{place}"
        raise BlockError("FILE_INVALID", message, details={"field": "path"}, retryable=False) from None


BLOCK = Block(
    type="file.read",
    title="Read file",
    category="Storage",
    icon="file-text",
    description="Reads a file of the workspace, or of a folder that the operator has opened.",
    config=FileReadConfig,
    execute=execute,
    effect="read",
    needs=frozenset({"files"}),
    outputs=(Port("output", "Always"), Port("found", "When it is there"), Port("missing", "When it is not there")),
    sample={"content": "", "file": None, "found": True},
    output_schema={
        "type": "object",
        "properties": {
            "content": {"description": "A text, data, or a file.", "anyOf": [{"type": "string"}, FILE_SCHEMA, {}]},
            "file": {"description": "What is known of the file.", "anyOf": [STORED_SCHEMA, {"type": "null"}]},
            "found": {"type": "boolean"},
        },
        "required": ["content", "file", "found"],
    },
    examples=(
        Example(
            "A file that is not there",
            {"path": "reports/{{ input.month }}.csv"},
            input={"month": "may"},
            output={"content": None, "file": None, "found": False},
            ports=("output", "missing"),
        ),
        Example(
            "Settings in a JSON file",
            {"path": "settings.json", "read_as": "json", "folder": "shared"},
            output={
                "content": {"tax": 19},
                "file": {
                    "path": "settings.json",
                    "name": "settings.json",
                    "size": 11,
                    "modified": "2026-06-01T12:00:00.000Z",
                    "is_folder": False,
                },
                "found": True,
            },
            ports=("output", "found"),
            runnable=False,
        ),
    ),
)
