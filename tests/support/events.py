"""Reading server-sent events as a browser does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Event:
    type: str
    id: int
    data: dict[str, Any]


@contextmanager
def watching(client: httpx.Client, path: str, after: int = 0, method: str = "GET", body: Any = None) -> Iterator[Iterator[Event]]:
    """The events of a stream that is open within the block; `after` is what a browser sends on reconnecting."""
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": str(after)} if after else {})
    with client.stream(method, path, headers=headers, json=body, timeout=15) as answer:
        if answer.status_code >= 400:
            raise AssertionError(f"{answer.status_code}: {answer.read().decode()}")
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield parsed(answer.iter_lines())


def collected(client: httpx.Client, path: str, after: int = 0) -> list[Event]:
    """All events until the server ends the stream."""
    with watching(client, path, after) as events:
        return list(events)


def parsed(lines: Iterable[str]) -> Iterator[Event]:
    """Events out of their lines; comments and retry times are skipped."""
    fields: dict[str, str] = {}
    for line in lines:
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
        elif not line and "data" in fields:
            yield Event(fields["event"], int(fields.get("id", 0)), json.loads(fields["data"]))
            fields = {}
