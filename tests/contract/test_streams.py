"""Streams that never end are as the OpenAPI description says: their content type, each event, each frame (contract.md C21)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import jsonschema_rs
import pytest

from tests.support.conformance import closed
from tests.support.events import parsed
from tests.support.graphs import block
from tests.support.server import Client, ServerProcess
from tests.support.sockets import cookies, opened, until

CHAIN = (block("start", "starter"), block("end", "code", {"code": "output = 1"}))


@pytest.fixture(scope="module")
def description(server: ServerProcess) -> Any:
    return httpx.get(f"{server.url}/api/openapi.json").json()


def fits(description: Any, schema: Any, value: Any) -> None:
    """Fields that the description does not name are noticed, too."""
    components = {"schemas": {name: closed(one) for name, one in description["components"]["schemas"].items()}}
    jsonschema_rs.Draft202012Validator({**closed(schema), "components": components}).validate(value)


class Described:
    """The events of a stream, each compared with the description."""

    def __init__(self, description: Any, path: str) -> None:
        self._description = description
        self.event = description["paths"][path]["get"]["responses"]["200"]["content"]["text/event-stream"]["schema"]
        self.kinds = {one["properties"]["type"].get("const"): one for one in self.data["oneOf"]}

    @property
    def data(self) -> Any:
        return self.event["properties"]["data"]["contentSchema"]

    @contextmanager
    def watching(self, client: Client, address: str) -> Iterator[Iterator[tuple[str, Any]]]:
        with client.stream("GET", address, timeout=15) as answer:
            assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/event-stream")
            yield (self._checked(event.type, event.data) for event in parsed(answer.iter_lines()))

    def _checked(self, kind: str, data: Any) -> tuple[str, Any]:
        event = {"event": kind, "data": json.dumps(data)}
        fits(self._description, self.event, event)
        about = {**self.data, "oneOf": [self.kinds.get(kind) or self.kinds[None]]}
        fits(self._description, {name: value for name, value in about.items() if name == "oneOf"}, data)
        return kind, data


def test_the_workspaces_news_are_as_described(client: Client, description: Any) -> None:
    described = Described(description, "/api/events")
    with described.watching(client, "/api/events") as news:
        client.post("/api/events", json={"name": "stream.tested", "payload": {"n": 1}})
        told = next(data for kind, data in news if kind == "event" and data["type"] == "stream.tested")
    assert told["data"] == {"n": 1}


def test_the_need_of_an_approval_and_its_decision_are_as_described(client: Client, description: Any) -> None:
    gate = block("gate", "flow.gate", {"title": "Shall it go on?"})
    workflow = client.new(block("start", "starter"), gate, edges=["start>gate"])
    with Described(description, "/api/events").watching(client, "/api/events") as news:
        client.post(f"/api/v1/flows/{workflow}/runs", json={})
        needed = next(data for kind, data in news if kind == "approval.needed" and data["workflow_id"] == workflow)
        client.post(f"/api/v1/approvals/{needed['approval_id']}/approve", json={})
        decided = next(data for kind, data in news if kind == "approval.decided" and data["workflow_id"] == workflow)
    assert (needed["title"], decided["decision"]) == ("Shall it go on?", "approved")


def test_what_happens_to_a_workflow_is_as_described(client: Client, description: Any) -> None:
    workflow = client.new(*CHAIN, edges=["start>end"])
    described = Described(description, "/api/workflows/{workflow}/events")
    with described.watching(client, f"/api/workflows/{workflow}/events?client=tester") as news:
        assert next(news)[0] == "presence"
        client.put(f"/api/workflows/{workflow}", json={"description": "Changed"})
        client.put(f"/api/workflows/{workflow}/graph", json={"blocks": list(CHAIN), "edges": []})
        client.execute(workflow)
        kinds = []
        while "execution_finished" not in kinds:
            kinds.append(next(news)[0])
    assert {"workflow_changed", "graph.changed", "execution_started", "execution_finished"} <= {*kinds}


def test_the_events_of_an_execution_are_as_described(client: Client, description: Any) -> None:
    execution = client.execute(client.new(*CHAIN, edges=["start>end"]))["execution_id"]
    described = Described(description, "/api/executions/{execution}/events")
    with described.watching(client, f"/api/executions/{execution}/events") as events:
        kinds = [kind for kind, _ in events]
    assert (kinds[0], kinds[-1], "step_finished" in kinds) == ("execution_started", "execution_finished", True)


def test_an_event_that_is_not_described_is_noticed(description: Any) -> None:
    described = Described(description, "/api/executions/{execution}/events")
    skipped = {"type": "steps_skipped", "seq": 3, "execution_id": "e", "block_ids": []}
    assert described._checked("steps_skipped", skipped)[0] == "steps_skipped"
    for kind, data in (("steps_forgotten", skipped), ("steps_skipped", skipped | {"why": "no"}), ("steps_skipped", {"seq": 3})):
        with pytest.raises((jsonschema_rs.ValidationError, KeyError)):
            described._checked(kind, data)


def test_the_stream_of_mcp_is_open_and_tells_nothing_by_itself(client: Client, description: Any) -> None:
    assert "text/event-stream" in description["paths"]["/api/mcp"]["get"]["responses"]["200"]["content"]
    headers = {"Accept": "text/event-stream", "MCP-Protocol-Version": "2025-06-18"}
    with client.stream("GET", "/api/mcp", headers=headers, timeout=15) as answer:
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/event-stream")


@pytest.mark.parametrize(
    ("path", "query", "last"),
    [("/api/ws", "", {"type": "play:completed"}), ("/api/monitor", "?token=let-me-see", {"type": "execution_completed"})],
)
def test_the_frames_of_a_socket_are_as_described(
    open_server: ServerProcess, description: Any, path: str, query: str, last: dict[str, str]
) -> None:
    client = Client(open_server.url)
    workflow = client.new(*CHAIN, edges=["start>end"])
    with opened(open_server.url, path + query, cookies(client)) as socket:
        client.execute(workflow)
        frames = until(socket, **last)
    schema = description["paths"][path]["get"]["responses"]["101"]["content"]["application/json"]["schema"]
    assert len(frames) > 3
    for frame in frames:
        fits(description, schema, frame)
