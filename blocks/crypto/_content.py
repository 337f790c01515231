"""The bytes that a block of this kind works on."""

from __future__ import annotations

import base64
import json
from typing import Literal

from pydantic import Field

from app.sdk import AnyJson, BlockError, Config, File, Json, is_file

Encoding = Literal["hex", "base64", "base64url"]
ENCODING_HELP = "How bytes are written as text."


class ContentConfig(Config):
    """A block that works on a text, a file or data."""

    source: AnyJson = Field(
        None,
        title="Content",
        description="A text or a file; data is taken as compact JSON. Left out, it is the input of the block.",
    )

    def content(self, value: Json) -> bytes:
        """The bytes, given the block's input."""
        data = self.source if "source" in self.model_fields_set else value
        if isinstance(data, str) or is_file(data):
            return File.of(data, "source").content
        return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def encoded(content: bytes, encoding: Encoding) -> str:
    """Bytes as text."""
    if encoding == "hex":
        return content.hex()
    if encoding == "base64":
        return base64.b64encode(content).decode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def from_base64(text: str, place: str) -> bytes:
    """The bytes of a text in either alphabet, with or without the signs at the end. BlockError names `place`."""
    bare = "".join(text.split()).translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except ValueError:
        raise BlockError("NOT_BASE64", f"field `{place}`: this is not base64", retryable=False) from None
