"""Reading what comes back from an address."""

from __future__ import annotations

import base64
import json

from app.sdk import BlockError, HttpResponse, Json
from blocks.core._downloads import downloaded


def read_body(response: HttpResponse, response_type: str) -> Json:
    """The body as the configuration asks for it. BlockError NOT_JSON when JSON was asked for and is not there."""
    if response_type == "file":
        return downloaded(response.headers, response.content).value()
    if response_type == "text":
        return response.text
    if response_type == "bytes":
        return base64.b64encode(response.content).decode()
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if response_type == "json" or media_type == "application/json" or media_type.endswith("+json"):
        try:
            return json.loads(response.text, parse_constant=_refuse_constant) if response.content else None
        except (ValueError, RecursionError):
            if response_type == "json":
                raise BlockError("NOT_JSON", "The answer is not JSON, and `response_type` asks for JSON") from None
            return response.text
    if not response.content:
        return None
    return response.text if _is_text(media_type, response.content) else base64.b64encode(response.content).decode()


def _is_text(media_type: str, content: bytes) -> bool:
    if media_type.startswith("text/") or media_type.endswith("xml"):
        return True
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return b"\x00" not in content


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")
