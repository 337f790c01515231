"""Writes a file: over the old one, only if there is none yet, or at the end of it.

What is written is a text, a file from another block, or anything else as JSON. Folders that lead to it are made. A file is
replaced whole, so nobody ever reads half of it. What is appended may be there twice when the step is repeated after a crash.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import AnyJson, Block, Context, Example, File, Json, Output, is_file
from blocks.core._fields import Text, as_text
from blocks.files._place import STORED_SCHEMA, PlaceConfig


class FileWriteConfig(PlaceConfig):
    """Configuration of the block."""

    path: Text = Field(
        title="Path",
        min_length=1,
        max_length=2_000,
        description="Of the file, for example reports/may.csv.",
        json_schema_extra={"initial": "", "placeholder": "reports/may.csv"},
    )
    content: AnyJson = Field(None, title="Content", description="What is written. Left out, it is the input of the block.")
    mode: Literal["replace", "create", "append"] = Field(
        "replace", title="If it is there", description="Replace it, fail, or write at its end."
    )
    line_break: bool = Field(False, title="End with a line break", description="For example for lines of a log.")


async def execute(context: Context, config: FileWriteConfig, value: Json) -> Output:
    content = config.content if "content" in config.model_fields_set else value
    raw = File.of(content, "content").content if is_file(content) else as_text(content).encode(errors="replace")
    written = raw + (b"\n" if config.line_break else b"")
    stored = await context.files.write(config.folder, config.path, written, config.mode)
    context.log(f"{len(written):,} bytes written")
    return Output(stored.as_json())


BLOCK = Block(
    type="file.write",
    title="Write file",
    category="Storage",
    icon="pencil-line",
    description="Writes a file into the workspace, or into a folder that the operator has opened.",
    config=FileWriteConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"files"}),
    sample={"path": "example.txt", "name": "example.txt", "size": 0, "modified": "2026-06-01T12:00:00.000Z", "is_folder": False},
    output_schema=STORED_SCHEMA,
    examples=(
        Example(
            "A report",
            {"path": "reports/may.csv", "content": "{{ input.csv }}"},
            input={"csv": "name,total\nAda,5\n"},
            output={
                "path": "reports/may.csv",
                "name": "may.csv",
                "size": 17,
                "modified": "2026-06-01T12:00:00.000Z",
                "is_folder": False,
            },
            runnable=False,
        ),
        Example(
            "A line of a log",
            {"path": "visits.log", "content": "{{ input.who }}", "mode": "append", "line_break": True},
            input={"who": "ada"},
            output={
                "path": "visits.log",
                "name": "visits.log",
                "size": 4,
                "modified": "2026-06-01T12:00:00.000Z",
                "is_folder": False,
            },
            runnable=False,
        ),
    ),
)
