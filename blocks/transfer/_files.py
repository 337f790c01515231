"""What the blocks that move files have in common."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import FILE_SCHEMA, AnyJson, BlockError, Config, CredentialName, File, Json, Output
from blocks.core._fields import ADVANCED, Text, when

MAX_BYTES = 1_400_000
"""Of a file that is read: as text in a value it is a third larger."""
MAX_ENTRIES = 5_000


class TransferConfig(Config):
    """Configuration of a block that moves files."""

    credential: CredentialName = Field(
        min_length=1, title="Credential", description="The server, and who you are there.", json_schema_extra={"initial": ""}
    )
    operation: Literal["list", "get", "put", "delete", "rename", "make_folder"] = Field(
        "list", title="Do", description="What to do with the path."
    )
    path: Text = Field(
        "",
        title="Path",
        max_length=4_000,
        description="Of the file, or of the folder.",
        json_schema_extra={"placeholder": "in/orders.csv"},
    )
    content: AnyJson = Field(
        None,
        title="Content",
        description="A file, or a text, to write. Left empty: the input.",
        json_schema_extra=when(operation=["put"]),
    )
    target: Text = Field(
        "",
        title="New path",
        max_length=4_000,
        description="What it is called then.",
        json_schema_extra=when(operation=["rename"]),
    )
    limit: int = Field(
        1_000,
        title="At most",
        ge=1,
        le=MAX_ENTRIES,
        description="So many entries of a folder.",
        json_schema_extra=ADVANCED | when(operation=["list"]),
    )
    timeout_ms: int = Field(60_000, title="Timeout", ge=100, le=600_000, description="Milliseconds.", json_schema_extra=ADVANCED)

    @property
    def seconds(self) -> float:
        return self.timeout_ms / 1000

    def checked(self) -> None:
        """Raises BlockError CONFIG_INVALID for paths that are none."""
        for name, path in (("path", self.path), ("target", self.target)):
            needed = self.operation != "list" and (name == "path" or self.operation == "rename")
            if (needed and not path) or any(mark in path for mark in "\r\n\0"):
                raise BlockError("CONFIG_INVALID", f"field `{name}`: must be a path, in a single line", retryable=False)

    def file(self, value: Json) -> File:
        """What to write, given the block's input."""
        return File.of(value if self.content is None else self.content, "content")


def found(path: str, content: bytes) -> dict[str, Json]:
    """The output of `get`."""
    name = path.rstrip("/").rpartition("/")[2] or "file"
    return {"path": path, "file": File(name[:200], "application/octet-stream", content).value()}


def too_large(path: str, size: int | None = None) -> BlockError:
    told = f"it has {size:,} bytes" if size is not None else "it is larger"
    return BlockError("FILE_TOO_LARGE", f"field `path`: only files up to {MAX_BYTES:,} bytes are read; {told}", retryable=False)


def output(answer: Json) -> Output:
    """The same fields for every operation."""
    return Output({"path": "", "entries": [], "more": False, "file": None, **answer})


TRANSFER_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "entries": {
            "type": "array",
            "description": "For list: what is in the folder.",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "path": {"type": "string"},
                    "type": {"enum": ["file", "folder", "other"]},
                    "size": {"type": ["integer", "null"]},
                    "modified": {"type": ["string", "null"]},
                },
            },
        },
        "more": {"type": "boolean", "description": "Whether the folder has more entries."},
        "file": {"anyOf": [FILE_SCHEMA, {"type": "null"}], "description": "For get: the file."},
    },
    "required": ["path", "entries", "more", "file"],
}
SAMPLE: Json = {"path": "in/orders.csv", "entries": [], "more": False, "file": None}
