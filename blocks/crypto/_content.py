"""The bytes that a block of this kind works on."""

from __future__ import annotations

import base64
import json
import re
from typing import Literal

from pydantic import Field

from app.sdk import AnyJson, BlockError, Config, File, Json, is_file

PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\s]+)-----END \1-----")
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


def pem(text: str) -> str:
    """A key in PEM with its line ends, which a form of one line or a settings file may have changed."""
    found = PEM.search(text.replace("\\n", "\n"))
    if found is None:
        return text
    body = "".join(found[2].split())
    lines = "\n".join(body[start : start + 64] for start in range(0, len(body), 64))
    return f"-----BEGIN {found[1]}-----\n{lines}\n-----END {found[1]}-----\n"


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
