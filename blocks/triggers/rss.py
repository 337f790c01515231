"""Starts the workflow for every new entry of a feed: RSS, Atom or JSON Feed.

Look at one feed or at several. The entries that are there when the workflow is deployed are known already and start nothing,
unless you say that they should. Each new entry starts one execution with the entry as its input, also when the server was
down meanwhile. A feed that has not changed costs next to nothing, because servers are asked for changes only.
"""

from __future__ import annotations

import base64
import hashlib

from pydantic import Field, field_validator

from app.sdk import Block, BlockError, CredentialName, Example, HttpRequest, Json, WatchContext, WatchItem, work
from blocks.core._fields import ADVANCED
from blocks.net._answers import check
from blocks.triggers._watching import PollConfig, pass_on

ACCEPTED = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.8"
MAX_BYTES = 5_000_000
MAX_ENTRIES = 500
NOT_MODIFIED = 304
LONGEST_TAG = 500


class RssTriggerConfig(PollConfig):
    """Configuration of the trigger."""

    urls: list[str] = Field(
        title="Addresses",
        min_length=1,
        max_length=20,
        description="Of the feeds.",
        json_schema_extra={"initial": [""]},
    )
    include_existing: bool = Field(
        False, title="Also what is there already", description="The entries that are there at the beginning start executions too."
    )
    interval_seconds: int = Field(300, title="Look every", ge=1, le=86_400, description="Seconds from one look to the next.")
    credential: CredentialName = Field("", title="Credential", description="When a login is needed.", json_schema_extra=ADVANCED)

    @field_validator("urls")
    @classmethod
    def _are_addresses(cls, urls: list[str]) -> list[str]:
        if not all(url.strip() for url in urls):
            raise ValueError("an address is needed")
        if any(not url.startswith(("http://", "https://")) or len(url) > 8_000 for url in urls):
            raise ValueError("an address begins with https://")
        return urls


async def watch(context: WatchContext, config: RssTriggerConfig) -> float:
    failures: list[BlockError] = []
    for url in dict.fromkeys(config.urls):
        try:
            await _look(context, config, url)
        except BlockError as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return config.interval_seconds


async def _look(context: WatchContext, config: RssTriggerConfig, url: str) -> None:
    place = hashlib.sha256(url.encode()).hexdigest()[:16]
    seen = (context.cursor or {}).get(place)
    tags = seen["tags"] if seen else {}
    request = HttpRequest("GET", url, headers={"Accept": ACCEPTED, **tags}, timeout=30, credential=config.credential)
    response = await context.http.send(request)
    if response.status_code == NOT_MODIFIED:
        return
    check("GET", url, response)
    if len(response.content) > MAX_BYTES:
        raise BlockError("RESPONSE_TOO_LARGE", f"the feed has more than {MAX_BYTES:,} bytes", retryable=False)
    content, kind = base64.b64encode(response.content).decode(), response.headers.get("content-type", "")
    found = await work("blocks.net._feed_work:read", content, kind, MAX_ENTRIES)
    sent = {"If-None-Match": response.headers.get("etag"), "If-Modified-Since": response.headers.get("last-modified")}
    known = {name: tag for name, tag in sent.items() if tag and len(tag) < LONGEST_TAG}
    entries = {_key(place, entry): entry for entry in reversed(found["entries"])}
    before = set(seen["known"]) if seen else set()
    cursor = {**(context.cursor or {}), place: {"tags": known, "known": list(entries)}}
    if seen is None and not config.include_existing:
        await context.accept([], cursor)
        return
    items = [WatchItem(key, {"feed": found["feed"], **entry}) for key, entry in entries.items() if key not in before]
    await context.accept(items, cursor)


def _key(place: str, entry: dict[str, Json]) -> str:
    """What tells an entry from the others: its own id, else where it leads to, else what it says."""
    named = entry.get("id") or entry.get("link") or f"{entry.get('title')}\n{entry.get('published')}"
    return f"{place}:{hashlib.sha256(str(named).encode()).hexdigest()[:32]}"


BLOCK = Block(
    type="trigger.rss",
    title="When a feed has news",
    category="Start",
    icon="rss",
    description="Starts for every new entry of an RSS, Atom or JSON feed.",
    config=RssTriggerConfig,
    execute=pass_on,
    watch=watch,
    inputs=(),
    trigger=True,
    needs=frozenset({"http"}),
    output_schema={
        "type": "object",
        "properties": {
            "feed": {
                "type": "object",
                "properties": {"title": {"type": ["string", "null"]}, "link": {"type": ["string", "null"]}},
            },
            "id": {"type": "string"},
            "title": {"type": ["string", "null"]},
            "link": {"type": ["string", "null"]},
            "summary": {"type": ["string", "null"]},
            "content": {"type": ["string", "null"]},
            "author": {"type": ["string", "null"]},
            "published": {"type": ["string", "null"]},
            "updated": {"type": ["string", "null"]},
            "categories": {"type": "array", "items": {"type": "string"}},
            "files": {"type": "array", "description": "What is attached: address, type and size of each."},
        },
        "required": ["title", "link"],
    },
    examples=(
        Example(
            "A new article",
            {"urls": ["https://example.com/feed.xml"], "interval_seconds": 300},
            input={"feed": {"title": "Example"}, "id": "1", "title": "Hello", "link": "https://example.com/1"},
            output={"feed": {"title": "Example"}, "id": "1", "title": "Hello", "link": "https://example.com/1"},
        ),
        Example(
            "Two feeds, with all that is there",
            {"urls": ["https://example.com/a.xml", "https://example.com/b.json"], "include_existing": True},
            input={"feed": {"title": "B"}, "id": "7", "title": "Older", "link": "https://example.com/7"},
            output={"feed": {"title": "B"}, "id": "7", "title": "Older", "link": "https://example.com/7"},
        ),
    ),
)
