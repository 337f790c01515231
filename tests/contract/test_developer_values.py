"""Plugins and stored values of the developer surface: contract.md A148-A157, A165-A169."""

from __future__ import annotations

import time

from tests.support.graphs import block
from tests.support.server import Client
from tests.support.yaml_flows import unique


def test_a148_plugins_are_a_bare_array(client: Client) -> None:
    found = client.get("/api/v1/plugins").json()
    assert isinstance(found, list)
    assert {"util.log", "http.request", "starter", "agent", "condition"} <= {plugin["id"] for plugin in found}


def test_a150_categories(client: Client) -> None:
    found = client.get("/api/v1/plugins/categories").json()["data"]
    plugins = [plugin for plugin in client.get("/api/v1/plugins").json() if "aliasOf" not in plugin]
    assert {category["name"]: category["count"] for category in found} == {
        name: sum(plugin["category"] == name for plugin in plugins) for name in {plugin["category"] for plugin in plugins}
    }


def test_a151_one_plugin(client: Client) -> None:
    found = client.get("/api/v1/plugins/util.log").json()
    assert found["data"] == {name: value for name, value in found.items() if name != "data"}
    assert client.get("/api/v1/plugins/http.request").json()["aliasOf"] == "general_api"
    missing = client.get("/api/v1/plugins/no.such")
    assert (missing.status_code, missing.json()["error"]) == (404, "PLUGIN_NOT_FOUND")


def test_a152_a157_a_manifest_has_all_its_fields(client: Client) -> None:
    for plugin in client.get("/api/v1/plugins").json():
        assert {"id", "name", "category", "description", "inputSchema", "outputSchema"} <= plugin.keys(), plugin["id"]
        assert all(plugin[name] for name in ("id", "name", "category", "description")), plugin["id"]
        assert isinstance(plugin["inputSchema"], dict), plugin["id"]
        assert isinstance(plugin["outputSchema"], dict), plugin["id"]


def test_a153_a_manifest_has_a_name(client: Client) -> None:
    assert client.get("/api/v1/plugins/condition").json()["name"] == "Condition"


def test_a154_a_manifest_has_a_category(client: Client) -> None:
    assert client.get("/api/v1/plugins/starter").json()["category"] == "Start"


def test_a155_a_manifest_has_a_description(client: Client) -> None:
    assert "log" in client.get("/api/v1/plugins/util.log").json()["description"]


def test_a156_the_input_schema_names_the_properties(client: Client) -> None:
    assert "message" in client.get("/api/v1/plugins/util.log").json()["inputSchema"]["properties"]


def test_a157_the_output_schema_is_a_json_schema(client: Client) -> None:
    assert client.get("/api/v1/plugins/general_api").json()["outputSchema"]


def test_a165_values_are_namespaced_and_outlive_executions(client: Client) -> None:
    shop, other = unique("shop"), unique("other")
    for space, value in ((shop, 7), (other, 8)):
        client.put(f"/api/v1/kv/{space}/last", json={"value": value})
    client.execute(client.new(block("start", "starter")))
    assert [client.get(f"/api/v1/kv/{space}/last").json()["value"] for space in (shop, other)] == [7, 8]


def test_a166_set_a_value(client: Client) -> None:
    space = unique()
    made = client.put(f"/api/v1/kv/{space}/a", json={"value": {"n": 1}})
    assert (made.status_code, made.json()["value"], made.json()["revision"]) == (201, {"n": 1}, 1)
    again = client.put(f"/api/v1/kv/{space}/a", json=[1, 2])
    assert (again.status_code, again.json()["value"], again.json()["revision"]) == (200, [1, 2], 2)
    assert client.put(f"/api/v1/kv/{space}/a", json={"value": 1, "ttl": "soon"}).status_code == 400
    assert client.put(f"/api/v1/kv/{space}/a", json={"value": 1, "ttl": 0}).status_code == 400
    assert client.put(f"/api/v1/kv/{space}/{'k' * 501}", json=1).status_code == 400
    assert client.put(f"/api/v1/kv/{space}/a", content=b"{}").status_code == 415
    assert client.put("/api/v1/kv/flow.once/a", json=1).status_code == 400


def test_a166_if_match_compares_and_sets(client: Client) -> None:
    space = unique()
    assert client.put(f"/api/v1/kv/{space}/a", json=1, headers={"If-Match": '"0"'}).status_code == 201
    assert client.put(f"/api/v1/kv/{space}/a", json=2, headers={"If-Match": '"0"'}).status_code == 412
    assert client.put(f"/api/v1/kv/{space}/a", json=2, headers={"If-Match": '"1"'}).status_code == 200


def test_a166_a_value_ends_with_its_time(client: Client) -> None:
    space = unique()
    client.put(f"/api/v1/kv/{space}/a", json={"value": 1, "ttl": 200})
    deadline = time.monotonic() + 10
    while client.get(f"/api/v1/kv/{space}/a").status_code == 200 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert client.get(f"/api/v1/kv/{space}/a").status_code == 404
    assert client.put(f"/api/v1/kv/{space}/a", json=2).json()["revision"] == 1


def test_a167_get_a_value(client: Client) -> None:
    space = unique()
    client.put(f"/api/v1/kv/{space}/a b", json={"value": None})
    found = client.get(f"/api/v1/kv/{space}/a b").json()
    assert {name: found[name] for name in ("namespace", "key", "value", "revision", "expiresAt")} == {
        "namespace": space,
        "key": "a b",
        "value": None,
        "revision": 1,
        "expiresAt": None,
    }
    missing = client.get(f"/api/v1/kv/{space}/b")
    assert (missing.status_code, missing.json()["error"]) == (404, "KEY_NOT_FOUND")


def test_a168_list_the_keys_of_a_namespace(client: Client) -> None:
    space = unique()
    for key in ("b", "a", "c"):
        client.put(f"/api/v1/kv/{space}/{key}", json=key)
    assert client.get(f"/api/v1/kv/{space}").json()["keys"] == ["a", "b", "c"]
    assert client.get(f"/api/v1/kv/{space}", params={"size": 2, "page": 1}).json()["keys"] == ["c"]


def test_a169_delete_a_key(client: Client) -> None:
    space = unique()
    client.put(f"/api/v1/kv/{space}/a", json=1)
    assert [client.delete(f"/api/v1/kv/{space}/a").status_code for _ in range(2)] == [200, 404]
