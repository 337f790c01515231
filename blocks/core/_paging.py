"""Collecting a list that a service hands out in pages: by links, cursors, offsets or page numbers."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import parse_qsl, urljoin, urlsplit

from pydantic import Field

from app.sdk import BlockError, Config, HttpRequest, HttpResponse, Json
from blocks.core._fields import ADVANCED, when

MAX_ITEMS = 50_000
ANY = ["link", "cursor", "offset", "page"]
LINK = re.compile(r'<([^<>]{1,8000})>((?:\s*;\s*[\w*-]+\s*=\s*(?:"[^"]*"|[^",;\s]+))*)')
NEXT = re.compile(r';\s*rel\s*=\s*"?(?:[^";]*\s)?next(?:\s[^";]*)?"?\s*(?:;|$)', re.IGNORECASE)
HEADER = "header:"

Ask = Callable[[HttpRequest], Awaitable[tuple[HttpResponse, Json]]]
"""Sends a request; the answer, and what was read of its body."""


class Paging(Config):
    """How a service hands out a long list."""

    mode: Literal["none", "link", "cursor", "offset", "page"] = Field(
        "none",
        title="Kind",
        description="none takes one answer; link follows the Link header; cursor sends back what the answer names; "
        "offset and page count.",
    )
    items: str = Field(
        "",
        title="List at",
        max_length=500,
        description="Where the list is in the answer, such as data.items. Left empty: the answer itself.",
        json_schema_extra=when(mode=ANY),
    )
    next: str = Field(
        "",
        title="Next cursor at",
        max_length=500,
        description="Where the answer names the next cursor or address, such as meta.next; data.-1.id is the last entry's id; "
        "header:X-Next is a header.",
        json_schema_extra=when(mode=["cursor"]),
    )
    param: str = Field(
        "",
        title="Sent as",
        max_length=200,
        description="The name under which cursor, offset or page number is sent.",
        json_schema_extra=when(mode=["cursor", "offset", "page"]),
    )
    into: Literal["query", "body"] = Field(
        "query",
        title="Sent in",
        description="The query of the address, or the JSON body.",
        json_schema_extra=ADVANCED | when(mode=["cursor", "offset", "page"]),
    )
    more: str = Field(
        "",
        title="More at",
        max_length=500,
        description="Where the answer says whether there is more, such as has_more.",
        json_schema_extra=ADVANCED | when(mode=ANY),
    )
    start: int = Field(
        1,
        title="First page",
        ge=0,
        le=1_000_000,
        description="The number of the first page.",
        json_schema_extra=ADVANCED | when(mode=["page"]),
    )
    size_param: str = Field(
        "",
        title="Size sent as",
        max_length=200,
        description="The name of the page size, such as limit.",
        json_schema_extra=ADVANCED | when(mode=ANY),
    )
    size: int = Field(
        0,
        title="Page size",
        ge=0,
        le=10_000,
        description="Entries on a page; 0 leaves it to the service.",
        json_schema_extra=ADVANCED | when(mode=ANY),
    )
    max_pages: int = Field(
        20,
        title="At most so many pages",
        ge=1,
        le=1_000,
        description="Then it stops.",
        json_schema_extra=ADVANCED | when(mode=ANY),
    )


@dataclass(frozen=True, slots=True)
class Collected:
    """All entries, how many answers they came in, whether there are more, and the last answer."""

    items: list[Json]
    pages: int
    more: bool
    last: HttpResponse


async def collect(ask: Ask, first: HttpRequest, paging: Paging, most: int = 0) -> Collected:
    """Ask page by page until there is no next one, or `most` entries (0: any number) are there."""
    request = _sized(first, paging, most)
    if paging.mode == "page":
        request = with_value(request, paging.into, paging.param, paging.start)
    items: list[Json] = []
    for page in range(1, paging.max_pages + 1):
        response, body = await ask(request)
        found = _entries(body, paging)
        items.extend(found)
        if len(items) > MAX_ITEMS:
            raise BlockError("TOO_MANY_ITEMS", f"more than {MAX_ITEMS:,} entries; ask for fewer pages", retryable=False)
        following = _following(request, paging, response, body, found, page, len(items))
        if following is None or following == request:
            return Collected(items[: most or None], page, bool(most) and len(items) > most, response)
        if most and len(items) >= most:
            return Collected(items[:most], page, True, response)
        request = following
    return Collected(items, paging.max_pages, True, response)


def look(value: Json, path: str) -> Json:
    """What stands at a path with dots, of which `-1` is the last entry of a list; None when there is nothing."""
    for part in path.split(".") if path else ():
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and re.fullmatch(r"-?[0-9]{1,6}", part) and -len(value) <= int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def with_value(request: HttpRequest, into: str, name: str, value: Json) -> HttpRequest:
    """The request with one more value in its query or in its JSON body."""
    if into == "body":
        body = request.json if isinstance(request.json, dict) else {}
        return replace(request, json={**body, name: value})
    return replace(request, params={**request.params, name: str(value)})


def _sized(request: HttpRequest, paging: Paging, most: int) -> HttpRequest:
    if not paging.size_param or not paging.size:
        return request
    size = min(paging.size, most) if most and paging.mode in ("link", "cursor") else paging.size
    return with_value(request, paging.into, paging.size_param, size)


def asked_size(request: HttpRequest, paging: Paging) -> int:
    """How many entries a page was asked to have."""
    asked = request.json.get(paging.size_param) if paging.into == "body" else request.params.get(paging.size_param)
    return int(asked) if isinstance(asked, str | int) and str(asked).isdigit() else paging.size


def _entries(body: Json, paging: Paging) -> Sequence[Json]:
    found = look(body, paging.items)
    if found is None and isinstance(body, dict) and paging.items:
        return ()  # many services leave out an empty list
    if not isinstance(found, list):
        place = f"`{paging.items}` of the answer" if paging.items else "the answer"
        raise BlockError("PAGES_INVALID", f"{place} is no list", details={"field": "paging.items"}, retryable=False)
    return found


def _following(
    request: HttpRequest, paging: Paging, response: HttpResponse, body: Json, found: Sequence[Json], page: int, total: int
) -> HttpRequest | None:
    """The request for the next page, or None after the last one."""
    if paging.more and look(body, paging.more) is not True:
        return None
    match paging.mode:
        case "link":
            address = next_link(response.headers.get("link", ""))
            return None if address is None else _at(request, address)
        case "cursor":
            if not paging.more and "-1." in f".{paging.next}" and paging.size and len(found) < asked_size(request, paging):
                return None  # the last entry is always there, so only a short page tells the end
            return _by_cursor(request, paging, response.headers, body)
        case "page" | "offset":
            if not found or (paging.size and len(found) < paging.size and not paging.more):
                return None
            number = paging.start + page if paging.mode == "page" else total
            return with_value(request, paging.into, paging.param, number)
    return None


def _by_cursor(request: HttpRequest, paging: Paging, headers: Mapping[str, str], body: Json) -> HttpRequest | None:
    if paging.next.startswith(HEADER):
        cursor: Json = headers.get(paging.next.removeprefix(HEADER).lower())
    else:
        cursor = look(body, paging.next)
    if isinstance(cursor, bool) or not isinstance(cursor, str | int) or cursor in ("", 0):
        return None
    if isinstance(cursor, str) and (cursor.startswith(("https://", "http://")) or (cursor.startswith("/") and "?" in cursor)):
        return _at(request, cursor)
    return with_value(request, paging.into, paging.param, cursor)


def next_link(header: str) -> str | None:
    """The address of the next page in a Link header (RFC 8288)."""
    return next((found[1] for found in LINK.finditer(header[:50_000]) if NEXT.search(found[2])), None)


def _at(request: HttpRequest, address: str) -> HttpRequest:
    """The request at the address that an answer names: never at another origin, because it may bear a credential.

    Where the place of a request is fixed by a preset, only the query of the address counts.
    """
    if request.signings or request.server is not None:
        return replace(request, params={**request.params, **dict(parse_qsl(urlsplit(address).query))})
    whole = urljoin(request.url, address)
    one, other = urlsplit(request.url), urlsplit(whole)
    if (one.scheme.lower(), one.netloc.lower()) != (other.scheme.lower(), other.netloc.lower()):
        raise BlockError("PAGES_ELSEWHERE", "The next page is said to be at another host, which is not followed", retryable=False)
    return replace(request, url=whole, params={})
