"""What holds for the whole flow8 surface: contract.md A051-A053, A058-A067."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from uuid import uuid4

import httpx

from tests.support.layers import new_flow
from tests.support.people import join
from tests.support.server import Client, ServerProcess
from tests.support.yaml_flows import unique


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
    (logged,) = [line for line in server.log.read_text().splitlines() if error["request_id"] in line]
    assert "request failed" in logged
    client.delete(f"/api/flows/{flow}")


def test_a065_not_found(client: Client) -> None:
    error = client.get("/api/no-such-thing").json()
    assert (error["error"], error["statusCode"]) == ("NOT_FOUND", 404)


def test_a066_validation_error(client: Client) -> None:
    error = client.post("/api/flows", json={"name": ""}).json()
    assert (error["error"], error["statusCode"]) == ("VALIDATION_ERROR", 400)
