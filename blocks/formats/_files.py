"""What blocks that read and write files have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.sdk import AnyJson, Config, File, Json

FileName = Annotated[str, Field(max_length=200, pattern=r"^[^/\\\x00-\x1f]*$")]


class FileConfig(Config):
    """A block that reads a file or a text."""

    source: AnyJson = Field(
        None,
        title="File or text",
        description="What to read, for example {{ input.file }}. Left out, it is the input of the block.",
    )

    def data(self, value: Json) -> Json:
        """What to read, given the block's input."""
        return self.source if "source" in self.model_fields_set else value

    def file(self, value: Json) -> File:
        """The file to read. BlockError FILE_INVALID."""
        return File.of(self.data(value), "source")
