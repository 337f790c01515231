"""What a message of a broker says, as data."""

from __future__ import annotations

import json

from app.sdk import File, Json

LISTEN_SECONDS = 300.0
"""After so long a connection is made anew, with credentials as they are then."""
TEXTS = ("", "text/plain", "application/json")


def payload(content: bytes, media_type: str = "") -> Json:
    """JSON as data, another text as it is, anything else as a file."""
    kind = media_type.partition(";")[0].strip().lower()
    if kind in TEXTS or kind.startswith("text/") or kind.endswith("+json"):
        try:
            text = content.decode()
        except UnicodeDecodeError:
            return File("message.bin", kind or "application/octet-stream", content).value()
        if kind == "text/plain":
            return text
        try:
            return json.loads(text, parse_constant=_refuse)
        except (ValueError, RecursionError):
            return text
    return File("message.bin", kind, content).value()


def _refuse(name: str) -> Json:
    raise ValueError(name)
