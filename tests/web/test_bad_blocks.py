"""Blocks that must not hurt: endless code, greedy code, calls into the own network, answers that attack the caller."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.graphs import block, webhook
from tests.support.hooks import call_hook
from tests.support.peer import Peer, Reply
from tests.support.server import Client, ServerProcess


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer() as running:
        yield running


def failure(client: Client, type: str, config: dict[str, Any]) -> dict[str, Any]:
    """How a workflow fails whose one block has this configuration."""
    result = client.execute(client.new(block("start", "starter"), block("it", type, config), edges=["start>it"]))
    assert result["status"] == "failed", result
    error: dict[str, Any] = result["error"]
    assert error["block_id"] == "it"
    return error


def test_code_that_loops_for_ever_is_ended_and_says_so(client: Client, kept: str) -> None:
    error = failure(client, "code", {"code": "while True:\n    pass"})
    assert error["code"] == "CODE_TIMEOUT"
    assert "2 seconds" in error["message"]


def test_while_code_loops_the_server_answers(client: Client, kept: str) -> None:
    workflow = client.new(block("start", "starter"), block("it", "code", {"code": "while True:\n    pass"}), edges=["start>it"])
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(client.execute, workflow)
        slowest = 0.0
        while not running.done():
            began = time.monotonic()
            assert client.get("/api/blocks").status_code == 200
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.05)
    assert running.result()["status"] == "failed"
    assert slowest < 1


@pytest.mark.parametrize(
    "code", ["x = []\nwhile True:\n    x.append('a' * 1000000)", "output = 'a' * (10 ** 10)", "output = [0] * (10 ** 9)"]
)
def test_code_that_eats_memory_is_ended(client: Client, kept: str, code: str) -> None:
    assert failure(client, "code", {"code": code})["code"] in ("CODE_MEMORY", "CODE_TIMEOUT")


@pytest.mark.parametrize(
    "code",
    [
        "import os\noutput = os.environ['PATH']",
        "output = open('/etc/passwd').read()",
        "import socket\nsocket.create_connection(('127.0.0.1', 1))",
        "import subprocess\noutput = subprocess.run(['id'])",
        "output = ().__class__.__base__.__subclasses__()",
        "output = __import__('os').getcwd()",
    ],
    ids=lambda code: code.split("(")[0][-24:],
)
def test_code_has_no_files_network_processes_or_environment(client: Client, kept: str, code: str) -> None:
    assert failure(client, "code", {"code": code})["code"] in ("CODE_ERROR", "CODE_SYNTAX")


@pytest.mark.parametrize("code", ["output = float('nan')", "output = {1, 2}", "output = 10 ** 100000", "output = b'x'"])
def test_code_that_answers_no_json_fails_at_its_block(client: Client, kept: str, code: str) -> None:
    assert failure(client, "code", {"code": code})["code"].startswith("CODE")


def test_an_output_that_is_too_large_fails_at_its_block(client: Client, kept: str) -> None:
    assert failure(client, "code", {"code": "output = 'a' * 3000000"})["code"] in ("OUTPUT_TOO_LARGE", "CODE_OUTPUT")


def test_an_endless_expression_is_ended(client: Client, kept: str) -> None:
    expression = "len([a for a in range(10000) for b in range(10000) for c in range(10000)]) > 1"
    began = time.monotonic()
    assert "branches.0.expression" in failure(client, "condition", {"branches": [{"expression": expression}]})["message"]
    assert time.monotonic() - began < 3


PRIVATE = [
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://0.0.0.0:8080/",
    "http://[::1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[::ffff:169.254.169.254]/",
    "http://[fd00::1]/",
    "http://[fe80::1]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[2002:a9fe:a9fe::]/",
    "http://2852039166/",
    "http://0xa9.0xfe.0xa9.0xfe/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://127.0.0.2/",
    "http://198.18.0.1/",
]


@pytest.mark.parametrize("url", PRIVATE)
def test_addresses_of_the_own_network_are_refused(client: Client, kept: str, url: str) -> None:
    error = failure(client, "general_api", {"url": url, "timeout_ms": 3000})
    assert error["code"] == "EGRESS_REFUSED", error
    assert "BLOCKYARD_EGRESS_ALLOW" in error["message"]


def test_a_redirect_into_the_own_network_is_refused(client: Client, kept: str, peer: Peer) -> None:
    peer.replies["/away"] = Reply(None, 302, {"Location": "http://169.254.169.254/latest/"})
    assert failure(client, "general_api", {"url": f"{peer.url}/away"})["code"] == "EGRESS_REFUSED"


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.com/",
        "gopher://x/",
        "http://",
        "nonsense",
        "http://user:pw@127.0.0.1/",
        "http://0251.0376.0251.0376/",
        "http://\x00/",
    ],
)
def test_addresses_that_are_none_are_refused(client: Client, kept: str, url: str) -> None:
    error = failure(client, "general_api", {"url": url})
    assert error["code"] == "BAD_URL"
    assert "pw" not in error["message"]


@pytest.mark.parametrize(
    "headers",
    [{"X-A": "1\r\nX-B: 2"}, {"X A": "1"}, {"Host": "evil"}, {"Content-Length": "0"}, {"Transfer-Encoding": "chunked"}],
    ids=str,
)
def test_headers_that_would_change_the_request_are_refused(
    client: Client, kept: str, peer: Peer, headers: dict[str, str]
) -> None:
    assert failure(client, "general_api", {"url": f"{peer.url}/x", "headers": headers})["code"] == "BAD_HEADER"
    assert peer.seen == []


def test_a_variable_cannot_smuggle_a_header_into_a_request(client: Client, kept: str, peer: Peer) -> None:
    config = {"url": f"{peer.url}/x", "headers": {"X-Name": "{{ variables.name }}"}}
    workflow = client.new(block("start", "starter"), block("it", "general_api", config), edges=["start>it"])
    result = client.execute(workflow, name="a\r\nX-Evil: 1")
    assert (result["status"], result["error"]["code"], peer.seen) == ("failed", "BAD_HEADER", [])


def test_an_answer_that_is_nested_too_deep_fails_at_its_block(client: Client, kept: str, peer: Peer) -> None:
    peer.replies["/deep"] = Reply("[" * 300 + "]" * 300, headers={"Content-Type": "application/json"})
    assert failure(client, "general_api", {"url": f"{peer.url}/deep"})["code"] == "OUTPUT_TOO_DEEP"


def test_an_answer_without_end_is_cut_off(client: Client, kept: str, peer: Peer) -> None:
    peer.replies["/big"] = Reply("x" * 11_000_000, headers={"Content-Type": "text/plain"})
    assert failure(client, "general_api", {"url": f"{peer.url}/big"})["code"] == "RESPONSE_TOO_LARGE"


def hooked(client: Client, config: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    hook = webhook()
    return client.new(hook, block("end", "response", config), edges=["hook>end"]), hook


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"status": 99}, "status"),
        ({"status": 600}, "status"),
        ({"status": 101}, "status"),
        ({"status": "ok"}, "status"),
        ({"status": True}, "status"),
        ({"headers": []}, "headers"),
        ({"headers": {"X": "a\r\nSet-Cookie: b=c"}}, "headers"),
        ({"headers": {"X\r\nY": "1"}}, "headers"),
        ({"headers": {"Set-Cookie": "a=b"}}, "headers"),
        ({"headers": {"": "1"}}, "headers"),
        ({"headers": {"Content-Length": "1"}}, "headers"),
        ({"cookies": {}}, "cookies"),
    ],
    ids=str,
)
def test_a_response_block_that_cannot_be_is_not_deployed(client: Client, kept: str, config: dict[str, Any], field: str) -> None:
    workflow, _ = hooked(client, config)
    refused = client.post(f"/api/workflows/{workflow}/deploy")
    assert (refused.status_code, refused.json()["error"]) == (400, "NOT_READY")
    assert {(problem["block_id"], problem["field"].partition(".")[0]) for problem in refused.json()["details"]} == {
        ("end", field)
    }


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: session=evil", "a\nX-Evil: 1", "a\x00b"])
def test_a_caller_cannot_smuggle_headers_into_the_answer(client: Client, server: ServerProcess, kept: str, value: str) -> None:
    workflow, hook = hooked(client, {"headers": {"X-Name": "{{ variables.name }}"}, "body": "fine"})
    client.post(f"/api/workflows/{workflow}/deploy")
    answer = call_hook(server, hook, {"name": value})
    assert answer.status_code == 500
    assert "set-cookie" not in answer.headers
    assert "x-evil" not in answer.headers
    assert call_hook(server, hook, {"name": "plain"}).headers["x-name"] == "plain"


@pytest.mark.parametrize("status", [204, 205, 304])
def test_a_status_that_has_no_body_is_sent_without_one(client: Client, server: ServerProcess, kept: str, status: int) -> None:
    workflow, hook = hooked(client, {"status": status, "body": {"ignored": True}, "headers": {"X-Kept": "yes"}})
    client.post(f"/api/workflows/{workflow}/deploy")
    answer = call_hook(server, hook)
    assert (answer.status_code, answer.content, answer.headers["x-kept"]) == (status, b"", "yes")


def test_letters_of_any_script_go_out_in_headers_as_utf_8(client: Client, server: ServerProcess, kept: str) -> None:
    workflow, hook = hooked(client, {"headers": {"X-Name": "{{ variables.name }}"}, "body": "{{ variables.name }}"})
    client.post(f"/api/workflows/{workflow}/deploy")
    answer = call_hook(server, hook, {"name": "注文 é"})
    raw = dict(answer.headers.raw)
    assert next(value for name, value in raw.items() if name.lower() == b"x-name") == "注文 é".encode()
    assert (answer.text, answer.headers["content-type"]) == ("注文 é", "text/plain; charset=utf-8")


def test_a_workflow_cannot_loosen_the_guard_of_its_answers(client: Client, server: ServerProcess, kept: str) -> None:
    headers = {
        "Content-Security-Policy": "default-src *",
        "X-Content-Type-Options": "off",
        "Content-Type": "text/html",
        "X-Execution-Id": "mine",
        "Clear-Site-Data": '"*"',
        "Strict-Transport-Security": "max-age=1",
        "Service-Worker-Allowed": "/",
        "Date": "never",
    }
    workflow, hook = hooked(client, {"headers": headers, "body": "<script>alert(1)</script>"})
    client.post(f"/api/workflows/{workflow}/deploy")
    answer = call_hook(server, hook)
    assert answer.headers.get_list("content-security-policy") == ["sandbox"]
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
    assert (answer.headers["content-type"], answer.text) == ("text/html; charset=utf-8", "<script>alert(1)</script>")
    assert not {"clear-site-data", "strict-transport-security", "service-worker-allowed"} & set(answer.headers)
    assert "never" not in answer.headers["date"]
    assert client.get(f"/api/executions/{answer.headers['x-execution-id']}").status_code == 200


@pytest.mark.parametrize("body", [b"[" * 99 + b"1" + b"]" * 99, b"[" * 100 + b"1" + b"]" * 100])
def test_a_call_nested_as_deep_as_is_allowed_can_be_looked_at(
    client: Client, server: ServerProcess, kept: str, body: bytes
) -> None:
    workflow, hook = hooked(client, {})
    client.post(f"/api/workflows/{workflow}/deploy")
    answer = call_hook(server, hook, content=b'{"a": ' + body + b"}", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.content) == (200, b'{"a":' + body + b"}")
    execution = answer.headers["x-execution-id"]
    assert client.get(f"/api/executions/{execution}/trace").status_code == 200
    assert client.get(f"/executions/{execution}", headers={"Accept": "text/html"}).status_code == 200
