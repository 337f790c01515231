"""Turns Markdown into HTML, and HTML into Markdown.

Markdown is text with simple marks: `# Heading`, ``bold``, `- list`. The HTML is safe to show: HTML that stands in the
Markdown is shown as text, and addresses that run something are taken out.

The other direction is good for web pages that a language model shall read.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import Block, Context, Example, Json, Output, work
from blocks.core._fields import when
from blocks.formats._files import FileConfig


class MarkdownConfig(FileConfig):
    """Configuration of the block."""

    operation: Literal["to_html", "from_html"] = Field("to_html", title="Do", description="Make HTML, or make Markdown of HTML.")
    tables: bool = Field(
        True,
        title="Tables",
        description="Whether tables and ~~struck out~~ are understood.",
        json_schema_extra=when(operation=["to_html"]),
    )
    line_breaks: bool = Field(
        False,
        title="Keep line ends",
        description="Whether the end of a line in a paragraph is kept.",
        json_schema_extra=when(operation=["to_html"]),
    )


async def execute(context: Context, config: MarkdownConfig, value: Json) -> Output:
    if config.operation == "from_html":
        return Output(await work("blocks.formats._markdown_work:from_html", config.data(value)))
    settings = (config.tables, config.line_breaks)
    return Output(await work("blocks.formats._markdown_work:to_html", config.data(value), *settings))


BLOCK = Block(
    type="fmt.markdown",
    title="Markdown",
    category="Formats",
    icon="file-type",
    description="Turns Markdown into HTML and back.",
    config=MarkdownConfig,
    execute=execute,
    output_schema={"type": "string", "description": "The HTML or the Markdown."},
    examples=(
        Example(
            "To HTML",
            {},
            input="# News\n\n**bold** <script>",
            output="<h1>News</h1>\n<p><strong>bold</strong> &lt;script&gt;</p>\n",
        ),
        Example(
            "From HTML",
            {"operation": "from_html"},
            input="<h2>News</h2><ul><li><a href='https://a.example'>one</a></li></ul>",
            output="## News\n\n- [one](https://a.example)\n",
        ),
    ),
)
