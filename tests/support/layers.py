"""Flows in layers, as clients of flow8 make and play them."""

from __future__ import annotations

from typing import Any

from tests.support.server import Client
from tests.support.yaml_flows import unique


def new_flow(client: Client, *layers: dict[str, Any], **more: Any) -> str:
    """A flow with these layers; its id."""
    answer = client.post("/api/flows", json={"name": unique("flow8"), **more})
    assert answer.status_code == 201, answer.text
    flow = str(answer.json()["id"])
    for layer in layers:
        added = client.post(f"/api/flows/{flow}/layers", json=layer)
        assert added.status_code == 201, added.text
    return flow


def code(name: str, source: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "appId": "code", "args": {"code": source}, **more}


def played(client: Client, flow: str, **args: Any) -> str:
    """A play of a flow that has ended."""
    play = str(client.post(f"/api/flows/{flow}/run", json={"args": args}).json()["playId"])
    client.wait_for(play)
    return play
