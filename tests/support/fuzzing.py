"""What schemathesis needs: a key that may do everything, things with known ids, and the description with those ids in it."""

from __future__ import annotations

from app.services.permissions import SCOPES
from tests.support.graphs import block
from tests.support.keys import new_key
from tests.support.server import Client

ENDLESS = ("get_api_events", "get_api_workflows_workflow_events", "get_api_mcp")
"""Streams that never end by themselves."""


def all_rights(client: Client) -> str:
    return new_key(client, *SCOPES)


def known_ids(client: Client) -> dict[str, str]:
    """One thing of each kind, by the name of its place in an address."""
    workflow = client.new(block("start", "starter"), block("end", "util.log", {"message": "hello"}), edges=["start>end"])
    execution = client.execute(workflow)["execution_id"]
    client.put("/api/v1/kv/known/thing", json=1)
    group = client.post("/api/groups", json={"name": f"Group {workflow}"}).json()["id"]
    channel = client.post(
        "/api/channels", json={"name": f"c-{workflow[:8]}", "authMode": "public", "routes": [{"targetFlowIds": [workflow]}]}
    ).json()["id"]
    listening = {"flowId": workflow, "type": "event", "config": {"event": "nothing.ever"}}
    trigger = client.post("/api/v1/triggers", json=listening).json()
    schedule = client.post("/api/schedules", json={"flowId": workflow, "cron": "0 9 * * 1", "enabled": False}).json()["id"]
    endpoint = client.post(
        "/api/v1/webhook-endpoints", json={"url": "http://127.0.0.1:9/nobody", "events": ["run.timed_out"]}
    ).json()["id"]
    table = client.post(
        "/api/tables", json={"name": f"t{workflow[:8]}", "columns": [{"name": "a", "type": "text"}], "rows": [{"a": "b"}]}
    ).json()["id"]
    name = f"FUZZED_{workflow[:8].upper().replace('-', '_')}"
    credential = client.post(
        "/api/v1/credentials", json={"name": name, "type": "bearer", "data": {"token": "a secret"}}
    ).json()["id"]
    return {
        "workflow": workflow,
        "flow": workflow,
        "execution": execution,
        "play": execution,
        "layer": "end",
        "revision": "1",
        "namespace": "known",
        "key": "thing",
        "group": group,
        "channel": channel,
        "trigger": trigger["id"],
        "schedule": schedule,
        "endpoint": endpoint,
        "credential": credential,
        "plugin": "util.log",
        "table": table,
        "row": "1",
    }


