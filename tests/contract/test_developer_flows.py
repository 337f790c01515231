"""Flows of the developer surface: contract.md A008, A010-A011, A107-A127."""

from __future__ import annotations

import re
from typing import Any

import httpx

from tests.support.graphs import block
from tests.support.keys import bearer, new_key
from tests.support.server import Client, ServerProcess
from tests.support.yaml_flows import HELLO, THREE, new_flow, unique

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def test_a008_the_base_path_is_json_over_http(client: Client) -> None:
    answer = client.get("/api/v1/flows")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")


def test_a010_every_answer_is_wrapped_in_data(client: Client) -> None:
    flow = new_flow(client)
    assert flow["data"] == {name: value for name, value in flow.items() if name != "data"}
    for path in (f"/api/v1/flows/{flow['id']}", "/api/v1/flows", "/api/v1/executions", "/api/v1/triggers"):
        assert "data" in client.get(path).json(), path


def test_a011_list_flows(client: Client) -> None:
    flow = new_flow(client)
    page = client.get("/api/v1/flows", params={"q": flow["name"]}).json()
    assert page.keys() == {"data", "total", "page", "size", "pages"}
    assert [(found["id"], found["status"], found["mode"]) for found in page["data"]] == [(flow["id"], "internal", "live")]


def test_a012_listing_needs_the_right_to_read(server: ServerProcess, client: Client) -> None:
    refused = httpx.get(f"{server.url}/api/v1/flows")
    assert (refused.status_code, refused.json()["error"]) == (401, "UNAUTHORIZED")
    assert bearer(server, new_key(client, "flows:run")).get("/api/v1/flows").status_code == 403
    assert bearer(server, new_key(client, "flows:read")).get("/api/v1/flows").status_code == 200


def test_a107_all_routes_are_under_api_v1(client: Client) -> None:
    for path in ("flows", "executions", "triggers", "plugins", "plugins/categories", "kv/any", "approvals"):
        assert client.get(f"/api/v1/{path}").status_code == 200, path
        assert client.get(f"/{path.partition('/')[0]}x").status_code == 404


def test_a109_pages_of_flows(client: Client) -> None:
    mark = unique()
    for _ in range(3):
        new_flow(client, description=mark)
    first = client.get("/api/v1/flows", params={"q": mark, "size": 2}).json()
    second = client.get("/api/v1/flows", params={"q": mark, "size": 2, "page": 1}).json()
    assert (len(first["data"]), len(second["data"]), first["total"], first["pages"]) == (2, 1, 3, 2)
    assert client.get("/api/v1/flows", params={"size": 101}).status_code == 400


def test_a110_create_a_flow_as_printed(client: Client) -> None:
    name = unique("my-workflow")
    answer = client.post("/api/v1/flows", json={"name": name, "namespace": "production", "yamlContent": HELLO})
    created = answer.json()
    assert answer.status_code == 201
    assert (created["name"], created["namespace"], created["yamlContent"]) == (name, "production", HELLO)
    graph = client.drawn(created["id"])
    assert [(found["id"], found["type"], found["config"]) for found in graph["blocks"]] == [
        ("hello", "util.log", {"message": "Hello world"})
    ]


def test_a111_get_a_flow_by_id_and_by_name(client: Client) -> None:
    flow = new_flow(client)
    assert client.get(f"/api/v1/flows/{flow['id']}").json() == client.get(f"/api/v1/flows/{flow['name']}").json()
    missing = client.get("/api/v1/flows/nothing-of-this-name")
    assert (missing.status_code, missing.json()["error"]) == (404, "FLOW_NOT_FOUND")


def test_a112_update_a_flow_metadata_alone_makes_no_revision(client: Client) -> None:
    flow = new_flow(client)
    name = unique("renamed")
    changed = client.put(f"/api/v1/flows/{flow['id']}", json={"name": name, "namespace": "test", "enabled": False}).json()
    assert (changed["name"], changed["namespace"], changed["enabled"], changed["revision"]) == (name, "test", False, 1)
    assert changed["yamlContent"] == THREE


def test_a112_a_text_without_comments_lost_replaces_the_graph(client: Client) -> None:
    flow = new_flow(client)
    text = "# what it is for\n" + THREE.replace("message: Three", "message: Four")
    changed = client.put(f"/api/v1/flows/{flow['id']}", json={"yamlContent": text}).json()
    assert (changed["revision"], changed["yamlContent"]) == (2, text)


def test_a113_delete_a_flow(client: Client) -> None:
    flow = new_flow(client)
    assert client.delete(f"/api/v1/flows/{flow['id']}").status_code == 200
    assert client.get(f"/api/v1/flows/{flow['id']}").status_code == 404


def test_a115_validate_names_line_and_path(client: Client) -> None:
    def validate(text: str) -> Any:
        answer = client.post("/api/v1/flows/validate", json={"yamlContent": text})
        assert answer.status_code == 200
        return answer.json()

    assert (validate(HELLO)["valid"], validate(HELLO)["errors"]) == (True, [])
    unknown = validate(HELLO.replace("util.log", "util.lag"))
    assert (unknown["valid"], unknown["errors"][0]["line"], unknown["errors"][0]["path"]) == (False, 3, "tasks.0")
    assert "Unknown block type" in str(unknown["errors"][0]["message"])
    assert validate("tasks: [")["errors"][0]["line"] == 1
    (extra,) = validate(HELLO + "    color: red\n")["errors"]
    assert (extra["path"], extra["line"]) == ("tasks.0.color", 7)
    unfinished = validate(HELLO.replace("      message: Hello world\n", "      level: info\n"))
    assert unfinished["valid"]
    assert "Message" in str(unfinished["warnings"][0]["message"])


def test_a115_validate_stores_and_runs_nothing(client: Client) -> None:
    name = unique("never")
    client.post("/api/v1/flows/validate", json={"yamlContent": HELLO.replace("my-workflow", name)})
    assert client.get(f"/api/v1/flows/{name}").status_code == 404


def test_a116_import_takes_an_export_with_new_ids(client: Client) -> None:
    hook = block("hook", "webhook", {"webhook_id": "7f3f5a0c-3f0e-4b7e-9a53-0b7c1c6f2d11", "webhook_secret": "very secret word"})
    workflow = client.new(hook, block("end", "response"), edges=["hook>end"])
    export = client.get(f"/api/v1/flows/{workflow}/export").json()
    answer = client.post("/api/v1/flows/import", json=export)
    assert answer.status_code == 201, answer.text
    imported = answer.json()
    assert imported["id"] != workflow
    assert imported["name"] != export["name"]
    config = next(found["config"] for found in client.drawn(imported["id"])["blocks"] if found["id"] == "hook")
    assert config["webhook_id"] != hook["config"]["webhook_id"]
    assert config["webhook_secret"] not in ("", "***", "very secret word")
    client.delete(f"/api/workflows/{workflow}")


def test_a117_an_export_is_json_without_secrets(client: Client) -> None:
    hook = block("hook", "webhook", {"webhook_id": "6f3f5a0c-3f0e-4b7e-9a53-0b7c1c6f2d12", "webhook_secret": "very secret word"})
    workflow = client.new(hook)
    answer = client.get(f"/api/v1/flows/{workflow}/export")
    assert "very secret word" not in answer.text
    assert [found["id"] for found in answer.json()["blocks"]] == ["hook"]
    client.delete(f"/api/workflows/{workflow}")


def test_a118_list_revisions(client: Client) -> None:
    flow = new_flow(client)
    client.put(f"/api/v1/flows/{flow['id']}", json={"yamlContent": THREE.replace("name: third", "name: last")})
    revisions = client.get(f"/api/v1/flows/{flow['id']}/revisions").json()["data"]
    assert [found["rev"] for found in revisions] == [2, 1]
    assert revisions[0].keys() == {"rev", "createdAt", "author", "message", "summary"}
    assert "last" in revisions[0]["summary"]
    assert "third" in revisions[0]["summary"]


def test_a119_restore_a_revision_makes_a_new_one(client: Client) -> None:
    flow = new_flow(client)
    client.put(f"/api/v1/flows/{flow['id']}", json={"yamlContent": HELLO})
    restored = client.post(f"/api/v1/flows/{flow['id']}/revisions/1/restore").json()
    assert (restored["revision"], restored["tasksTotal"]) == (3, 3)
    assert client.post(f"/api/v1/flows/{flow['id']}/revisions/77/restore").status_code == 404
    assert client.post(f"/api/v1/flows/{flow['id']}/revisions/x/restore").status_code == 404


def test_a120_an_update_of_the_yaml_saves_a_revision(client: Client) -> None:
    flow = new_flow(client)
    client.put(f"/api/v1/flows/{flow['id']}", json={"yamlContent": HELLO})
    assert len(client.get(f"/api/v1/flows/{flow['id']}/revisions").json()["data"]) == 2


def test_a121_a123_a_flow_has_name_namespace_and_yaml(client: Client) -> None:
    taken = new_flow(client, HELLO, namespace="production")
    assert client.post("/api/v1/flows", json={"name": taken["name"]}).status_code == 409
    assert client.post("/api/v1/flows", json={"name": 7}).status_code == 400
    assert client.post("/api/v1/flows", json={"name": unique(), "yamlContent": 7}).status_code == 400
    assert client.post("/api/v1/flows", json={"name": unique(), "colour": "red"}).status_code == 400


def test_a122_a_namespace_is_kept(client: Client) -> None:
    assert new_flow(client, HELLO, namespace="staging")["namespace"] == "staging"


def test_a123_the_yaml_is_checked_with_every_problem(client: Client) -> None:
    text = HELLO.replace("util.log", "no.such") + "  - name: second\n    type: nor.this\n"
    answer = client.post("/api/v1/flows", json={"name": unique(), "yamlContent": text})
    assert (answer.status_code, answer.json()["error"]) == (400, "UNKNOWN_BLOCK_TYPE")
    assert answer.json()["message"].startswith("Unknown block type")
    assert [(found["field"], found["line"]) for found in answer.json()["details"]] == [("tasks.0", 3), ("tasks.1", 7)]


def test_a124_tasks_run_in_their_order_unless_they_say_otherwise(client: Client) -> None:
    text = THREE.replace("  - name: third\n", "  - name: third\n    depends_on: [first]\n")
    edges = client.drawn(new_flow(client, text)["id"])["edges"]
    assert {(edge["source"], edge["target"]) for edge in edges} == {
        ("start", "first"),
        ("first", "second"),
        ("first", "third"),
    }


def test_a125_the_task_type_util_log_takes_a_message(client: Client) -> None:
    flow = new_flow(client, HELLO)
    execution = client.post(f"/api/v1/flows/{flow['id']}/execute").json()["executionId"]
    client.wait_for(execution)
    lines = client.get(f"/api/v1/executions/{execution}/logs").json()["data"]
    assert ("hello", "Hello world") in [(line["taskName"], line["message"]) for line in lines]


def test_a126_create_answers_201(client: Client) -> None:
    assert client.post("/api/v1/flows", json={"name": unique(), "yamlContent": HELLO}).status_code == 201


def test_a127_the_answer_has_these_fields(client: Client) -> None:
    created = new_flow(client, HELLO)
    assert {"id", "name", "namespace", "yamlContent", "createdAt", "updatedAt"} <= created.keys()
    assert ISO.fullmatch(created["createdAt"])
    assert ISO.fullmatch(created["updatedAt"])


def test_a_narrower_form_over_a_graph_that_it_cannot_express_is_refused_and_changes_nothing(client: Client) -> None:
    noted = block("start", "util.log", {"message": "x"}, notes="Ask Ada before changing this")
    workflow = client.new(noted)
    before = client.drawn(workflow)
    for text in (HELLO, "name: x\nnodes:\n  - id: a\n    type: util.log\n"):
        refused = client.put(f"/api/v1/flows/{workflow}", json={"yamlContent": text})
        assert (refused.status_code, refused.json()["error"]) == (409, "FORM_TOO_NARROW")
        assert "block `start` has notes" in refused.json()["message"]
    assert client.get(f"/api/v1/flows/{workflow}?form=tasks").status_code == 409
    assert client.drawn(workflow) == before
    whole = client.get(f"/api/v1/flows/{workflow}?form=graph").json()["yamlContent"]
    assert client.put(f"/api/v1/flows/{workflow}", json={"yamlContent": whole}).status_code == 200
    assert client.drawn(workflow)["blocks"] == before["blocks"]


def test_a_text_with_masked_secrets_keeps_them(client: Client) -> None:
    hook = block("hook", "webhook", {"webhook_id": "5f3f5a0c-3f0e-4b7e-9a53-0b7c1c6f2d13", "webhook_secret": "very secret word"})
    workflow = client.new(hook, block("say", "util.log", {"message": "x"}), edges=["hook>say"])
    text = client.get(f"/api/v1/flows/{workflow}").json()["yamlContent"]
    assert "very secret word" not in text
    changed = text.replace("message: x", "message: y")
    assert client.put(f"/api/v1/flows/{workflow}", json={"yamlContent": changed}).status_code == 200
    configs = {found["id"]: found["config"] for found in client.drawn(workflow)["blocks"]}
    assert (configs["hook"]["webhook_secret"], configs["say"]["message"]) == ("very secret word", "y")
    client.delete(f"/api/workflows/{workflow}")


def test_two_writers_at_once_one_is_told(client: Client) -> None:
    flow = new_flow(client)
    stale = {"If-Match": '"1"'}
    assert client.put(f"/api/v1/flows/{flow['id']}", json={"yamlContent": HELLO}, headers=stale).status_code == 200
    assert client.put(f"/api/v1/flows/{flow['id']}", json={"yamlContent": THREE}, headers=stale).status_code == 412
