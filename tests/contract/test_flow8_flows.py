"""Flows and layers of the flow8 surface: contract.md A074-A083."""

from __future__ import annotations

from uuid import uuid4

from tests.support.layers import code, new_flow, played
from tests.support.server import Client
from tests.support.yaml_flows import unique


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
