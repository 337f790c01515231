"""Running another workflow: what it is given, how it ends, and what happens when the step runs again."""

from collections.abc import Mapping
from typing import Any

import pytest

from app.sdk import BlockError, Json, Output, WorkflowResult
from blocks.flow.subworkflow import BLOCK

pytestmark = pytest.mark.anyio

CHECK = {"workflow": "check"}


def good(variables: Mapping[str, Json]) -> WorkflowResult:
    return WorkflowResult("e-1", "completed", {"got": dict(variables)})


def bad(variables: Mapping[str, Json]) -> WorkflowResult:
    return WorkflowResult("e-1", "failed", None, {"code": "X", "message": "no stock"})


@pytest.mark.parametrize(
    ("config", "value", "variables"),
    [
        ({}, {"city": "Köln"}, {"city": "Köln"}),
        ({}, None, {}),
        ({}, [1], {"input": [1]}),
        ({"input": {"city": "{{ input }}"}}, "Köln", {"city": "Köln"}),
        ({"input": "{{ input }}"}, "Köln", {"input": "Köln"}),
        ({"input": {}}, {"city": "Köln"}, {}),
    ],
)
async def test_what_it_is_given(
    stage: Any, workflows: Any, config: dict[str, Json], value: Json, variables: dict[str, Json]
) -> None:
    outcome = await stage(workflows=workflows(check=good)).run("flow.subworkflow", CHECK | config, value)
    assert outcome == Output({"execution_id": "e-1", "status": "completed", "output": {"got": variables}})


async def test_a_failure_fails_this_block_too(stage: Any, workflows: Any) -> None:
    with pytest.raises(BlockError) as caught:
        await stage(workflows=workflows(check=bad)).run("flow.subworkflow", CHECK, {})
    assert (caught.value.code, caught.value.message) == ("WORKFLOW_FAILED", "workflow `check` ended as failed: no stock")
    assert (caught.value.details, caught.value.retryable) == ({"execution_id": "e-1", "status": "failed"}, True)


async def test_a_cancelled_one_without_a_reason_fails_as_well(stage: Any, workflows: Any) -> None:
    cancelled = workflows(check=lambda _: WorkflowResult("e-1", "cancelled", None))
    with pytest.raises(BlockError, match=r"ended as cancelled$"):
        await stage(workflows=cancelled).run("flow.subworkflow", CHECK, {})


async def test_or_tells_how_it_ended(stage: Any, workflows: Any) -> None:
    outcome = await stage(workflows=workflows(check=bad)).run("flow.subworkflow", CHECK | {"fail_on_failure": False}, {})
    error = {"code": "X", "message": "no stock"}
    assert outcome == Output({"execution_id": "e-1", "status": "failed", "output": None, "error": error})


async def test_without_waiting_only_its_id_is_known(stage: Any, workflows: Any) -> None:
    children = workflows(check=bad)
    outcome = await stage(workflows=children).run("flow.subworkflow", CHECK | {"wait": False}, {"n": 1})
    assert outcome == Output({"execution_id": "e-1"})
    assert [run[:2] for run in children.runs] == [("check", {"n": 1})]


def keys(children: Any) -> list[str]:
    return [key for _, _, key in children.runs]


@pytest.mark.parametrize("wait", [True, False])
async def test_a_step_that_runs_again_finds_the_same_child(stage: Any, workflows: Any, wait: bool) -> None:
    children = workflows(check=good)
    for _ in range(2):
        await stage(workflows=children).run("flow.subworkflow", CHECK | {"wait": wait}, {})
    first, again = keys(children)
    assert first == again


@pytest.mark.parametrize("wait", [True, False])
async def test_each_round_of_a_loop_has_its_own_child(stage: Any, workflows: Any, wait: bool) -> None:
    children = workflows(check=good)
    for iteration in range(3):
        context = stage(workflows=children, idempotency_key=f"run-1:block_1:{iteration}")
        await context.run("flow.subworkflow", CHECK | {"wait": wait}, "the same")
    assert len(set(keys(children))) == 3


async def test_a_new_attempt_follows_a_failed_child_with_a_new_one(stage: Any, workflows: Any) -> None:
    results: dict[str, WorkflowResult] = {}

    def check(variables: Mapping[str, Json]) -> WorkflowResult:
        key = keys(children)[-1]
        results.setdefault(key, bad(variables) if not results else good(variables))
        return results[key]

    children = workflows(check=check)
    with pytest.raises(BlockError):
        await stage(workflows=children).run("flow.subworkflow", CHECK, {})
    outcome = await stage(workflows=children, attempt=2).run("flow.subworkflow", CHECK, {})
    assert outcome.value["status"] == "completed"
    first, found_again, new = keys(children)
    assert first == found_again != new


async def test_a_new_attempt_after_a_crash_finds_the_child_that_has_ended_well(stage: Any, workflows: Any) -> None:
    children = workflows(check=good)
    await stage(workflows=children, attempt=3).run("flow.subworkflow", CHECK, {})
    assert len(children.runs) == 1


async def test_the_examples(stage: Any, workflows: Any) -> None:
    waiting, started = BLOCK.examples
    execution_id = waiting.output["execution_id"]
    children = workflows(
        **{
            "Check address": lambda _: WorkflowResult(execution_id, "completed", {"known": True}),
            "Monthly report": lambda _: WorkflowResult(execution_id, "running", None),
        }
    )
    for example in (waiting, started):
        assert (await stage(workflows=children).run(BLOCK.type, example.config, example.input)).value == example.output
    assert [run[1] for run in children.runs] == [{"city": "Bremen"}, {"month": 5}]
