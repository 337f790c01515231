"""Reads PDF files, joins them and takes them apart.

`text` gives the text of all or some pages; a scanned page has none. `info` tells how many pages there are and what the
file says about itself. `merge` makes one file of a list of files. `pages` keeps some pages, such as `1-3, 5` or `-1` for
the last one, and can turn them. `split` makes a file of each page.

Needs a library that is installed with `pip install 'blockyard[pdf]'`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import FILE_SCHEMA, Block, BlockError, Context, Example, Json, Output, SecretText, work
from blocks.core._fields import ADVANCED, when
from blocks.formats._files import FileConfig, FileName
from blocks.formats._samples import ONE_PAGE

SECONDS = 20.0
MAX_FILES = 100


class PdfConfig(FileConfig):
    """Configuration of the block."""

    operation: Literal["text", "info", "merge", "pages", "split"] = Field(
        "text", title="Do", description="Read, tell about, join, keep some pages, or take apart."
    )
    pages: str = Field(
        "",
        title="Pages",
        max_length=500,
        description="For text and pages: 1-3, 5 or -1 for the last. Left empty: all.",
        json_schema_extra=when(operation=["text", "pages"]),
    )
    turn: Literal[0, 90, 180, 270] = Field(
        0, title="Turn", description="For pages: degrees to the right.", json_schema_extra=ADVANCED | when(operation=["pages"])
    )
    password: SecretText = Field(
        "",
        title="Password",
        description="When the file needs one.",
        json_schema_extra=ADVANCED | when(operation=["text", "info", "pages", "split"]),
    )
    filename: FileName = Field(
        "document.pdf",
        title="File name",
        description="For merge and pages.",
        json_schema_extra=ADVANCED | when(operation=["merge", "pages"]),
    )


async def execute(context: Context, config: PdfConfig, value: Json) -> Output:
    data = config.data(value)
    match config.operation:
        case "text":
            return Output(await _work("text", data, config.pages, config.password))
        case "info" | "split":
            return Output(await _work(config.operation, data, config.password))
        case "pages":
            return Output(await _work("pages", data, config.pages, config.turn, config.password, config.filename))
        case "merge":
            if not isinstance(data, list) or not 1 <= len(data) <= MAX_FILES:
                raise BlockError("ITEMS_INVALID", f"field `source`: must be a list of 1 to {MAX_FILES} files", retryable=False)
            return Output(await _work("merge", data, config.filename))


async def _work(function: str, *arguments: Json) -> Json:
    return await work(f"blocks.formats._pdf_work:{function}", *arguments, seconds=SECONDS, extra="pdf")


BLOCK = Block(
    type="fmt.pdf",
    title="PDF",
    category="Formats",
    icon="file-text",
    description="Reads, joins and splits PDF files.",
    config=PdfConfig,
    execute=execute,
    output_schema={
        "description": "For text the text and that of each page; for info what the file says; else a file, for split a list.",
        "properties": {
            "text": {"type": "string"},
            "pages": {"description": "For text a list of texts, for info their number."},
            "title": {"type": ["string", "null"], "description": "For info."},
            "author": {"type": ["string", "null"], "description": "For info."},
            "subject": {"type": ["string", "null"], "description": "For info."},
            "encrypted": {"type": "boolean", "description": "For info: whether it needs a password."},
            "sizes": {
                "type": "array",
                "items": {"type": "array"},
                "description": "For info: width and height of each page, in points.",
            },
            **FILE_SCHEMA["properties"],
        },
    },
    examples=(
        Example("Read", {}, input=ONE_PAGE, output={"text": "Hello", "pages": ["Hello"]}),
        Example(
            "How many pages?",
            {"operation": "info"},
            input=ONE_PAGE,
            output={"pages": 1, "title": None, "author": None, "subject": None, "encrypted": False, "sizes": [[200.0, 100.0]]},
        ),
    ),
)
