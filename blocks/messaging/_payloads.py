"""What a message carries: a text as it is, a file's bytes, and anything else as JSON."""

from __future__ import annotations

import json

from pydantic import Field

from app.sdk import AnyJson, BlockError, Config, CredentialName, File, Json, is_file
from blocks.core._fields import ADVANCED

MAX_BYTES = 16_000_000


class MessageConfig(Config):
    """Configuration of a block that gives a message to a broker."""

    credential: CredentialName = Field(
        min_length=1,
        title="Credential",
        description="The address of the broker, with user and password.",
        json_schema_extra={"initial": ""},
    )
    payload: AnyJson = Field(
        None, title="Message", description="A text, a file, or anything else as JSON. Left empty: the input."
    )
    timeout_ms: int = Field(15_000, title="Timeout", ge=100, le=120_000, description="Milliseconds.", json_schema_extra=ADVANCED)

    @property
    def seconds(self) -> float:
        return self.timeout_ms / 1000

    def given(self, value: Json) -> Json:
        """What to send, given the block's input."""
        return value if self.payload is None else self.payload


def content(given: Json) -> tuple[bytes, str]:
    """The bytes of a message and their media type. BlockError MESSAGE_TOO_LARGE."""
    if is_file(given):
        file = File.of(given, "payload")
        encoded, media_type = file.content, file.media_type
    elif isinstance(given, str):
        encoded, media_type = given.encode(errors="replace"), "text/plain"
    else:
        encoded, media_type = json.dumps(given, ensure_ascii=False).encode(errors="replace"), "application/json"
    if len(encoded) > MAX_BYTES:
        raise BlockError("MESSAGE_TOO_LARGE", f"field `payload`: more than {MAX_BYTES:,} bytes", retryable=False)
    return encoded, media_type
