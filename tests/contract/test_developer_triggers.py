"""Triggers of the developer surface: contract.md A143-A147, and calls by workflow name (A254-A255)."""

from __future__ import annotations

import httpx

from tests.support.graphs import block, webhook
from tests.support.hooks import call_hook
from tests.support.server import Client, ServerProcess
from tests.support.yaml_flows import new_flow, unique

ECHO = "name: echo\ntasks:\n  - name: answer\n    type: code\n    properties: {code: 'output = variables'}\n"


def new_trigger(client: Client, flow: str, type: str = "webhook", **more: object) -> dict[str, object]:
    answer = client.post("/api/v1/triggers", json={"flowId": flow, "type": type, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, object] = answer.json()
    return found


def test_a143_list_all_triggers(client: Client) -> None:
    flow = new_flow(client, ECHO)["id"]
    made = [new_trigger(client, flow)["id"], new_trigger(client, flow, "event", config={"event": "order.*"})["id"]]
    page = client.get("/api/v1/triggers", params={"flowId": flow}).json()
    assert ({found["id"] for found in page["data"]}, page["total"]) == (set(made), 2)
    assert client.get("/api/v1/triggers", params={"flowId": flow, "type": "event"}).json()["total"] == 1
    client.delete(f"/api/v1/flows/{flow}")
    assert client.get("/api/v1/triggers", params={"flowId": flow}).json()["total"] == 0


def test_a144_create_a_trigger(client: Client) -> None:
    flow = new_flow(client, ECHO)["id"]
    trigger = new_trigger(client, flow)
    assert {name: trigger[name] for name in ("flowId", "type", "config", "enabled")} == {
        "flowId": flow,
        "type": "webhook",
        "config": {},
        "enabled": True,
    }
    assert len(str(trigger["key"])) >= 22
    for wrong in (
        {"flowId": flow, "type": "magic"},
        {"flowId": flow, "type": "schedule"},
        {"flowId": flow, "type": "schedule", "config": {"intervalSeconds": 59}},
        {"flowId": flow, "type": "schedule", "config": {"cron": "61 * * * *"}},
        {"flowId": flow, "type": "schedule", "config": {"cron": "0 9 * * *", "intervalSeconds": 60}},
        {"flowId": flow, "type": "schedule", "config": {"cron": "0 9 * * *", "timezone": "Mars/Base"}},
        {"flowId": flow, "type": "event"},
    ):
        answer = client.post("/api/v1/triggers", json=wrong)
        assert (answer.status_code, answer.json()["error"]) == (400, "VALIDATION_ERROR"), wrong
    assert client.post("/api/v1/triggers", json={"flowId": "nothing", "type": "webhook"}).status_code == 404


def test_a144_a_schedule_knows_its_next_run(client: Client) -> None:
    config = {"cron": "0 9 * * 1-5", "timezone": "Europe/Berlin"}
    trigger = new_trigger(client, new_flow(client, ECHO)["id"], "schedule", config=config)
    assert trigger["nextRunAt"] is not None
    off = client.put(f"/api/v1/triggers/{trigger['id']}", json={"enabled": False}).json()
    assert off["nextRunAt"] is None


def test_a144_an_event_starts_its_flow(client: Client) -> None:
    flow, mark = new_flow(client, ECHO)["id"], unique("order")
    trigger = new_trigger(client, flow, "event", config={"event": f"{mark}.*"})
    (execution,) = client.post("/api/events", json={"name": f"{mark}.paid", "payload": {"order": 7}}).json()["started"]
    assert client.wait_for(execution)["output"]["data"] == {"order": 7}
    client.put(f"/api/v1/triggers/{trigger['id']}", json={"enabled": False})
    assert client.post("/api/events", json={"name": f"{mark}.paid", "payload": {}}).json()["started"] == []


def test_a145_update_a_trigger(server: ServerProcess, client: Client) -> None:
    trigger = new_trigger(client, new_flow(client, ECHO)["id"])
    client.put(f"/api/v1/triggers/{trigger['id']}", json={"enabled": False})
    refused = httpx.post(f"{server.url}/api/v1/webhook/{trigger['key']}", json={})
    assert (refused.status_code, refused.json()["error"]) == (403, "WEBHOOK_DISABLED")
    client.put(f"/api/v1/triggers/{trigger['id']}", json={"enabled": True})
    assert httpx.post(f"{server.url}/api/v1/webhook/{trigger['key']}", json={}).status_code == 200


def test_a146_delete_a_trigger(server: ServerProcess, client: Client) -> None:
    trigger = new_trigger(client, new_flow(client, ECHO)["id"])
    assert client.delete(f"/api/v1/triggers/{trigger['id']}").status_code == 200
    assert client.get(f"/api/v1/triggers/{trigger['id']}").status_code == 404
    assert httpx.post(f"{server.url}/api/v1/webhook/{trigger['key']}", json={}).status_code == 404


def test_a147_fire_a_webhook_as_printed(server: ServerProcess, client: Client) -> None:
    flow = new_flow(client, ECHO)["id"]
    trigger = new_trigger(client, flow)
    answer = httpx.post(f"{server.url}/api/v1/webhook/{trigger['key']}", json={"customerId": 42})
    assert (answer.status_code, answer.json()["output"]) == (200, {"customerId": 42})
    execution = client.get(f"/api/v1/executions/{answer.json()['execution_id']}").json()["data"]
    assert (execution["trigger"], execution["input"]) == ("webhook", {"customerId": 42})
    assert httpx.post(f"{server.url}/api/v1/webhook/my-webhook-key", json={}).status_code == 404


def test_a147_a_fired_webhook_runs_what_was_deployed(server: ServerProcess, client: Client) -> None:
    flow = new_flow(client, ECHO)["id"]
    trigger = new_trigger(client, flow)
    client.post(f"/api/workflows/{flow}/deploy")
    client.put(f"/api/v1/flows/{flow}", json={"yamlContent": ECHO.replace("output = variables", "output = 2")})
    assert httpx.post(f"{server.url}/api/v1/webhook/{trigger['key']}", json={"a": 1}).json()["output"] == {"a": 1}
    client.post(f"/api/workflows/{flow}/undeploy")
    assert httpx.post(f"{server.url}/api/v1/webhook/{trigger['key']}", json={"a": 1}).json()["output"] == 2


def test_a254_a_workflow_with_a_webhook_is_called_by_its_name(server: ServerProcess, client: Client) -> None:
    hook, name = webhook(), f"{unique()} with spaces"
    workflow = client.create(name, hook, block("end", "response"), edges=["hook>end"])
    url = f"{server.url}/webhooks/{name.replace(' ', '%20')}"
    secret = {"Authorization": f"Bearer {hook['config']['webhook_secret']}"}
    assert httpx.post(url, json={}, headers=secret).status_code == 403
    client.post(f"/api/workflows/{workflow}/deploy")
    assert httpx.post(url, json={}).status_code == 401
    answer = httpx.post(url, json={"order": 7}, headers=secret)
    assert (answer.status_code, answer.json()) == (200, {"order": 7})
    assert call_hook(server, hook, {"order": 7}).json() == {"order": 7}
    assert httpx.post(f"{server.url}/webhooks/nothing", json={}).status_code == 404


def test_a254_the_secret_tells_between_webhooks_and_a_wrong_one_uses_up_no_arm(server: ServerProcess, client: Client) -> None:
    first, second, name = webhook("first"), webhook("second"), unique()
    workflow = client.create(name, first, second, block("end", "code", {"code": "output = 'end'"}), edges=["second>end"])
    client.post(f"/api/workflows/{workflow}/arm")
    url = f"{server.url}/webhooks/{name}"
    assert httpx.post(url, json={}, headers={"Authorization": "Bearer wrong"}).status_code == 401
    secret = {"Authorization": f"Bearer {second['config']['webhook_secret']}"}
    assert httpx.post(url, json={}, headers=secret).json()["output"] == "end"
    assert httpx.post(url, json={}, headers=secret).status_code == 403


def test_a255_the_body_becomes_the_input(server: ServerProcess, client: Client) -> None:
    hook, name = webhook(), unique()
    workflow = client.create(name, hook, block("end", "code", {"code": "output = variables"}), edges=["hook>end"])
    client.post(f"/api/workflows/{workflow}/deploy")
    secret = {"Authorization": f"Bearer {hook['config']['webhook_secret']}"}
    url = f"{server.url}/webhooks/{name}"
    assert httpx.post(url, json={"a": 1}, headers=secret).json()["output"] == {"a": 1}
    assert httpx.post(url, data={"a": "1"}, headers=secret).json()["output"] == {"a": "1"}
    assert httpx.post(url, content=b"x" * 1_100_000, headers=secret).status_code == 413
