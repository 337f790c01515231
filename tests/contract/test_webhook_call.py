"""Calling a webhook: contract.md A227-A235, C20, G28."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.support.graphs import block, webhook
from tests.support.hooks import call_hook, hook_url, raw_status
from tests.support.server import Client, ServerProcess
from tests.support.yaml_flows import unique


@pytest.fixture(scope="module")
def hook(client: Client) -> dict[str, Any]:
    """A deployed webhook whose workflow answers its variables."""
    hook = webhook()
    client.deployed(hook, block("end", "response"), edges=["hook>end"])
    return hook


def secret(hook: dict[str, Any]) -> str:
    return str(hook["config"]["webhook_secret"])


def path(hook: dict[str, Any], query: str = "") -> str:
    return f"/api/webhooks/{hook['config']['webhook_id']}{query}"


def test_a227_the_webhook_is_called_by_its_id(server: ServerProcess, hook: dict[str, Any]) -> None:
    assert call_hook(server, hook, {"n": 1}).json() == {"n": 1}


def test_a227_without_a_response_block_the_answer_tells_the_execution(client: Client, server: ServerProcess) -> None:
    hook = webhook()
    client.deployed(hook, block("sum", "code", {"code": "output = variables['n'] + 1"}), edges=["hook>sum"])
    answer = call_hook(server, hook, {"n": 1})
    assert (answer.status_code, answer.json()) == (
        200,
        {"execution_id": answer.headers["x-execution-id"], "status": "completed", "output": 2},
    )


def test_a227_a_failed_execution_is_500_with_its_id(client: Client, server: ServerProcess) -> None:
    hook = webhook()
    client.deployed(hook, block("sum", "code", {"code": "output = 1 / 0"}), edges=["hook>sum"])
    answer = call_hook(server, hook)
    assert (answer.status_code, answer.json()["error"]) == (500, "EXECUTION_FAILED")
    assert client.get(f"/api/executions/{answer.json()['execution_id']}").json()["status"] == "failed"


def test_a227_a_long_execution_is_504_and_goes_on(client: Client, server: ServerProcess) -> None:
    hook = webhook()
    event = unique("awaited")
    client.deployed(hook, block("nap", "flow.wait_event", {"event": event}), edges=["hook>nap"])
    answer = call_hook(server, hook)
    assert (answer.status_code, answer.json()["error"]) == (504, "STILL_RUNNING")
    assert client.get(f"/api/executions/{answer.json()['execution_id']}").json()["status"] == "waiting"
    client.post("/api/events", json={"name": event})
    assert client.wait_for(answer.json()["execution_id"])["status"] == "completed"


def test_a228_no_account_is_needed_and_none_helps(server: ServerProcess, client: Client, hook: dict[str, Any]) -> None:
    assert call_hook(server, hook).status_code == 200
    assert client.post(path(hook)).status_code == 401, "the owner's session is no secret of the webhook"


def test_a229_the_secret_as_a_bearer_header(server: ServerProcess, hook: dict[str, Any]) -> None:
    assert raw_status(server, path(hook), f"Authorization: Bearer {secret(hook)}".encode()) == 200
    assert raw_status(server, path(hook), b"Authorization: Bearer wrong") == 401
    assert raw_status(server, path(hook)) == 401


def test_a230_the_secret_as_a_query_parameter(server: ServerProcess, hook: dict[str, Any]) -> None:
    assert raw_status(server, path(hook, f"?token={secret(hook)}")) == 200
    assert raw_status(server, path(hook, "?token=wrong")) == 401
    assert raw_status(server, path(hook, "?token=")) == 401


def test_a230_the_secret_is_in_no_log_and_nothing_of_the_execution(server: ServerProcess, client: Client) -> None:
    hook = webhook()
    client.deployed(hook, block("end", "response", {"body": "{{ execution.request }}"}), edges=["hook>end"])
    by_query = httpx.post(hook_url(server, hook), params={"token": secret(hook), "page": "2"}, json={"n": 1})
    assert by_query.json()["query"] == {"page": "2"}
    by_header = call_hook(server, hook, {"n": 1}, headers={"Cookie": "session=mine"})
    assert not {"authorization", "cookie"} & set(by_header.json()["headers"])
    httpx.post(
        hook_url(server, hook), params={"token": secret(hook)}, content=b"{bad", headers={"Content-Type": "application/json"}
    )
    for answer in (by_query, by_header):
        trace = client.get(f"/api/executions/{answer.headers['x-execution-id']}/trace").text
        assert secret(hook) not in answer.text + trace
    assert secret(hook) not in server.log.read_text()


@pytest.mark.parametrize(
    ("content_type", "body", "variables"),
    [
        ("application/json", b'{"order": 7, "deep": {"a": [1, null]}}', {"order": 7, "deep": {"a": [1, None]}}),
        ("application/vnd.shop+json; charset=utf-8", b'{"order": 7}', {"order": 7}),
        ("application/json", b"[1, 2]", {"body": [1, 2]}),
        ("application/json", b'"word"', {"body": "word"}),
        ("application/x-www-form-urlencoded", b"a=1&b=two+words&a=2", {"a": ["1", "2"], "b": "two words"}),
        ("text/plain; charset=latin-1", b"caf\xe9", {"body": "café"}),
        ("text/plain", b'{"not": "json"}', {"body": '{"not": "json"}'}),
        ("application/octet-stream", b"\x00\xff", {"body": {"content_type": "application/octet-stream", "base64": "AP8="}}),
        ("application/json", b"", {}),
    ],
)
def test_a231_the_body_becomes_the_variables(
    server: ServerProcess, client: Client, hook: dict[str, Any], content_type: str, body: bytes, variables: dict[str, Any]
) -> None:
    headers = {"Authorization": f"Bearer {secret(hook)}", "Content-Type": content_type}
    answer = httpx.post(hook_url(server, hook), content=body, headers=headers)
    assert (answer.status_code, answer.json()) == (200, variables)
    assert client.get(f"/api/executions/{answer.headers['x-execution-id']}").json()["input"] == variables


def test_a231_files_of_a_form_come_as_base64(server: ServerProcess, hook: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {secret(hook)}"}
    files = {"bill": ("bill.txt", b"12 EUR", "text/plain")}
    answer = httpx.post(hook_url(server, hook), data={"note": "hi"}, files=files, headers=headers)
    file = {"filename": "bill.txt", "content_type": "text/plain", "size": 6, "base64": "MTIgRVVS"}
    assert answer.json() == {"note": "hi", "bill": file}


@pytest.mark.parametrize("prefix", ["Bearer ", "bearer ", "BEARER ", "bEaReR "])
def test_a232_the_header_test_ignores_case(server: ServerProcess, hook: dict[str, Any], prefix: str) -> None:
    assert raw_status(server, path(hook), f"authorization: {prefix}{secret(hook)}".encode()) == 200
    assert raw_status(server, path(hook, f"?token={secret(hook)}"), f"AUTHORIZATION: {prefix}wrong".encode()) == 401


@pytest.mark.parametrize("line", [b"Authorization: Bearer ", b"authorization: bearer ", b"Authorization: Bearer    "])
def test_a233_an_empty_bearer_token_is_401_and_the_query_is_not_asked(
    server: ServerProcess, hook: dict[str, Any], line: bytes
) -> None:
    assert raw_status(server, path(hook, f"?token={secret(hook)}"), line) == 401


@pytest.mark.parametrize(
    "line",
    [b"Authorization: Bearer", b"Authorization: Basic YTpi", b"Authorization:", b"Authorization: Bearerx", b"X-Nothing: 1"],
)
def test_a234_the_query_is_asked_when_the_header_does_not_start_with_bearer_and_a_blank(
    server: ServerProcess, hook: dict[str, Any], line: bytes
) -> None:
    assert raw_status(server, path(hook, f"?token={secret(hook)}"), line) == 200
    assert raw_status(server, path(hook, "?token=wrong"), line) == 401
    assert raw_status(server, path(hook), line) == 401


def test_a235_the_header_alone_decides_when_both_are_given(server: ServerProcess, hook: dict[str, Any]) -> None:
    right, wrong = f"Authorization: Bearer {secret(hook)}".encode(), b"Authorization: Bearer wrong"
    assert raw_status(server, path(hook, "?token=wrong"), right) == 200
    assert raw_status(server, path(hook, f"?token={secret(hook)}"), wrong) == 401


def test_g28_only_the_methods_of_the_block_are_taken(client: Client, server: ServerProcess) -> None:
    hook = webhook(methods=["GET", "PUT"])
    client.deployed(hook, block("end", "response"), edges=["hook>end"])
    headers = {"Authorization": f"Bearer {secret(hook)}"}
    statuses = {
        method: httpx.request(method, hook_url(server, hook), headers=headers).status_code
        for method in ("GET", "PUT", "POST", "DELETE")
    }
    assert statuses == {"GET": 200, "PUT": 200, "POST": 405, "DELETE": 405}


def test_g28_a_webhook_block_that_is_switched_off_takes_no_call(client: Client, server: ServerProcess) -> None:
    hook = webhook() | {"enabled": False}
    client.deployed(hook, block("start", "starter"))
    assert (call_hook(server, hook).status_code, call_hook(server, hook, secret="wrong").status_code) == (403, 401)


@pytest.mark.parametrize(
    "body", [b"{", b'{"a": NaN}', b"\xff", b"[" * 10_000, json.dumps("x" * 1_100_000).encode()], ids=range(5)
)
def test_g28_bad_bodies_are_refused_before_anything_runs(client: Client, server: ServerProcess, body: bytes) -> None:
    hook = webhook()
    workflow = client.deployed(hook)
    answer = call_hook(server, hook, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == (413 if len(body) > 1_000_000 else 400)
    assert client.get("/api/executions", params={"workflow_id": workflow}).json()["total"] == 0
