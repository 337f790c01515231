"""Pure: a webhook's body as the variables of an execution, decided by its real content type (contract.md C20)."""

from __future__ import annotations

import asyncio
import base64
from email.message import Message
from io import BytesIO
from urllib.parse import parse_qsl

from multipart import MultipartError, MultipartParser

from app.engine.values import NotJson, decode
from app.sdk import Json
from app.services.errors import ServiceError, invalid

LARGE = 100_000
MAX_FIELDS = 1_000


async def read_body(content_type: str, body: bytes) -> dict[str, Json]:
    """The variables in a body; a large one is read in a thread. Raises ServiceError 400 or 415."""
    return await asyncio.to_thread(parse_body, content_type, body) if len(body) > LARGE else parse_body(content_type, body)


def parse_body(content_type: str, body: bytes) -> dict[str, Json]:
    """A JSON object is the variables; everything else becomes `{"body": ...}`, forms by their fields."""
    if not body:
        return {}
    header = Message()
    header["content-type"] = content_type or "application/octet-stream"
    kind = header.get_content_type()
    if kind == "application/json" or kind.endswith("+json"):
        return _json(body)
    if kind == "application/x-www-form-urlencoded":
        return _form(_text(body, "utf-8"))
    if kind == "multipart/form-data":
        return _multipart(body, str(header.get_param("boundary") or ""))
    if kind.startswith("text/") or kind.endswith("xml"):
        return {"body": _text(body, header.get_content_charset("utf-8"))}
    if not content_type:
        return _without_type(body)
    return {"body": {"content_type": kind, "base64": base64.b64encode(body).decode()}}


def _json(body: bytes) -> dict[str, Json]:
    try:
        value = decode(body)
    except NotJson as error:
        raise invalid(f"The body: {error}.") from None
    return value if isinstance(value, dict) else {"body": value}


def _without_type(body: bytes) -> dict[str, Json]:
    """A caller that names no type: JSON if it is JSON, else text."""
    try:
        return _json(body)
    except ServiceError:
        return {"body": _text(body, "utf-8")}


def _text(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset)
    except (LookupError, UnicodeDecodeError):
        raise invalid(f"The body is not text in {charset[:40]}.") from None


def _form(text: str) -> dict[str, Json]:
    """Fields by name; a name that comes several times is a list."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise invalid(f"The form has more than {MAX_FIELDS} fields.") from None
    return _by_name(pairs)


def _multipart(body: bytes, boundary: str) -> dict[str, Json]:
    pairs: list[tuple[str, Json]] = []
    try:
        for part in MultipartParser(BytesIO(body), boundary, part_limit=MAX_FIELDS):
            if part.filename is None:
                pairs.append((part.name, part.value))
            else:
                content = base64.b64encode(part.raw).decode()
                pairs.append(
                    (
                        part.name,
                        {"filename": part.filename, "content_type": part.content_type, "size": part.size, "base64": content},
                    )
                )
    except (MultipartError, UnicodeDecodeError, ValueError) as error:
        raise invalid(f"The multipart body cannot be read: {type(error).__name__}.") from None
    return _by_name(pairs)


def _by_name(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    fields: dict[str, Json] = {}
    for name, value in pairs:
        if name not in fields:
            fields[name] = value
        elif isinstance(fields[name], list):
            fields[name].append(value)
        else:
            fields[name] = [fields[name], value]
    return fields
