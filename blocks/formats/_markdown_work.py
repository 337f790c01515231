"""Markdown to HTML and back in a worker process."""

from __future__ import annotations

import nh3
from markdown_it import MarkdownIt
from markdownify import markdownify

from app.sdk import File, Json


def to_html(source: Json, tables: bool, line_breaks: bool) -> str:
    """HTML without anything dangerous; HTML inside the Markdown is shown as text."""
    reader = MarkdownIt("commonmark", {"html": False, "breaks": line_breaks})
    if tables:
        reader.enable(["table", "strikethrough"])
    return nh3.clean(reader.render(File.of(source, "source").text("source")))


def from_html(source: Json) -> str:
    """Markdown of what a reader sees."""
    content = nh3.clean(File.of(source, "source").text("source"))
    text: str = markdownify(content, heading_style="ATX", bullets="-")
    return text.strip() + "\n"
