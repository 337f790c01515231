"""A conversation with the copilot over the API, as a program would lead it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.server import Client

ADD_DOUBLE: list[dict[str, Any]] = [
    {"type": "disconnect", "edge": {"source": "sum", "target": "answer"}},
    {"type": "add_block", "block": {"id": "double", "type": "code", "name": "Double", "config": {"code": "return input * 2"}}},
    {"type": "connect", "edge": {"source": "sum", "target": "double"}},
    {"type": "connect", "edge": {"source": "double", "target": "answer"}},
    {"type": "set_field", "block_id": "answer", "path": ["body"], "value": "{{ double.output }}"},
    {"type": "set_block", "block_id": "sum", "name": "Plus one"},
]
"""Three changes of the workflow in conftest, as a person would tell them."""


@dataclass
class Events:
    """What came of one question."""

    all: list[dict[str, Any]]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.all if event["type"] == kind]

    @property
    def text(self) -> str:
        return "".join(event["text"] for event in self.of("content_delta"))

    @property
    def end(self) -> dict[str, Any]:
        [end] = self.of("complete")
        return end

    @property
    def error(self) -> str:
        [error] = self.of("error")
        return str(error["message"])

    @property
    def proposal(self) -> dict[str, Any]:
        found: dict[str, Any] = self.end["proposal"]
        return found


@dataclass
class Talking:
    client: Client
    id: str

    @classmethod
    def begin(cls, client: Client, workflow: str) -> Talking:
        answer = client.post(f"/api/workflows/{workflow}/copilot/sessions")
        assert answer.status_code == 201, answer.text
        return cls(client, str(answer.json()["id"]))

    def say(self, message: str, **about: str) -> Events:
        return streamed(self.client, "POST", f"/api/copilot/sessions/{self.id}/chat", message=message, **about)

    def read(self) -> dict[str, Any]:
        answer = self.client.get(f"/api/copilot/sessions/{self.id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def accept(self, proposal: str, *changes: int) -> httpx.Response:
        body = {"changes": list(changes)} if changes else {}
        return self.client.post(f"/api/copilot/proposals/{proposal}/accept", json=body)

    def reject(self, proposal: str, *changes: int) -> httpx.Response:
        body = {"changes": list(changes)} if changes else {}
        return self.client.post(f"/api/copilot/proposals/{proposal}/reject", json=body)

    def look(self, proposal: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/api/copilot/proposals/{proposal}").json()
        return found


def streamed(client: httpx.Client, method: str, path: str, **body: str) -> Events:
    """All events of an answer."""
    with client.stream(method, path, json=body) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [line.removeprefix("data: ") for line in answer.iter_lines() if line.startswith("data: ")]
    return Events([json.loads(line) for line in lines])
