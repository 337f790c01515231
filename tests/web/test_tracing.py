"""Traces for a collector: requests, executions and steps belong together, and nothing secret is told."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.collector import Collector, ReceivedSpan
from tests.support.graphs import block, webhook
from tests.support.server import Client, ServerProcess
from tests.support.warm import ROOT

SECRET = "pst-do-not-tell"
CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
CALLER_OF_HOOK = "00-5cf92f3577b34da6a3ce929d0e0e4737-00f067aa0ba902b8-01"
CHAIN = (block("start", "starter"), block("end", "code", {"code": "output = 1"}))


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with Collector() as running:
        yield running


@pytest.fixture(scope="module")
def client(collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    server = ServerProcess(tmp_path_factory.mktemp("traced") / "data", "--no-auth", environment=environment).start()
    yield Client(server.url)
    server.stop()


def of(collector: Collector, execution: str) -> ReceivedSpan:
    (span,) = collector.found(lambda one: one.attributes.get("blockyard.execution.id") == execution)
    return span


def address(hook: dict[str, Any]) -> str:
    return f"/api/webhooks/{hook['config']['webhook_id']}?token={SECRET}"


def test_a_request_its_execution_and_its_steps_are_one_trace(client: Client, collector: Collector) -> None:
    workflow = client.new(*CHAIN, edges=["start>end"])
    address = f"/api/workflows/{workflow}/execute?token={SECRET}"
    answer = client.post(address, json={"input": {"key": SECRET}}, headers={"traceparent": CALLER})
    execution = of(collector, answer.json()["execution_id"])
    assert (execution.attributes["blockyard.status"], execution.attributes["blockyard.workflow.id"]) == ("completed", workflow)
    steps = collector.found(lambda one: one.parent == execution.id)
    assert {step.name for step in steps} == {"step start", "step end"}
    assert {step.attributes["blockyard.status"] for step in steps} == {"completed"}
    (request,) = collector.found(lambda one: one.id == execution.parent)
    assert request.name == "POST /api/workflows/{workflow}/execute"
    assert request.attributes["http.response.status_code"] == 200
    assert request.attributes["blockyard.request.id"] == answer.headers["x-request-id"]
    assert {request.trace, execution.trace, *(step.trace for step in steps)} == {CALLER.split("-")[1]}
    assert request.nanoseconds >= execution.nanoseconds > 0


def test_a_webhook_call_its_execution_and_its_steps_are_one_trace(client: Client, collector: Collector) -> None:
    hook = webhook(secret=SECRET)
    workflow = client.deployed(hook, block("end", "code", {"code": "output = 1"}), edges=["hook>end"])
    answer = client.post(address(hook), json={"key": SECRET}, headers={"traceparent": CALLER_OF_HOOK})
    execution = of(collector, answer.headers["x-execution-id"])
    assert (execution.attributes["blockyard.status"], execution.attributes["blockyard.workflow.id"]) == ("completed", workflow)
    (request,) = collector.found(lambda one: one.id == execution.parent)
    assert request.name == "POST /api/webhooks/{webhook_id}"
    assert request.attributes["http.response.status_code"] == 200
    assert request.attributes["blockyard.request.id"] == answer.headers["x-request-id"]
    steps = collector.found(lambda one: one.parent == execution.id)
    assert {step.name for step in steps} == {"step hook", "step end"}
    assert {request.trace, execution.trace, *(step.trace for step in steps)} == {CALLER_OF_HOOK.split("-")[1]}


def test_a_webhook_call_that_is_refused_has_a_span_with_its_status(client: Client, collector: Collector) -> None:
    hook = webhook(secret="another")
    client.deployed(hook)
    answer = client.post(address(hook))
    (span,) = collector.found(lambda one: one.attributes.get("blockyard.request.id") == answer.headers["x-request-id"])
    assert (span.name, span.attributes["http.response.status_code"]) == ("POST /api/webhooks/{webhook_id}", answer.status_code)
    assert answer.status_code == 401


def test_failures_are_told_by_their_code_alone(client: Client, collector: Collector) -> None:
    failing = block("end", "flow.stop_error", {"message": f"it is {SECRET}"})
    execution = client.execute(client.new(block("start", "starter"), failing, edges=["start>end"]))
    span = of(collector, execution["execution_id"])
    assert span.problem == execution["error"]["code"]
    (step,) = collector.found(lambda one: one.parent == span.id and one.name == "step end")
    assert step.problem == execution["error"]["code"]


def test_nothing_secret_is_told(client: Client, collector: Collector) -> None:
    client.post("/api/v1/credentials", json={"name": "TOLD", "type": "bearer", "data": {"token": SECRET}})
    answer = client.get(f"/api/workflows?q={SECRET}")
    collector.found(lambda one: one.attributes.get("blockyard.request.id") == answer.headers["x-request-id"])
    assert not [body for body in collector.bodies if SECRET.encode() in body]


def test_without_a_collector_nothing_of_it_is_loaded() -> None:
    script = "import sys, app.main; assert not [name for name in sys.modules if name.startswith('opentelemetry.sdk')]"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=60)
