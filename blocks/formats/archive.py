"""Packs files into an archive and takes them out again: zip, tar, tar.gz and gz.

`unpack` gives a list of files, all or those whose names fit a pattern such as `*.csv`. `list` only tells their names and
sizes. `pack` makes one archive of a list of files; a text counts as a file.

It is careful with what strangers send: nothing is written to a disk, names that lead elsewhere, links and encrypted archives
are refused, and so is what unpacks to more than 1.4 MB or 1,000 files.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import FILE_SCHEMA, Block, Context, Example, File, Json, Output, work
from blocks.core._fields import when
from blocks.formats._files import FileConfig, FileName

HELLO = File("hello.txt", "text/plain", b"Hello").value()


class ArchiveConfig(FileConfig):
    """Configuration of the block."""

    operation: Literal["unpack", "list", "pack"] = Field("unpack", title="Do", description="Take out, list, or pack.")
    pattern: str = Field(
        "",
        title="Names",
        max_length=200,
        description="For unpack: which files, for example *.csv. Left empty: all.",
        json_schema_extra=when(operation=["unpack"]),
    )
    kind: Literal["zip", "tar.gz", "gz"] = Field(
        "zip", title="Kind", description="For pack. gz packs one file.", json_schema_extra=when(operation=["pack"])
    )
    filename: FileName = Field(
        "",
        title="File name",
        description="For pack. Left empty: files.zip and the like.",
        json_schema_extra=when(operation=["pack"]),
    )


async def execute(context: Context, config: ArchiveConfig, value: Json) -> Output:
    data = config.data(value)
    match config.operation:
        case "unpack":
            return Output(await work("blocks.formats._archive_work:unpack", data, config.pattern))
        case "list":
            return Output(await work("blocks.formats._archive_work:names", data))
        case "pack":
            files = data if isinstance(data, list) else [data]
            return Output(await work("blocks.formats._archive_work:pack", files, config.kind, config.filename))


BLOCK = Block(
    type="fmt.archive",
    title="Archive",
    category="Formats",
    icon="file-archive",
    description="Packs and unpacks zip, tar and gz, with guards.",
    config=ArchiveConfig,
    execute=execute,
    output_schema={
        "description": "For unpack a list of files, for list a list of names and sizes, for pack a file.",
        "properties": FILE_SCHEMA["properties"],
    },
    examples=(
        Example(
            "Pack one file",
            {"operation": "pack", "kind": "gz"},
            input=HELLO,
            output={
                "filename": "hello.txt.gz",
                "content_type": "application/gzip",
                "size": 25,
                "base64": "H4sIAAAAAAAC//NIzcnJBwCCidH3BQAAAA==",
            },
        ),
        Example(
            "Unpack it",
            {},
            input={"filename": "hello.txt.gz", "base64": "H4sIAAAAAAAC//NIzcnJBwCCidH3BQAAAA=="},
            output=[{"filename": "hello.txt", "content_type": "text/plain", "size": 5, "base64": "SGVsbG8="}],
        ),
    ),
)
