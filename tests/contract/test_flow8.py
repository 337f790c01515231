"""The flow8 surface: contract.md A051-A053, A058-A067, A074-A105."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx

from tests.support.people import join
from tests.support.server import Client, ServerProcess
from tests.support.sockets import cookies, opened, until
from tests.support.waiting import gate, start
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


def test_a051_the_base_is_api_at_any_port(server: ServerProcess, client: Client) -> None:
    assert client.get(f"http://127.0.0.1:{server.port}/api/flows").status_code == 200


def test_a052_all_answers_are_json(client: Client) -> None:
    for path in ("flows", "plays", "groups", "kv", "channels", "schedules", "nothing"):
        assert client.get(f"/api/{path}").headers["content-type"] == "application/json", path


def test_a053_bodies_must_be_json(client: Client) -> None:
    for path in ("flows", "groups", "kv", "channels", "schedules"):
        refused = client.post(f"/api/{path}", content=b"name=x", headers={"Content-Type": "application/x-www-form-urlencoded"})
        assert refused.status_code in (403, 415), path
        assert client.post(f"/api/{path}", content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415, path
        assert client.post(f"/api/{path}", content=b"{", headers={"Content-Type": "application/json"}).status_code == 400, path


def test_a058_a059_pages_begin_at_0_and_hold_25(client: Client) -> None:
    page = client.get("/api/flows").json()
    assert (page["page"], page["size"]) == (0, 25)
    assert client.get("/api/flows", params={"page": 3, "size": 100}).status_code == 200
    for wrong in ({"page": -1}, {"page": "x"}):
        assert client.get("/api/flows", params=wrong).status_code == 400


def test_a059_a_page_holds_at_most_100(client: Client) -> None:
    for size in (0, 101, "many"):
        assert client.get("/api/plays", params={"size": size}).status_code == 400


def test_a060_142_items_at_25_are_6_pages(server: ServerProcess, client: Client) -> None:
    scope = unique("scope")
    with closing(sqlite3.connect(server.data / "blockyard.db", timeout=10)) as connection, connection:
        (workspace,) = connection.execute("SELECT id FROM workspaces ORDER BY created_at").fetchone()
        connection.executemany(
            "INSERT INTO kv (workspace_id, namespace, key, value, revision, updated_at) VALUES (?, ?, ?, x'31', 1, 0)",
            [(workspace, scope, f"key {number:03}") for number in range(142)],
        )
    page = client.get("/api/kv", params={"scope": scope, "page": 5}).json()
    assert page.keys() == {"data", "total", "page", "size", "pages"}
    assert (page["total"], page["pages"], page["size"], len(page["data"])) == (142, 6, 25, 17)


def test_a061_the_shape_of_an_error(client: Client) -> None:
    error = client.get("/api/flows/65abc123").json()
    assert {"error", "message", "statusCode"} <= error.keys()


def test_a061_an_error_as_a_problem_of_rfc_9457(client: Client) -> None:
    answer = client.get("/api/flows/65abc123", headers={"Accept": "application/problem+json"})
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["type"], problem["status"], problem["error"]) == ("about:blank", 404, "FLOW_NOT_FOUND")
    assert problem["detail"] == problem["message"]


def test_a062_an_error_names_what_was_not_found(client: Client) -> None:
    for path, code_ in (
        ("flows/65abc123", "FLOW_NOT_FOUND"),
        (f"plays/{uuid4()}", "PLAY_NOT_FOUND"),
        (f"channels/{uuid4()}", "CHANNEL_NOT_FOUND"),
        (f"schedules/{uuid4()}", "SCHEDULE_NOT_FOUND"),
    ):
        error = client.get(f"/api/{path}").json()
        assert (error["error"], error["statusCode"]) == (code_, 404)
        assert path.partition("/")[2] in error["message"]


def test_a063_unauthorized(server: ServerProcess) -> None:
    assert httpx.get(f"{server.url}/api/flows").json()["error"] == "UNAUTHORIZED"


def test_a064_forbidden(server: ServerProcess) -> None:
    viewer = join(server, unique("viewer"), "viewer")
    error = viewer.post("/api/flows", json={"name": unique()}).json()
    assert (error["error"], error["statusCode"]) == ("FORBIDDEN", 403)


def test_a067_internal_error(server: ServerProcess, client: Client) -> None:
    flow = new_flow(client)
    with closing(sqlite3.connect(server.data / "blockyard.db", timeout=10)) as connection, connection:
        connection.execute("UPDATE revisions SET graph = x'00' WHERE workflow_id = ?", (flow,))
    error = client.get(f"/api/flows/{flow}").json()
    assert (error["error"], error["statusCode"]) == ("INTERNAL_ERROR", 500)
    assert "Traceback" not in str(error)
    client.delete(f"/api/flows/{flow}")


def test_a065_not_found(client: Client) -> None:
    error = client.get("/api/no-such-thing").json()
    assert (error["error"], error["statusCode"]) == ("NOT_FOUND", 404)


def test_a066_validation_error(client: Client) -> None:
    error = client.post("/api/flows", json={"name": ""}).json()
    assert (error["error"], error["statusCode"]) == ("VALIDATION_ERROR", 400)


def test_a074_list_flows(client: Client) -> None:
    flow = new_flow(client, category="shop")
    name = client.get(f"/api/flows/{flow}").json()["name"]
    (found,) = client.get("/api/flows", params={"q": name}).json()["data"]
    assert (found["id"], found["category"], found["enabled"]) == (flow, "shop", True)


def test_a075_create_a_flow(client: Client) -> None:
    group = client.post("/api/groups", json={"name": unique("group")}).json()["id"]
    name = unique("flow8")
    answer = client.post("/api/flows", json={"name": name, "enabled": False, "category": "shop", "groupId": group})
    found = answer.json()
    assert (answer.status_code, found["name"], found["enabled"], found["category"], found["groupId"]) == (
        201,
        name,
        False,
        "shop",
        group,
    )
    assert client.post("/api/flows", json={"name": unique(), "groupId": str(uuid4())}).status_code == 400


def test_a076_get_a_flow(client: Client) -> None:
    flow = new_flow(client)
    assert client.get(f"/api/flows/{flow}").json()["id"] == flow


def test_a077_update_a_flow(client: Client) -> None:
    flow = new_flow(client)
    found = client.put(f"/api/flows/{flow}", json={"enabled": False, "category": "new"}).json()
    assert (found["enabled"], found["category"]) == (False, "new")
    assert client.post(f"/api/flows/{flow}/run").status_code == 409


def test_a078_delete_a_flow(client: Client) -> None:
    flow = new_flow(client)
    assert [client.delete(f"/api/flows/{flow}").status_code for _ in range(2)] == [200, 404]


def test_a079_run_a_flow(client: Client) -> None:
    flow = new_flow(client, code("answer", "output = variables"))
    answer = client.post(f"/api/flows/{flow}/run", json={"args": {"a": 1}})
    assert (answer.status_code, answer.json()["state"], answer.json().keys()) == (202, "NEW", {"playId", "state", "startedAt"})
    client.wait_for(answer.json()["playId"])
    assert client.get(f"/api/plays/{answer.json()['playId']}").json()["args"] == {"a": 1}


def test_a079_a_run_with_a_key_happens_once(client: Client) -> None:
    flow = new_flow(client, code("answer", "output = variables"))
    key = uuid4().hex
    plays = {client.post(f"/api/flows/{flow}/run", json={"args": {}, "idempotencyKey": key}).json()["playId"] for _ in range(3)}
    assert len(plays) == 1


def test_a080_a081_layers_of_equal_index_run_side_by_side(client: Client) -> None:
    flow = new_flow(
        client,
        code("first", "output = 1"),
        code("left", "output = input + 1", index=1),
        code("right", "output = input + 2", index=1),
        code("last", "output = input['left'] + input['right']"),
    )
    layers = client.get(f"/api/flows/{flow}/layers").json()["data"]
    assert [(layer["ref"], layer["index"]) for layer in layers] == [("first", 0), ("left", 1), ("right", 1), ("last", 2)]
    assert client.get(f"/api/plays/{played(client, flow)}").json()["out"] == 5


def test_a081_add_a_layer_with_all_its_fields(client: Client) -> None:
    flow = new_flow(client)
    given = code("Add it", "output = 1", ref="add", filters="variables.a > 1", timeout=5000, retry=3, needsApproval=True)
    layer = client.post(f"/api/flows/{flow}/layers", json=given).json()
    assert {name: layer[name] for name in ("name", "ref", "appId", "index", "args", "filters", "timeout", "needsApproval")} == {
        "name": "Add it",
        "ref": "add",
        "appId": "code",
        "index": 0,
        "args": {"code": "output = 1"},
        "filters": "variables.a > 1",
        "timeout": 5000,
        "needsApproval": True,
    }
    assert layer["retry"] == {"attempts": 3}
    unknown = client.post(f"/api/flows/{flow}/layers", json={"appId": "no.such"})
    assert (unknown.status_code, unknown.json()["message"].startswith("Unknown block type")) == (400, True)
    for wrong in ({}, {"appId": 7}, {"appId": "code", "index": "x"}, {"appId": "code", "colour": "red"}):
        assert client.post(f"/api/flows/{flow}/layers", json=wrong).status_code == 400, wrong
    assert client.post(f"/api/flows/{flow}/layers", json=given).status_code == 409


def test_a080_a_graph_without_layers_is_a_409_with_the_reason(client: Client) -> None:
    blocks = [{"id": name, "type": "flow.noop"} for name in "abcd"]
    workflow = client.create(unique(), *blocks, edges=["a>b", "a>c", "b>d"])
    for answer in (
        client.get(f"/api/flows/{workflow}/layers"),
        client.post(f"/api/flows/{workflow}/layers", json=code("x", "output = 1")),
    ):
        assert (answer.status_code, answer.json()["error"]) == (409, "FORM_TOO_NARROW")
        assert "block `d`" in answer.json()["message"]


def test_a082_update_a_layer(client: Client) -> None:
    flow = new_flow(client, code("one", "output = 1"), code("two", "output = 2"))
    layer = client.put(f"/api/flows/{flow}/layers/two", json={"index": -1, "args": {"code": "output = 3"}}).json()
    assert (layer["index"], layer["args"]) == (0, {"code": "output = 3"})
    assert [found["ref"] for found in client.get(f"/api/flows/{flow}/layers").json()["data"]] == ["two", "one"]
    missing = client.put(f"/api/flows/{flow}/layers/three", json={})
    assert (missing.status_code, missing.json()["error"]) == (404, "LAYER_NOT_FOUND")


def test_a083_delete_a_layer(client: Client) -> None:
    flow = new_flow(client, code("one", "output = 1"), code("two", "output = 2"), code("three", "output = input"))
    assert client.delete(f"/api/flows/{flow}/layers/two").status_code == 200
    assert client.get(f"/api/plays/{played(client, flow)}").json()["out"] == 1
    assert client.delete(f"/api/flows/{flow}/layers/two").status_code == 404


def test_a084_list_plays(client: Client) -> None:
    flow = new_flow(client, code("answer", "output = 1"))
    ids = [played(client, flow) for _ in range(2)]
    page = client.get("/api/plays", params={"flowId": flow, "state": "DONE"}).json()
    assert ([play["id"] for play in page["data"]], page["total"]) == (ids[::-1], 2)
    assert client.get("/api/plays", params={"state": "GONE"}).status_code == 400


def test_a085_a_play(client: Client) -> None:
    flow = new_flow(client, code("answer", "output = 1 / 0"))
    play = client.get(f"/api/plays/{played(client, flow, a=1)}").json()
    assert {"id", "flowId", "state", "startedAt", "completedAt", "duration", "args"} <= play.keys()
    assert (play["state"], play["args"], play["error"]["code"]) == ("FAIL", {"a": 1}, "CODE_ERROR")


def test_a086_the_results_of_its_layers(client: Client) -> None:
    flow = new_flow(client, code("one", "output = 1"), code("two", "output = input + 1"))
    layers = client.get(f"/api/plays/{played(client, flow)}/layers").json()["data"]
    assert [(layer["ref"], layer["state"], layer["out"]) for layer in layers] == [("one", "DONE", 1), ("two", "DONE", 2)]


def test_a087_approve_a_pending_step(client: Client) -> None:
    flow = new_flow(client, code("ship", "output = 'shipped'", needsApproval=True))
    play = client.post(f"/api/flows/{flow}/run").json()["playId"]
    client.wait_for(play, "waiting")
    assert client.get(f"/api/plays/{play}").json()["state"] == "WAIT"
    answer = client.post(f"/api/plays/{play}/approve", json={"layerId": "ship", "note": "Fine"})
    assert (answer.status_code, answer.json()["decision"]) == (200, "approved")
    assert client.wait_for(play)["output"] == "shipped"
    late = client.post(f"/api/plays/{play}/approve")
    assert (late.status_code, late.json()["error"]) == (409, "NOTHING_PENDING")


def test_a087_a_decision_may_be_no(client: Client) -> None:
    play = start(client, gate())
    client.post(f"/api/plays/{play}/approve", json={"decision": "rejected"})
    assert client.wait_for(play)["output"]["decision"] == "rejected"


def test_a088_cancel_a_running_play_and_the_record_stays(client: Client) -> None:
    flow = new_flow(client, {"name": "nap", "appId": "flow.wait", "args": {"seconds": 600}})
    play = client.post(f"/api/flows/{flow}/run").json()["playId"]
    client.wait_for(play, "waiting")
    found = client.delete(f"/api/plays/{play}").json()
    assert (found["state"], found["reason"]) == ("FAIL", "cancelled")
    assert client.get(f"/api/plays/{play}").status_code == 200
    assert client.delete(f"/api/plays/{play}").status_code == 409


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


def route(flow: str, **more: Any) -> dict[str, Any]:
    return {"name": "orders", "httpMethod": "POST", "path": "/orders", "targetFlowIds": [flow], **more}


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


def test_a105_live_events(server: ServerProcess, client: Client) -> None:
    flow = new_flow(client, code("one", "output = 1", needsApproval=True), code("two", "output = 1 / 0"))
    with opened(server.url, "/api/ws", cookies(client)) as socket:
        play = client.post(f"/api/flows/{flow}/run").json()["playId"]
        frames = until(socket, type="play:waiting", playId=play)
        client.post(f"/api/plays/{play}/approve")
        frames += until(socket, type="play:failed", playId=play)
    mine = [frame for frame in frames if frame["playId"] == play]
    assert [(frame["type"], frame["ref"], frame["state"]) for frame in mine] == [
        ("play:started", None, "RUN"),
        ("play:layer:started", "one-approval", "RUN"),
        ("play:waiting", "one-approval", "WAIT"),
        ("play:started", None, "RUN"),
        ("play:layer:started", "one-approval", "RUN"),
        ("play:layer:completed", "one-approval", "DONE"),
        ("play:layer:started", "one", "RUN"),
        ("play:layer:completed", "one", "DONE"),
        ("play:layer:started", "two", "RUN"),
        ("play:layer:failed", "two", "FAIL"),
        ("play:failed", None, "FAIL"),
    ]
    assert mine[0].keys() == {"type", "playId", "flowId", "layerId", "ref", "state", "out", "timestamp"}


def test_a106_layers_are_steps_and_plays_are_executions(client: Client) -> None:
    flow = new_flow(client, code("answer", "output = 1"))
    play = played(client, flow)
    assert client.get(f"/api/executions/{play}").json()["workflow_id"] == flow
    assert [step["block_id"] for step in client.get(f"/api/executions/{play}").json()["steps"]] == ["answer"]
