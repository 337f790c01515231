"""Files as values: how bytes travel from block to block as JSON, the same as an uploaded file arrives from a form."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from app.sdk.answers import BlockError
from app.sdk.config import Json

TEXT_TYPE = "text/plain; charset=utf-8"
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class File:
    """Some bytes with a name and a media type. As a value: `{"filename", "content_type", "size", "base64"}`."""

    name: str
    media_type: str
    content: bytes

    def value(self) -> dict[str, Json]:
        """The file as JSON."""
        encoded = base64.b64encode(self.content).decode()
        return {"filename": self.name, "content_type": self.media_type, "size": len(self.content), "base64": encoded}

    @classmethod
    def of(cls, value: Json, place: str) -> File:
        """The file that a value stands for; a text is a file in UTF-8. BlockError FILE_INVALID names `place`."""
        if isinstance(value, str):
            return cls("text.txt", TEXT_TYPE, value.encode(errors="replace"))
        if not is_file(value):
            raise BlockError("FILE_INVALID", f"field `{place}`: must be a file or a text", retryable=False)
        try:
            content = base64.b64decode(value["base64"], validate=True)
        except (binascii.Error, ValueError):
            raise BlockError("FILE_INVALID", f"field `{place}`: the content is not base64", retryable=False) from None
        name, media_type = value.get("filename"), value.get("content_type")
        return cls(
            name[:LONGEST_NAME] if isinstance(name, str) and name else "file",
            media_type if isinstance(media_type, str) and media_type else "application/octet-stream",
            content,
        )

    def text(self, place: str, encoding: str = "utf-8") -> str:
        """The content as text, without a byte order mark. BlockError FILE_INVALID names `place`."""
        try:
            return self.content.decode("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding)
        except (LookupError, UnicodeDecodeError):
            message = f"field `{place}`: the content is not text in {encoding[:40]}"
            raise BlockError("FILE_INVALID", message, retryable=False) from None


def is_file(value: Json) -> bool:
    """Whether a value has the form of a file."""
    return isinstance(value, dict) and isinstance(value.get("base64"), str)


FILE_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "filename": {"type": "string", "description": "The file's name."},
        "content_type": {"type": "string", "description": "Its media type, for example text/csv."},
        "size": {"type": "integer", "description": "Bytes."},
        "base64": {"type": "string", "description": "The content."},
    },
    "required": ["filename", "content_type", "size", "base64"],
}
"""The JSON Schema of a file."""
