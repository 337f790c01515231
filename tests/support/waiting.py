"""Workflows that wait for somebody, and what they wait for."""

from __future__ import annotations

import time
from typing import Any

from app.sdk import Json
from tests.support.graphs import block
from tests.support.server import Client


def gate(id: str = "gate", **config: Json) -> dict[str, Json]:
    return block(id, "flow.gate", {"title": "Order 7", **config})


def start(client: Client, *blocks: dict[str, Any], **variables: Any) -> str:
    """A new execution of `start > first > second > ...`, once it waits; its id. After a gate comes what was approved."""
    chain = [block("start", "starter"), *blocks]
    handles = [f"{one['id']}:approved" if one["type"] == "flow.gate" else one["id"] for one in chain]
    edges = [f"{handle}>{following['id']}" for handle, following in zip(handles, blocks, strict=False)]
    workflow = client.new(*chain, edges=edges)
    accepted = client.post(f"/api/workflows/{workflow}/execute", json={"variables": variables, "wait": False})
    assert accepted.status_code == 202, accepted.text
    execution_id = str(accepted.json()["execution_id"])
    client.wait_for(execution_id, "waiting")
    return execution_id


def approvals_of(client: Client, execution_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/api/executions/{execution_id}").json()["approvals"]
    return found


def approval_of(client: Client, execution_id: str) -> str:
    """The id of the one approval that an execution waits for."""
    (found,) = approvals_of(client, execution_id)
    return str(found["id"])


def resume_urls(client: Client, execution_id: str) -> dict[tuple[str, str], str]:
    """The addresses by which an execution's waiting steps go on, by block id and iteration."""
    nodes = client.get(f"/api/executions/{execution_id}/trace").json()["nodes"]
    return {(node["node_id"], node["iteration"]): node["resume_url"] for node in nodes if node["resume_url"]}


def next_approval(client: Client, execution_id: str, after: str, seconds: float = 10) -> str:
    """The approval that an execution waits for once the one before is decided."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := [asked for asked in approvals_of(client, execution_id) if asked["id"] != after]:
            return str(found[0]["id"])
        time.sleep(0.02)
    raise AssertionError(f"execution {execution_id} asks nobody")
