"""Every GitHub webhook body of tests/data through the deployed template *Triage a GitHub issue*, by HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.hooks import call_hook
from tests.support.server import Client, ServerProcess

DELIVERIES: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "data" / "github_webhooks.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def hook(client: Client) -> dict[str, Any]:
    """The webhook of a workflow made from the template and deployed."""
    made = client.post("/templates/github_triage/use", headers={"Accept": "text/html"})
    assert made.status_code == 303, made.text
    workflow = made.headers["location"].rpartition("/")[2]
    assert client.post(f"/api/workflows/{workflow}/deploy").json() == {"ok": True, "state": "deployed"}
    return next(found for found in client.get(f"/api/workflows/{workflow}").json()["blocks"] if found["type"] == "webhook")


def right_answer(payload: dict[str, Any]) -> dict[str, Any]:
    """What the template promises, worked out from the payload alone."""
    if "issue" not in payload:
        return {"decision": "ignored", "title": None, "number": None}
    issue = payload["issue"]
    labels = " | ".join(label["name"].lower() for label in issue.get("labels") or [])
    decision = "untriaged"
    if any(word in labels for word in ("bug", "defect", "crash")):
        decision = "bug"
    elif any(word in labels for word in ("feature", "enhancement")):
        decision = "feature"
    elif any(word in labels for word in ("question", "support", "help")):
        decision = "question"
    return {"decision": decision, "title": issue["title"], "number": issue["number"]}


def test_the_deliveries_are_worth_trying() -> None:
    assert len(DELIVERIES) == 50
    decisions = {right_answer(delivery["payload"])["decision"] for delivery in DELIVERIES}
    assert {"bug", "untriaged", "ignored"} <= decisions


@pytest.mark.parametrize("number", range(50), ids=lambda number: f"{number}-{DELIVERIES[number]['event']}")
def test_a_delivery_gets_the_right_answer(client: Client, server: ServerProcess, hook: dict[str, Any], number: int) -> None:
    delivery = DELIVERIES[number]
    answer = call_hook(server, hook, delivery["payload"], headers={"X-GitHub-Event": delivery["event"]})
    assert (answer.status_code, answer.json()) == (200, right_answer(delivery["payload"]))
    execution = client.get(f"/api/executions/{answer.headers['x-execution-id']}").json()
    assert (execution["status"], execution["input"]) == ("completed", delivery["payload"])


def test_a_delivery_without_the_secret_is_refused(server: ServerProcess, hook: dict[str, Any]) -> None:
    url = f"{server.url}/api/webhooks/{hook['config']['webhook_id']}"
    assert httpx.post(url, json=DELIVERIES[0]["payload"]).status_code == 401
