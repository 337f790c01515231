"""Groups, stored values, channels and schedules of the flow8 surface: contract.md A089-A104."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx

from tests.support.layers import code, new_flow
from tests.support.server import Client, ServerProcess
from tests.support.yaml_flows import unique


def route(flow: str, **more: Any) -> dict[str, Any]:
    return {"name": "orders", "httpMethod": "POST", "path": "/orders", "targetFlowIds": [flow], **more}


def test_a089_list_groups(client: Client) -> None:
    mark = unique("group")
    for index, name in ((2, "b"), (1, "c"), (0, "a")):
        client.post("/api/groups", json={"name": f"{mark} {name}", "index": index})
    groups = client.get("/api/groups", params={"q": mark}).json()["data"]
    assert [group["name"][-1] for group in groups] == ["a", "c", "b"]


def test_a090_create_a_group(client: Client) -> None:
    name = unique("group")
    answer = client.post("/api/groups", json={"name": name, "index": 3})
    assert (answer.status_code, answer.json()["name"], answer.json()["index"]) == (201, name, 3)
    assert client.post("/api/groups", json={"name": name}).status_code == 409
    assert client.post("/api/groups", json={"name": "", "index": 3}).status_code == 400


def test_a091_update_a_group(client: Client) -> None:
    group = client.post("/api/groups", json={"name": unique("group")}).json()["id"]
    name = unique("renamed")
    assert client.put(f"/api/groups/{group}", json={"name": name}).json()["name"] == name
    assert client.put(f"/api/groups/{uuid4()}", json={"name": name}).status_code == 404


def test_a092_delete_a_group(client: Client) -> None:
    full, other = (client.post("/api/groups", json={"name": unique("group")}).json()["id"] for _ in range(2))
    flow = new_flow(client, groupId=full)
    refused = client.delete(f"/api/groups/{full}")
    assert (refused.status_code, refused.json()["error"]) == (409, "GROUP_NOT_EMPTY")
    assert client.delete(f"/api/groups/{full}?move_to={other}").status_code == 200
    assert client.get(f"/api/flows/{flow}").json()["groupId"] == other
    client.delete(f"/api/flows/{flow}")
    assert client.delete(f"/api/groups/{other}").status_code == 200


def test_a093_a094_a095_stored_values(client: Client) -> None:
    scope = f"flow:{uuid4()}"
    answer = client.post("/api/kv", json={"scope": scope, "key": "last", "value": {"n": 1}})
    assert answer.status_code == 201
    (found,) = client.get("/api/kv", params={"scope": scope}).json()["data"]
    assert (found["id"], found["key"], found["value"]) == (answer.json()["id"], "last", {"n": 1})
    assert client.get(f"/api/v1/kv/{scope}/last").json()["value"] == {"n": 1}
    assert [client.delete(f"/api/kv/{found['id']}").status_code for _ in range(2)] == [200, 404]
    assert client.delete("/api/kv/none").status_code == 404


def test_a094_setting_again_changes_the_value(client: Client) -> None:
    key = unique("key")
    for value, status in ((1, 201), (2, 200)):
        answer = client.post("/api/kv", json={"key": key, "value": value})
        assert (answer.status_code, answer.json()["scope"], answer.json()["value"]) == (status, "global", value)
    assert client.post("/api/kv", json={"key": key}).status_code == 400


def test_a095_delete_an_entry(client: Client) -> None:
    entry = client.post("/api/kv", json={"key": unique("key"), "value": 1}).json()["id"]
    assert client.delete(f"/api/kv/{entry}").json() == {"ok": True, "id": entry}


def test_a096_a098_channels_are_listed_and_read(server: ServerProcess, client: Client) -> None:
    name = unique("channel")
    flow = new_flow(client, code("answer", "output = variables"))
    answer = client.post("/api/channels", json={"name": name, "authMode": "public", "routes": [route(flow)]})
    assert answer.status_code == 201, answer.text
    channel = answer.json()
    assert client.get(f"/api/channels/{channel['id']}").json() == channel
    assert [found["id"] for found in client.get("/api/channels", params={"q": name}).json()["data"]] == [channel["id"]]
    called = httpx.post(f"{server.url}/c/{name}/orders", json={"a": 1})
    assert (called.status_code, called.json()["output"]) == (200, {"a": 1})
    assert httpx.get(f"{server.url}/c/{name}/orders").status_code == 405
    assert httpx.post(f"{server.url}/c/{name}/other").status_code == 404
    assert httpx.post(f"{server.url}/c/nothing/orders").status_code == 404


def test_a097_create_a_channel_behind_a_token(server: ServerProcess, client: Client) -> None:
    name = unique("channel")
    flow = new_flow(client, code("answer", "output = variables"))
    body = {"name": name, "authMode": "header_token", "authToken": "a long token", "routes": [route(flow)]}
    answer = client.post("/api/channels", json=body)
    assert "a long token" not in answer.text
    url = f"{server.url}/c/{name}/orders"
    assert httpx.post(url, json={}).status_code == 401
    assert httpx.post(url, json={}, headers={"Authorization": "Bearer wrong"}).status_code == 401
    for header in ({"Authorization": "Bearer a long token"}, {"X-Channel-Token": "a long token"}):
        assert httpx.post(url, json={}, headers=header).status_code == 200
    for wrong in (
        {"name": unique()},
        {"name": "no spaces here", "authMode": "public"},
        {"name": unique(), "authMode": "public", "routes": [route("nothing")]},
        {"name": unique(), "authMode": "public", "routes": [route(flow, path="../x")]},
        {"name": unique(), "authMode": "public", "routes": [route(flow, targetFlowIds=[])]},
    ):
        assert client.post("/api/channels", json=wrong).status_code == 400, wrong
    assert client.post("/api/channels", json=body).status_code == 409


def test_a097_an_asynchronous_route_answers_at_once(server: ServerProcess, client: Client) -> None:
    name = unique("channel")
    flows = [new_flow(client, code("answer", f"output = {number}")) for number in range(2)]
    routes = [route(flows[0], responseMode="async", targetFlowIds=flows), route(flows[0], path="both", targetFlowIds=flows)]
    client.post("/api/channels", json={"name": name, "authMode": "public", "routes": routes})
    answer = httpx.post(f"{server.url}/c/{name}/orders", json={})
    assert answer.status_code == 202
    assert [client.wait_for(run["executionId"])["output"] for run in answer.json()["executions"]] == [0, 1]
    both = httpx.post(f"{server.url}/c/{name}/both", json={}).json()
    assert [found["output"] for found in both["results"]] == [0, 1]


def test_a099_update_a_channel(server: ServerProcess, client: Client) -> None:
    name = unique("channel")
    flow = new_flow(client, code("answer", "output = variables"))
    channel = client.post("/api/channels", json={"name": name, "authMode": "public", "routes": [route(flow)]}).json()["id"]
    assert client.put(f"/api/channels/{channel}", json={"enabled": False}).json()["enabled"] is False
    assert httpx.post(f"{server.url}/c/{name}/orders", json={}).status_code == 404
    assert client.put(f"/api/channels/{channel}", json={"authMode": "header_token"}).status_code == 400


def test_a100_delete_a_channel(client: Client) -> None:
    channel = client.post("/api/channels", json={"name": unique("channel"), "authMode": "public"}).json()["id"]
    assert [client.delete(f"/api/channels/{channel}").status_code for _ in range(2)] == [200, 404]


def test_a101_list_schedules(client: Client) -> None:
    flow = new_flow(client)
    made = client.post("/api/schedules", json={"flowId": flow, "intervalSeconds": 60}).json()
    page = client.get("/api/schedules", params={"flowId": flow}).json()
    assert ([found["id"] for found in page["data"]], page["total"]) == ([made["id"]], 1)


def test_a102_create_a_schedule(client: Client) -> None:
    body = {"flowId": new_flow(client), "cron": "0 9 * * *", "timezone": "Europe/Berlin", "maxRuns": 3, "args": {"a": 1}}
    made = client.post("/api/schedules", json=body)
    assert made.status_code == 201
    assert {name: made.json()[name] for name in body} == body
    assert made.json()["nextRunAt"] > made.json()["createdAt"]
    assert client.post("/api/schedules", json={"flowId": body["flowId"], "intervalSeconds": 10}).status_code == 400
    assert client.post("/api/schedules", json={"flowId": str(uuid4()), "intervalSeconds": 60}).status_code == 404


def test_a102_a_schedule_runs_its_flow(server: ServerProcess, client: Client) -> None:
    flow = new_flow(client, code("answer", "output = variables"))
    schedule = client.post("/api/schedules", json={"flowId": flow, "intervalSeconds": 3600, "args": {"a": 1}}).json()["id"]
    now = int(time.time() * 1_000_000)
    with closing(sqlite3.connect(server.data / "blockyard.db", timeout=10)) as connection, connection:
        connection.execute("UPDATE triggers SET planned_at = ?, next_run_at = ? WHERE id = ?", (now, now, schedule))
    deadline = time.monotonic() + 15
    while not (plays := client.get("/api/plays", params={"flowId": flow, "state": "DONE"}).json()["data"]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert (plays[0]["trigger"], client.get(f"/api/plays/{plays[0]['id']}").json()["out"]) == ("schedule", {"a": 1})
    after = client.get(f"/api/schedules/{schedule}").json()
    assert (after["runs"], after["lastRunAt"] is not None) == (1, True)


def test_a103_update_a_schedule(client: Client) -> None:
    made = client.post("/api/schedules", json={"flowId": new_flow(client), "intervalSeconds": 60, "args": {"a": 1}}).json()
    changed = client.put(f"/api/schedules/{made['id']}", json={"cron": "0 9 * * *"}).json()
    assert (changed["cron"], changed["intervalSeconds"], changed["args"]) == ("0 9 * * *", None, {"a": 1})
    off = client.put(f"/api/schedules/{made['id']}", json={"enabled": False}).json()
    assert (off["enabled"], off["nextRunAt"]) == (False, None)


def test_a104_delete_a_schedule(client: Client) -> None:
    made = client.post("/api/schedules", json={"flowId": new_flow(client), "intervalSeconds": 60}).json()["id"]
    assert [client.delete(f"/api/schedules/{made}").status_code for _ in range(2)] == [200, 404]
