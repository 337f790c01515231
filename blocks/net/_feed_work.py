"""Reading feeds in a worker process: RSS, Atom and RDF, also those that are not quite right; and JSON Feed."""

from __future__ import annotations

import base64
import io
import json
import time
from datetime import UTC, datetime
from typing import Any

import feedparser

from app.sdk import BlockError, Json

MAX_ENTRIES = 1_000
NO_FEED = ("NOT_A_FEED", "the answer is no feed (RSS, Atom or JSON Feed)")


def read(content: str, content_type: str, limit: int) -> Json:
    """`{"feed": {...}, "entries": [...]}`; the content comes as base64."""
    raw = base64.b64decode(content)
    if not raw.strip():
        raise BlockError(*NO_FEED)
    if raw.lstrip()[:1] == b"{":
        return _json_feed(raw, limit)
    stream = io.BytesIO(raw)  # never the bytes themselves: the library would open what looks like a path or an address
    found = feedparser.parse(stream, response_headers={"content-type": content_type} if content_type else {}, sanitize_html=True)
    if not found.version and not found.entries:
        raise BlockError(*NO_FEED)
    about = found.feed
    return {
        "feed": {"title": about.get("title"), "link": about.get("link"), "description": about.get("subtitle")},
        "entries": [_entry(entry) for entry in found.entries[: min(limit, MAX_ENTRIES)]],
    }


def _entry(entry: dict[str, Any]) -> dict[str, Json]:
    contents = entry.get("content") or []
    return {
        "id": entry.get("id") or entry.get("link") or entry.get("title"),
        "title": entry.get("title"),
        "link": entry.get("link"),
        "summary": entry.get("summary"),
        "content": contents[0].get("value") if contents else None,
        "author": entry.get("author"),
        "published": _time(entry.get("published_parsed")),
        "updated": _time(dict.get(entry, "updated_parsed")),  # the entry's own look-up would answer when it was published
        "categories": [tag["term"] for tag in entry.get("tags") or [] if tag.get("term")],
        "files": [
            {"url": file.get("href"), "media_type": file.get("type"), "size": _number(file.get("length"))}
            for file in entry.get("enclosures") or []
        ],
    }


def _time(moment: time.struct_time | None) -> str | None:
    return datetime(*moment[:6], tzinfo=UTC).isoformat() if moment else None


def _number(text: Any) -> int | None:
    return int(text) if isinstance(text, int) or (isinstance(text, str) and text.isascii() and text.isdigit()) else None


def _json_feed(raw: bytes, limit: int) -> dict[str, Json]:
    try:
        feed = json.loads(raw)
        items = feed["items"]
        if not str(feed["version"]).startswith("https://jsonfeed.org/"):
            raise ValueError
        entries = [_json_entry(item) for item in items[: min(limit, MAX_ENTRIES)]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BlockError(*NO_FEED) from None
    about = {"title": feed.get("title"), "link": feed.get("home_page_url"), "description": feed.get("description")}
    return {"feed": about, "entries": entries}


def _json_entry(item: dict[str, Json]) -> dict[str, Json]:
    authors = item.get("authors") or []
    return {
        "id": item.get("id") or item.get("url"),
        "title": item.get("title"),
        "link": item.get("url"),
        "summary": item.get("summary"),
        "content": item.get("content_html") or item.get("content_text"),
        "author": authors[0].get("name") if authors else None,
        "published": item.get("date_published"),
        "updated": item.get("date_modified"),
        "categories": list(item.get("tags") or []),
        "files": [
            {"url": file.get("url"), "media_type": file.get("mime_type"), "size": file.get("size_in_bytes")}
            for file in item.get("attachments") or []
        ],
    }
