"""A workflow that another one runs enters where it is meant to be entered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.graphs import block
from tests.support.server import Client

BY_HAND = block("start", "starter", {"variables": [{"name": "who", "default": "a person"}]})
CALLED = block("called", "trigger.workflow", {"variables": [{"name": "who", "required": True}]})


def greeting(client: Client, *starts: dict[str, Any]) -> str:
    edges = [f"{one['id']}>hello" for one in starts]
    return client.new(*starts, block("hello", "data.set", {"fields": [{"name": "who", "value": "{{ input.who }}"}]}), edges=edges)


def running(client: Client, workflow: str, type: str, variables: dict[str, Any]) -> dict[str, Any]:
    """How a workflow ends that runs another one in the way of this block type."""
    member = {"kind": "workflow", "workflow": workflow}
    ways: dict[str, dict[str, Any]] = {
        "flow.subworkflow": {"workflow": workflow, "input": variables},
        "orchestration": {"strategy": "sequential", "members": [member], "input": variables},
    }
    parent = client.new(block("start", "starter"), block("run", type, ways[type]), edges=["start>run"])
    return client.execute(parent)


@pytest.mark.parametrize("way", ["flow.subworkflow", "orchestration"])
def test_it_enters_at_the_trigger_for_other_workflows(client: Client, way: str) -> None:
    child = greeting(client, BY_HAND, CALLED)
    done = running(client, child, way, {"who": "Ada"})
    assert (done["status"], done["output"]["output"]) == ("completed", {"who": "Ada"})
    (run,) = client.get("/api/executions", params={"workflow_id": child}).json()["executions"]
    steps = {step["block_id"]: step["status"] for step in client.get(f"/api/executions/{run['id']}").json()["steps"]}
    assert steps == {"called": "completed", "hello": "completed", "start": "skipped"}


def test_what_that_trigger_needs_is_checked(client: Client) -> None:
    done = running(client, greeting(client, BY_HAND, CALLED), "flow.subworkflow", {})
    assert (done["status"], done["error"]["code"]) == ("failed", "WORKFLOW_FAILED")
    assert "Variable `who` is needed" in done["error"]["message"]


def test_a_person_still_starts_it_by_hand(client: Client) -> None:
    assert client.execute(greeting(client, BY_HAND, CALLED))["output"] == {"who": "a person"}


def test_without_such_a_trigger_it_enters_as_by_hand(client: Client) -> None:
    done = running(client, greeting(client, BY_HAND), "flow.subworkflow", {})
    assert done["output"]["output"] == {"who": "a person"}


def test_two_such_triggers_are_one_too_many(client: Client) -> None:
    other = {**CALLED, "id": "other"}
    done = running(client, greeting(client, CALLED, other), "flow.subworkflow", {"who": "Ada"})
    assert done["status"] == "failed"
    assert "Another workflow can start it at `called`, `other`" in done["error"]["message"]
