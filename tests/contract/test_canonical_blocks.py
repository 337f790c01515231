"""What the canonical blocks do: contract.md A190, A192-A194, A196-A198."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.graphs import block, webhook
from tests.support.hooks import call_hook
from tests.support.peer import Peer, Reply
from tests.support.server import Client, ServerProcess


def test_a190_the_starter_injects_the_variables_of_the_workflow(client: Client) -> None:
    variables = [
        {"name": "customer", "type": "string", "required": True},
        {"name": "amount", "type": "number", "default": 10},
        {"name": "urgent", "type": "boolean"},
    ]
    shown = {"who": "{{ variables.customer }}", "amount": "{{ variables.amount }}", "all": "{{ input }}"}
    workflow = client.new(
        block("start", "starter", {"variables": variables}), block("end", "response", {"body": shown}), edges=["start>end"]
    )
    answer = client.execute(workflow, customer="Ada", extra=[1])
    assert answer["output"] == {
        "who": "Ada",
        "amount": 10,
        "all": {"customer": "Ada", "amount": 10, "urgent": None, "extra": [1]},
    }
    wrong = client.execute(workflow, customer="Ada", amount="ten")
    assert (wrong["status"], wrong["error"]["code"]) == ("failed", "VARIABLES_INVALID")
    assert "`amount` must be" in wrong["error"]["message"]


def test_a192_the_code_block_runs_python_with_variables_and_input(client: Client) -> None:
    code = (
        "print('adding')\ntotal = sum(item['price'] for item in input['items'])\nreturn {'all': total, 'for': variables['name']}"
    )
    workflow = client.new(block("start", "starter"), block("sum", "code", {"code": code}), edges=["start>sum"])
    answer = client.execute(workflow, items=[{"price": 4}, {"price": 5.5}], name="Ada")
    assert answer["output"] == {"all": 9.5, "for": "Ada"}
    assert next(step["log"] for step in answer["steps"] if step["block_id"] == "sum") == ["adding"]


BRANCHES = [
    {"name": "Large", "expression": "input.total > 100"},
    {"expression": "input.total > 50"},
    {"expression": "input.total > 10"},
]


@pytest.mark.parametrize(("total", "handle"), [(500, "if"), (100, "elif_1"), (11, "elif_2"), (10, "else")])
def test_a193_the_condition_takes_the_first_branch_that_is_true(client: Client, total: int, handle: str) -> None:
    handles = ["if", "elif_1", "elif_2", "else"]
    ends = [block(name, "response", {"body": {"way": name, "input": "{{ input }}"}}) for name in handles]
    workflow = client.new(
        block("start", "starter"),
        block("check", "condition", {"branches": BRANCHES}),
        *ends,
        edges=["start>check", *(f"check:{name}>{name}" for name in handles)],
    )
    answer = client.execute(workflow, total=total)
    assert answer["output"] == {"way": handle, "input": {"total": total}}
    statuses = {step["block_id"]: step["status"] for step in answer["steps"]}
    assert {name for name in handles if statuses[name] == "skipped"} == set(handles) - {handle}


def test_a193_a_condition_that_is_not_true_or_false_fails_with_its_place(client: Client) -> None:
    branches = [{"expression": "input.total == 1"}, {"expression": "input.total"}]
    workflow = client.new(block("start", "starter"), block("check", "condition", {"branches": branches}), edges=["start>check"])
    error = client.execute(workflow, total=3)["error"]
    assert error["block_id"] == "check"
    assert "branches.1.expression" in error["message"]


def call_api(client: Client, config: dict[str, Any], **variables: Any) -> dict[str, Any]:
    workflow = client.new(block("start", "starter"), block("call", "general_api", config), edges=["start>call"])
    return client.execute(workflow, **variables)


def test_a194_general_api_calls_an_address_and_reads_the_answer(client: Client, peer: Peer) -> None:
    peer.replies["/orders"] = Reply({"id": 7}, 201, {"X-Shop": "open"})
    config = {
        "method": "POST",
        "url": f"{peer.url}/orders",
        "params": {"dry": "{{ variables.dry }}"},
        "headers": {"X-Trace": "abc"},
        "body": {"item": "{{ variables.item }}", "count": 2},
    }
    answer = call_api(client, config, item="book", dry="yes")
    output = answer["output"]
    assert (output["status_code"], output["body"], output["headers"]["x-shop"]) == (201, {"id": 7}, "open")
    [seen] = peer.seen
    assert (seen.method, seen.path, seen.json()) == ("POST", "/orders?dry=yes", {"item": "book", "count": 2})
    assert (seen.headers["x-trace"], seen.headers["content-type"]) == ("abc", "application/json")


@pytest.mark.parametrize(
    ("body_type", "body", "content_type", "sent"),
    [
        ("form", {"a": "1 & 2"}, "application/x-www-form-urlencoded", b"a=1+%26+2"),
        ("raw", "<x/>", "text/plain; charset=utf-8", b"<x/>"),
    ],
)
def test_a194_general_api_sends_other_kinds_of_bodies(
    client: Client, peer: Peer, body_type: str, body: Any, content_type: str, sent: bytes
) -> None:
    peer.replies["/in"] = Reply("fine", 200, {"Content-Type": "text/plain"})
    answer = call_api(client, {"method": "PUT", "url": f"{peer.url}/in", "body_type": body_type, "body": body})
    assert answer["output"]["body"] == "fine"
    assert (peer.seen[0].headers["content-type"], peer.seen[0].body) == (content_type, sent)


def test_a194_an_error_status_fails_unless_that_is_switched_off(client: Client, peer: Peer) -> None:
    peer.replies["/gone"] = Reply({"why": "moved"}, 410)
    failed = call_api(client, {"url": f"{peer.url}/gone"})
    assert (failed["status"], failed["error"]["code"]) == ("failed", "HTTP_STATUS")
    assert "410" in failed["error"]["message"]
    passed = call_api(client, {"url": f"{peer.url}/gone", "fail_on_status": False})
    assert (passed["status"], passed["output"]["status_code"], passed["output"]["body"]) == ("completed", 410, {"why": "moved"})


def test_a194_a_slow_address_is_given_up(client: Client, peer: Peer) -> None:
    peer.replies["/slow"] = Reply({}, delay=0.4)
    answer = call_api(client, {"url": f"{peer.url}/slow", "timeout_ms": 100})
    assert (answer["status"], answer["error"]["code"]) == ("failed", "TIMEOUT")


def test_a196_the_response_answers_with_status_headers_and_body(client: Client, server: ServerProcess) -> None:
    hook = webhook()
    config = {
        "status": 201,
        "headers": {"X-Order": "{{ variables.id }}"},
        "body": {"made": "{{ variables.id }}", "n": "{{ input.n }}"},
    }
    client.deployed(hook, block("end", "response", config), edges=["hook>end"])
    answer = call_hook(server, hook, {"id": "A7", "n": 3})
    assert (answer.status_code, answer.headers["x-order"], answer.json()) == (201, "A7", {"made": "A7", "n": 3})


def test_a196_without_a_body_the_response_is_its_input(client: Client) -> None:
    workflow = client.new(block("start", "starter"), block("end", "response"), edges=["start>end"])
    assert client.execute(workflow, total=12)["output"] == {"total": 12}


def test_a197_the_branches_of_a_split_run_at_the_same_time(client: Client, peer: Peer) -> None:
    peer.replies |= {"/a": Reply("a", delay=0.3), "/b": Reply("b", delay=0.3)}
    calls = [block(name, "general_api", {"url": f"{peer.url}/{name}"}) for name in ("a", "b")]
    both = {"a": "{{ blocks.a.output.body }}", "b": "{{ blocks.b.output.body }}"}
    workflow = client.new(
        block("start", "starter"),
        block("way", "split", {"branches": 2}),
        *calls,
        block("end", "response", {"body": both}),
        edges=["start>way", "way:branch_1>a", "way:branch_2>b", "a>end", "b>end"],
    )
    assert client.execute(workflow)["output"] == {"a": "a", "b": "b"}
    [a], [b] = peer.calls("/a"), peer.calls("/b")
    assert max(a.began, b.began) < min(a.ended, b.ended), "one branch waited for the other"


def test_a197_every_branch_of_a_split_gets_the_same_input(client: Client) -> None:
    branches = [block(f"n{number}", "code", {"code": f"output = input['x'] * {number}"}) for number in (1, 2, 3)]
    workflow = client.new(
        block("start", "starter"),
        block("way", "split", {"branches": 3}),
        *branches,
        block("end", "response"),
        edges=["start>way", *(f"way:branch_{n}>n{n}" for n in (1, 2, 3)), *(f"n{n}>end" for n in (1, 2, 3))],
    )
    assert client.execute(workflow, x=5)["output"] == {"n1": 5, "n2": 10, "n3": 15}


def test_a198_the_webhook_block_starts_the_workflow_with_the_body(client: Client, server: ServerProcess) -> None:
    hook = webhook(methods=["POST", "PUT"])
    shown = {
        "order": "{{ variables.order }}",
        "method": "{{ execution.request.method }}",
        "page": "{{ execution.request.query.page }}",
    }
    client.deployed(hook, block("end", "response", {"body": shown}), edges=["hook>end"])
    answer = call_hook(server, hook, {"order": 7}, params={"page": "2"})
    assert (answer.status_code, answer.json()) == (200, {"order": 7, "method": "POST", "page": "2"})
    execution = client.get(f"/api/executions/{answer.headers['x-execution-id']}").json()
    assert (execution["trigger"], execution["input"], execution["status"]) == ("webhook", {"order": 7}, "completed")
