"""What schemathesis needs: a key that may do everything, things with known ids, and the description with those ids in it."""

from __future__ import annotations

from app.services.permissions import SCOPES
from tests.support.fuzz_rules import CELLS
from tests.support.graphs import block
from tests.support.keys import new_key
from tests.support.server import Client

ENDLESS = ("get_api_events", "get_api_workflows_workflow_events", "get_api_mcp", "get_api_ws", "get_api_monitor")
"""Streams and WebSockets that never end by themselves: tests/contract/test_streams.py reads them."""


def all_rights(client: Client) -> str:
    return new_key(client, *SCOPES)


def new_chain(client: Client) -> str:
    return client.new(block("start", "starter"), block("end", "util.log", {"message": "hello"}), edges=["start>end"])


def known_ids(client: Client) -> dict[str, str]:
    """One thing of each kind, by the name of its place in an address."""
    workflow = new_chain(client)
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
    columns = [{"name": "a", "type": "text"}, {"name": "u", "type": "text", "unique": True}]
    table, designed = (
        client.post("/api/tables", json={"name": f"{kind}{workflow[:8]}", "columns": columns, "rows": [CELLS]}).json()["id"]
        for kind in "td"
    )
    name = f"FUZZED_{workflow[:8].upper().replace('-', '_')}"
    secret = {"name": name, "type": "bearer", "data": {"token": "nobody shall know"}}
    credential = client.post("/api/v1/credentials", json=secret).json()["id"]
    return {
        "workflow": workflow,
        "flow": workflow,
        "changed": new_chain(client),
        "layered": new_chain(client),
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
        "designed": designed,
        "row": "1",
    }
