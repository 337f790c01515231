"""Reading requests: JSON with limits, paging, If-Match."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from litestar import Request

from app.engine.values import NotJson, decode
from app.sdk import Json
from app.services.errors import ServiceError, invalid, not_found
from app.services.pages import Paging

LARGE = 200_000


async def read_json(request: Request[Any, Any, Any], *, empty: Json = None) -> Json:
    """The JSON body; `empty` when there is none. Raises 415 for another content type, 400 for malformed JSON."""
    body = await request.body()
    if not body:
        return empty
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise ServiceError("UNSUPPORTED_MEDIA_TYPE", "Send the body as `Content-Type: application/json`.", 415)
    try:
        return await asyncio.to_thread(decode, body) if len(body) > LARGE else decode(body)
    except NotJson as error:
        raise invalid(f"The request body: {error}.") from None


async def read_object(request: Request[Any, Any, Any], *known: str) -> dict[str, Json]:
    """A JSON object with no other fields than `known` (any, when none are named). Raises 400 naming the field."""
    body = await read_json(request, empty={})
    if not isinstance(body, dict):
        raise invalid("The request body must be a JSON object.")
    for field in body:
        if known and field not in known:
            raise invalid(f"Unknown field `{field[:100]}`.", [{"field": field[:100], "message": "is not a known field"}])
    return body


def text_field(body: dict[str, Json], name: str, default: str | None = None) -> str:
    """A text of the body. Raises 400 when it is missing without a default, or not text."""
    value = body.get(name, default)
    if not isinstance(value, str):
        raise invalid(f"`{name}` must be a text.", [{"field": name, "message": "must be a text"}])
    return value


def flag_field(body: dict[str, Json], name: str) -> bool | None:
    """A truth value of the body, None where it is missing. Raises 400 for anything else."""
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise invalid(f"`{name}` must be true or false.", [{"field": name, "message": "must be true or false"}])
    return value


def read_paging(request: Request[Any, Any, Any], *, goes_on: bool = False) -> Paging:
    """`page`, `size`, `q`, `sort`, `order` and, of a list that `goes_on` after a place, `after` from the address. Raises 400."""
    query = request.query_params
    return Paging(
        _whole(query.get("page", "0"), "page"),
        _whole(query.get("size", "25"), "size"),
        query.get("q", ""),
        query.get("sort", ""),
        query.get("order", ""),
        query.get("after", "") if goes_on else "",
    )


def _whole(text: str, name: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise invalid(f"`{name}` must be a whole number.", [{"field": name, "message": "must be a whole number"}])
    return int(text)


def read_if_match(request: Request[Any, Any, Any]) -> int | None:
    """The revision that a write is based on, or None for any. Raises 400."""
    text = request.headers.get("if-match", "").strip()
    if text in ("", "*"):
        return None
    text = text.removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise invalid("`If-Match` must be a revision number.", [{"field": "If-Match", "message": "must be a revision number"}])
    return int(text)


def revision_number(text: str) -> int:
    """A revision in an address. Raises 404 for what is no number."""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise not_found("revision", text)
    return int(text)
