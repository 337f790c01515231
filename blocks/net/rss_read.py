"""Reads a feed: the news of a site as RSS, Atom or JSON Feed.

You get what the feed says about itself, and its entries, the newest usually first: title, link, time, summary, author and
files such as the recording of a podcast. Scripts are taken out of summaries and contents.

To handle each entry only once, connect Remove duplicates behind it: its list is `{{ input.entries }}`, its field `id`, and
its memory that of the block. A feed that has not changed since the last time costs the other side next to nothing.
"""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import urlsplit

from pydantic import Field

from app.sdk import Block, BlockError, Config, Context, CredentialName, Example, HttpRequest, Json, Output, work
from blocks.core._fields import ADVANCED
from blocks.net._answers import check

NAMESPACE = "rss.read"
REMEMBERED_SECONDS = 30 * 86_400.0
LONGEST_TAG = 500
MAX_BYTES = 5_000_000
NOT_MODIFIED = 304
ACCEPTED = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.8"


class RssReadConfig(Config):
    """Configuration of the feed."""

    url: str = Field(
        title="Address",
        min_length=1,
        max_length=8_000,
        description="Of the feed.",
        json_schema_extra={"initial": "", "placeholder": "https://example.com/feed.xml"},
    )
    limit: int = Field(50, title="At most", ge=1, le=1_000, description="How many entries.")
    only_changes: bool = Field(
        False,
        title="Only when it has changed",
        description="Asks whether the feed has changed since the last time; if not, there are no entries.",
    )
    credential: CredentialName = Field("", title="Credential", description="When a login is needed.", json_schema_extra=ADVANCED)
    timeout_ms: int = Field(
        20_000, title="Timeout", ge=100, le=120_000, description="Milliseconds to wait.", json_schema_extra=ADVANCED
    )


async def execute(context: Context, config: RssReadConfig, value: Json) -> Output:
    key = hashlib.sha256(f"{config.url}\n{context.names()['workflow']['id']}\n{context.block_id}".encode()).hexdigest()
    known = await context.state.get(NAMESPACE, key) if config.only_changes else None
    request = HttpRequest(
        "GET",
        config.url,
        headers={"Accept": ACCEPTED, **(known or {})},
        timeout=config.timeout_ms / 1000,
        credential=config.credential,
    )
    response = await context.http.send(request)
    if response.status_code == NOT_MODIFIED:
        return Output({"feed": {"title": None, "link": None, "description": None}, "entries": [], "changed": False})
    check("GET", config.url, response)
    if len(response.content) > MAX_BYTES:
        raise BlockError("RESPONSE_TOO_LARGE", f"the feed has more than {MAX_BYTES:,} bytes", retryable=False)
    media_type = response.headers.get("content-type", "")
    found = await work("blocks.net._feed_work:read", base64.b64encode(response.content).decode(), media_type, config.limit)
    if config.only_changes and context.mode != "simulation":
        tags = {"If-None-Match": response.headers.get("etag"), "If-Modified-Since": response.headers.get("last-modified")}
        kept = {name: tag for name, tag in tags.items() if tag and len(tag) < LONGEST_TAG}
        await context.state.set(NAMESPACE, key, kept, REMEMBERED_SECONDS)
    context.log(f"{urlsplit(config.url).hostname}: {len(found['entries'])} entries")
    return Output({**found, "changed": True})


BLOCK = Block(
    type="rss.read",
    title="Read a feed",
    category="Connect",
    icon="rss",
    description="Reads the entries of an RSS, Atom or JSON feed.",
    config=RssReadConfig,
    execute=execute,
    effect="read",
    needs=frozenset({"http", "state"}),
    timeout_ms=130_000,
    output_schema={
        "type": "object",
        "properties": {
            "feed": {
                "type": "object",
                "properties": {
                    "title": {"type": ["string", "null"]},
                    "link": {"type": ["string", "null"]},
                    "description": {"type": ["string", "null"]},
                },
            },
            "entries": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
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
                },
            },
            "changed": {"type": "boolean", "description": "False when nothing is new since the last time."},
        },
        "required": ["feed", "entries", "changed"],
    },
    examples=(
        Example(
            "The news of a site",
            {"url": "https://example.com/feed.xml", "limit": 1},
            output={
                "feed": {"title": "Example news", "link": "https://example.com", "description": None},
                "entries": [
                    {"id": "1", "title": "Hello", "link": "https://example.com/1", "published": "2026-06-01T12:00:00+00:00"}
                ],
                "changed": True,
            },
            runnable=False,
        ),
    ),
)
