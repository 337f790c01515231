"""What is tried again and what is not, and that no block can catch a cancellation."""

from __future__ import annotations

from typing import Any

import pytest

from app.sdk import Json
from tests.support.graphs import block
from tests.support.server import Client

START = block("start", "starter")
TRY = block("try", "flow.try", {"attempts": 3})
CATCH = block("caught", "data.set", {"others": "drop", "fields": [{"name": "code", "value": "{{ input.error.code }}"}]})
CAUGHT = ("start>try", "try:catch>caught")


def rounds(client: Client, execution: str, block_id: str) -> list[str]:
    """The iterations in which a block ran."""
    steps = client.get(f"/api/executions/{execution}").json()["steps"]
    return [step["iteration"] for step in steps if step["block_id"] == block_id]


def tried(client: Client, *body: dict[str, Any], edges: list[str]) -> dict[str, Any]:
    """How an execution ends that tries this body up to three times."""
    return client.execute(client.new(START, TRY, CATCH, *body, edges=[*CAUGHT, *edges]))


def executions(client: Client, workflow: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/executions", params={"workflow_id": workflow}).json()["executions"]
    return found


@pytest.mark.parametrize(
    ("type", "config", "code", "times"),
    [
        ("flow.stop_error", {"message": "No items", "code": "ORDER_EMPTY"}, "ORDER_EMPTY", 1),
        ("flow.subworkflow", {"workflow": "nobody has drawn this"}, "WORKFLOW_NOT_FOUND", 1),
        ("data.set", {"fields": [{"name": "a", "value": "{{ input.missing }}"}]}, "MISSING_PATH", 1),
        ("code", {"code": "output = 1 / 0"}, "CODE_ERROR", 3),
    ],
    ids=["a stop", "a workflow that is not there", "a wrong reference", "an error of code"],
)
def test_only_what_may_get_better_is_tried_again(
    client: Client, type: str, config: dict[str, Json], code: str, times: int
) -> None:
    done = tried(client, block("bad", type, config), edges=["try:try>bad"])
    assert (done["status"], done["output"]) == ("completed", {"code": code})
    assert len(rounds(client, done["execution_id"], "bad")) == times


def test_a_stop_in_a_loop_in_a_try_is_not_repeated(client: Client) -> None:
    loop, stop = block("loop", "flow.loop", {"items": [1, 2]}), block("stop", "flow.stop_error", {"message": "Enough"})
    done = tried(client, loop, stop, edges=["try:try>loop", "loop:item>stop"])
    assert done["output"] == {"code": "STOP_ERROR"}
    assert rounds(client, done["execution_id"], "stop") == ["0/0"]


@pytest.mark.parametrize(("code", "times"), [("output = 1 / 0", 3), ("output = 1", 1)], ids=["breaks", "refuses"])
def test_another_workflow_is_run_again_unless_it_refuses_what_it_is_given(client: Client, code: str, times: int) -> None:
    needs = {"variables": [{"name": "who", "required": times == 1}]}
    child = client.new(block("start", "trigger.workflow", needs), block("work", "code", {"code": code}), edges=["start>work"])
    run = block("run", "flow.subworkflow", {"workflow": child, "input": {}})
    done = tried(client, run, edges=["try:try>run"])
    assert done["output"] == {"code": "WORKFLOW_FAILED"}
    assert len(executions(client, child)) == times


def test_a_cancellation_is_caught_by_nothing(client: Client) -> None:
    goes_on = {"on_error": "continue", "retry": {"attempts": 5, "delay_ms": 0}}
    nap = block("nap", "flow.wait", {"seconds": 600}, policy=goes_on)
    after, repair = block("after", "flow.noop"), block("repair", "flow.noop")
    edges = [*CAUGHT, "try:try>nap", "nap>after", "try:error>repair"]
    workflow = client.new(START, TRY, CATCH, nap, after, repair, edges=edges)
    execution = client.post(f"/api/workflows/{workflow}/execute", json={"wait": False}).json()["execution_id"]
    client.wait_for(execution, "waiting")
    assert client.post(f"/api/executions/{execution}/cancel").json()["status"] == "cancelled"
    steps = {step["block_id"]: step["status"] for step in client.get(f"/api/executions/{execution}").json()["steps"]}
    assert {steps.get(name, "skipped") for name in ("caught", "after", "repair")} == {"skipped"}
    assert steps["nap"] == "cancelled"


def test_a_loop_runs_another_workflow_once_for_each_item_even_for_the_same_one(client: Client) -> None:
    child = client.new(block("start", "starter"))
    member = {"kind": "workflow", "workflow": child}
    run = block("run", "orchestration", {"strategy": "sequential", "members": [member]})
    loop = block("loop", "flow.loop", {"items": [{"n": 1}, {"n": 1}, {"n": 1}]})
    done = client.execute(client.new(START, loop, run, edges=["start>loop", "loop:item>run"]))
    assert [item["output"] for item in done["output"]] == 3 * [{"n": 1}]
    assert len(executions(client, child)) == 3
