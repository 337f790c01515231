"""Requests that nobody should send: each gets a clear refusal, and nothing that was stored changes."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.support.graphs import block
from tests.support.server import Client

JSON = {"Content-Type": "application/json"}


def graph_of(workflow: str) -> str:
    return f"/api/workflows/{workflow}/graph"


def assert_error(answer: Any, status: int, code: str, *words: str) -> None:
    """The one shape of every error (contract.md C10), with a message that names the place."""
    assert answer.status_code == status, answer.text[:500]
    body = answer.json()
    assert {"error", "message", "statusCode", "request_id", "details"} <= set(body)
    assert (body["error"], body["statusCode"], body["request_id"]) == (code, status, answer.headers["x-request-id"])
    for word in words:
        assert word in body["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{]",
        b'{"blocks": [}',
        b"not json",
        b"\xff\xfe",
        b'{"blocks": NaN}',
        b"{'a': 1}",
        b'"\\ud800"',
        b"{} {}",
        b"-",
        b"1e999",
    ],
    ids=repr,
)
def test_malformed_json_is_400(client: Client, kept: str, body: bytes) -> None:
    assert_error(client.put(graph_of(kept), content=body, headers=JSON), 400, "VALIDATION_ERROR", "malformed JSON")
    assert_error(client.post("/api/workflows", content=body, headers=JSON), 400, "VALIDATION_ERROR", "malformed JSON")
    assert_error(
        client.post(f"/api/workflows/{kept}/execute", content=body, headers=JSON), 400, "VALIDATION_ERROR", "malformed JSON"
    )
    assert_error(client.post("/api/auth/login", content=body, headers=JSON), 400, "VALIDATION_ERROR", "malformed JSON")


@pytest.mark.parametrize("body", ["[]", "7", '"text"', "null", "true"])
def test_json_that_is_no_object_is_400(client: Client, kept: str, body: str) -> None:
    assert_error(client.put(graph_of(kept), content=body, headers=JSON), 400, "VALIDATION_ERROR", "object")
    assert_error(client.post("/api/workflows", content=body, headers=JSON), 400, "VALIDATION_ERROR", "object")
    assert_error(client.put(f"/api/workflows/{kept}", content=body, headers=JSON), 400, "VALIDATION_ERROR", "object")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "json"]
)
def test_another_content_type_is_415(client: Client, kept: str, content_type: str) -> None:
    answer = client.put(graph_of(kept), content=b'{"blocks": [], "edges": []}', headers={"Content-Type": content_type})
    assert_error(answer, 415, "UNSUPPORTED_MEDIA_TYPE", "application/json")


@pytest.mark.parametrize(
    "address", ["/api/workflows/{}/graph", "/api/workflows/{}", "/api/workflows/{}/execute", "/api/workflows"]
)
def test_ten_megabytes_are_413(client: Client, kept: str, address: str) -> None:
    method = "PUT" if address.endswith(("graph", "{}")) else "POST"
    body = b'{"name": "' + b"x" * 10_000_000 + b'"}'
    assert_error(client.request(method, address.format(kept), content=body, headers=JSON), 413, "TOO_LARGE")


def test_ten_megabytes_without_a_length_are_413(client: Client, kept: str) -> None:
    pieces = (b"[" + b"1," * 50_000 for _ in range(100))
    assert_error(client.post(f"/api/workflows/{kept}/execute", content=pieces, headers=JSON), 413, "TOO_LARGE")


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_ten_thousand_levels_are_400(client: Client, kept: str, opening: str) -> None:
    deep = opening * 10_000 + "1" + {"[": "]"}.get(opening, "}") * 10_000
    for body in (f'{{"blocks": {deep}, "edges": []}}', f'{{"variables": {deep}}}', deep):
        assert_error(client.put(graph_of(kept), content=body, headers=JSON), 400, "VALIDATION_ERROR", "nested deeper than 100")


@pytest.mark.parametrize("levels", [96, 97])
def test_what_is_nested_as_deep_as_is_allowed_can_be_read_again(client: Client, levels: int) -> None:
    body: Any = "core"
    for _ in range(levels):
        body = [body]
    workflow = client.new(block("start", "starter"), block("end", "response", {"body": body}), edges=["start>end"])
    assert client.drawn(workflow)["blocks"][1]["config"]["body"] == body
    result = client.execute(workflow)
    assert client.get(f"/api/executions/{result['execution_id']}").json()["output"] == body


@pytest.mark.parametrize("levels", [199, 200, 250])
def test_a_value_that_code_nests_too_deep_fails_and_is_never_changed(client: Client, levels: int) -> None:
    code = f"value = 'core'\nfor _ in range({levels}):\n    value = [value]\noutput = value"
    result = client.execute(client.new(block("start", "starter"), block("nest", "code", {"code": code}), edges=["start>nest"]))
    if levels < 200:
        assert json.dumps(result["output"]) == "[" * levels + '"core"' + "]" * levels
    else:
        assert (result["status"], result["error"]["block_id"]) == ("failed", "nest")
        assert "nested deeper" in result["error"]["message"]
    assert client.get(f"/api/executions/{result['execution_id']}").json()["status"] == result["status"]


@pytest.mark.parametrize(
    "id", ["1", "nothing", "%00", "..", "'; drop table workflows; --", "é", "a" * 3000, "0d4724e5-e71d-4136-8810-2b9a01115887"]
)
def test_an_id_that_does_not_exist_is_404(client: Client, kept: str, id: str) -> None:
    for path in (
        f"/api/workflows/{id}x",
        f"/api/executions/{id}x",
        f"/api/executions/{id}x/trace",
        f"/api/executions/{id}x/events",
    ):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.json()["error"].endswith("NOT_FOUND")
    for action in ("execute", "deploy", "arm", "undeploy", "duplicate"):
        assert_error(
            client.post(f"/api/workflows/{id}x/{action}", json={} if action == "execute" else None), 404, "WORKFLOW_NOT_FOUND"
        )


def test_a_404_does_not_repeat_a_long_id(client: Client) -> None:
    assert len(client.get(f"/api/workflows/{'a' * 3000}").text) < 600


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/api/workflows", {"name": "x", "colour": 1}, "colour"),
        ("/api/workflows/{}/execute", {"variables": {}, "vars": {}}, "vars"),
        ("/api/workflows/{}/execute", {"variables": []}, "variables"),
        ("/api/workflows/{}/execute", {"variables": None}, "variables"),
        ("/api/workflows/{}/execute", {"wait": "no"}, "wait"),
        ("/api/workflows/{}/execute", {"start_block": 7}, "start_block"),
        ("/api/workflows", {"name": 7}, "name"),
        ("/api/workflows", {}, "name"),
        ("/api/workflows", {"name": "x", "description": None}, "description"),
    ],
)
def test_a_field_that_is_unknown_or_of_the_wrong_type_is_named(
    client: Client, kept: str, path: str, body: Any, field: str
) -> None:
    answer = client.post(path.format(kept), json=body)
    assert_error(answer, 400, "VALIDATION_ERROR", f"`{field}`")
    assert [problem["field"] for problem in answer.json()["details"]] == [field]


@pytest.mark.parametrize("body", [{"enabled": "yes"}, {"enabled": 1}, {"name": None}, {"state": "deployed"}, {"webhook_id": "x"}])
def test_what_stands_beside_the_graph_is_checked_too(client: Client, kept: str, body: Any) -> None:
    assert_error(client.put(f"/api/workflows/{kept}", json=body), 400, "VALIDATION_ERROR", f"`{next(iter(body))}`")


def test_an_unknown_start_block_is_400(client: Client, kept: str) -> None:
    answer = client.post(f"/api/workflows/{kept}/execute", json={"start_block": "end"})
    assert_error(answer, 400, "VALIDATION_ERROR", "`end`")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "a" * 201,
        "a/b",
        "a\nb",
        "a\tb",
        "a\x00b",
        "\u202ereversed",
        "0d4724e5-e71d-4136-8810-2b9a01115887",
        "626c1d8894f3489c8a31b78dacbf40bc",
    ],
)
def test_a_bad_name_is_400(client: Client, kept: str, name: str) -> None:
    for answer in (client.post("/api/workflows", json={"name": name}), client.put(f"/api/workflows/{kept}", json={"name": name})):
        assert_error(answer, 400, "VALIDATION_ERROR", "name")
        assert [problem["field"] for problem in answer.json()["details"]] == ["name"]


@pytest.mark.parametrize(
    "name", ["Größe 5 µm", "注文の合計", "🧱 Yard", "x" * 192, "50 % off? #1 & more+", "..", "a\\b", "'quoted'"]
)
def test_a_name_may_be_any_printable_text_and_is_found_again(client: Client, name: str) -> None:
    unique = f"{name} {uuid4().hex[:6]}"
    created = client.post("/api/workflows", json={"name": unique})
    assert (created.status_code, created.json()["name"]) == (201, unique)
    listed = client.get("/api/workflows", params={"q": unique}).json()["workflows"]
    assert [found["id"] for found in listed] == [created.json()["id"]]
    page = client.get(f"/workflows/{created.json()['id']}", headers={"Accept": "text/html"})
    assert page.status_code == 200


def test_a_name_that_is_taken_is_409(client: Client, kept: str) -> None:
    name = client.get(f"/api/workflows/{kept}").json()["name"]
    assert_error(client.post("/api/workflows", json={"name": name}), 409, "NAME_TAKEN")
    other = client.new()
    assert_error(client.put(f"/api/workflows/{other}", json={"name": name}), 409, "NAME_TAKEN")


@pytest.mark.parametrize(
    "query",
    [
        "page=-1",
        "page=--5",
        "page=x",
        "page=1.5",
        "page=",
        "page=1e3",
        "page=9999999999",
        "size=0",
        "size=101",
        "size=-3",
        "size=ten",
        "order=up",
        "sort=secret",
        "sort=name;drop",
        "q=" + "a" * 201,
        "page=%D9%A3",
    ],
)
def test_bad_paging_is_400(client: Client, kept: str, query: str) -> None:
    for path in ("/api/workflows", "/api/executions", f"/api/workflows/{kept}/revisions"):
        assert_error(client.get(f"{path}?{query}"), 400, "VALIDATION_ERROR", f"`{query.partition('=')[0]}`")


def test_an_unknown_status_filter_is_400(client: Client) -> None:
    assert_error(client.get("/api/executions?status=done"), 400, "VALIDATION_ERROR", "`status`", "completed")


@pytest.mark.parametrize("path", ["/api/nothing", "/api/workflows/x/y/z", "/api", "/nothing"])
def test_an_unknown_address_is_404(client: Client, path: str) -> None:
    assert_error(client.get(path), 404, "NOT_FOUND")


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/api/workflows"), ("PATCH", "/api/blocks"), ("GET", "/api/auth/login")])
def test_an_unknown_method_is_405(client: Client, method: str, path: str) -> None:
    assert_error(client.request(method, path), 405, "METHOD_NOT_ALLOWED")


def test_wildcards_in_a_search_are_letters(client: Client) -> None:
    mark = uuid4().hex[:8]
    client.post("/api/workflows", json={"name": f"{mark} 100% sure"})
    client.post("/api/workflows", json={"name": f"{mark} 1000 sure"})
    found = client.get("/api/workflows", params={"q": f"{mark} 100%"}).json()["workflows"]
    assert [one["name"] for one in found] == [f"{mark} 100% sure"]


def test_a_long_description_is_400(client: Client, kept: str) -> None:
    answer = client.put(f"/api/workflows/{kept}", json={"description": "x" * 10_001})
    assert_error(answer, 400, "VALIDATION_ERROR", "10,000")
    assert json.loads(client.get(f"/api/workflows/{kept}").text)["description"] == ""
