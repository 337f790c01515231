"""Several members on one task: one after another, all at once, or led by a model."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from app.sdk import BlockError, Json, WorkflowResult

pytestmark = pytest.mark.anyio


def double(variables: Mapping[str, Json]) -> WorkflowResult:
    return WorkflowResult("e-double", "completed", {"n": variables["n"] * 2})


def add_one(variables: Mapping[str, Json]) -> WorkflowResult:
    return WorkflowResult("e-add", "completed", {"n": variables["n"] + 1})


def broken(variables: Mapping[str, Json]) -> WorkflowResult:
    return WorkflowResult("e-broken", "failed", None, {"code": "X", "message": "no stock"})


DOUBLE = {"kind": "workflow", "workflow": "double"}
ADD_ONE = {"kind": "workflow", "workflow": "add_one", "name": "adder"}
BROKEN = {"kind": "workflow", "workflow": "broken"}


@pytest.fixture
def team(stage: Any, workflows: Any, http: Any) -> Any:
    return stage(http=http, workflows=workflows(double=double, add_one=add_one, broken=broken))


async def test_sequential_hands_on_each_answer(team: Any) -> None:
    outcome = await team.run("orchestration", {"members": [ADD_ONE, DOUBLE]}, {"n": 1})
    assert outcome.value == {
        "output": {"n": 4},
        "members": [
            {"name": "adder", "kind": "workflow", "status": "completed", "output": {"n": 2}, "execution_id": "e-add"},
            {"name": "double", "kind": "workflow", "status": "completed", "output": {"n": 4}, "execution_id": "e-double"},
        ],
        "status": "completed",
    }
    assert [key.rpartition(":")[0] for _, _, key in team.workflows.runs] == ["block_1:1", "block_1:2"]


async def test_parallel_merges_by_name_and_really_runs_at_once(team: Any) -> None:
    running = asyncio.Barrier(2)
    run_alone = team.workflows.run

    async def run_together(*arguments: Any) -> WorkflowResult:
        await asyncio.wait_for(running.wait(), 0.5)
        result: WorkflowResult = await run_alone(*arguments)
        return result

    team.workflows.run = run_together
    outcome = await team.run("orchestration", {"strategy": "parallel", "members": [ADD_ONE, DOUBLE]}, {"n": 5})
    assert outcome.value["output"] == {"adder": {"n": 6}, "double": {"n": 10}}


async def test_agents_take_part(team: Any, peer: Any) -> None:
    peer.says("Good day")
    agent = {"kind": "agent", "name": "translator", "base_url": peer.url, "model": "m", "prompt": "Translate."}
    outcome = await team.run("orchestration", {"members": [agent]}, "Guten Tag")
    assert outcome.value["output"] == "Good day"
    assert peer.sent()["messages"] == [{"role": "user", "content": "Translate.\n\nGuten Tag"}]


async def test_a_supervisor_delegates_and_has_the_last_word(team: Any, peer: Any) -> None:
    peer.says(None, ("adder", {"input": {"n": 1}}), ("double", {"input": {"n": 10}}))
    peer.says("2 and 20")
    config = {"strategy": "supervisor", "members": [ADD_ONE, DOUBLE], "base_url": peer.url, "model": "m", "input": "Do both"}
    outcome = await team.run("orchestration", config)
    assert outcome.value["output"] == "2 and 20"
    assert [(member["name"], member["output"]) for member in outcome.value["members"]] == [
        ("adder", {"n": 2}),
        ("double", {"n": 20}),
    ]


@pytest.mark.parametrize("strategy", ["sequential", "parallel"])
async def test_a_failed_member_fails_the_block_and_is_named(team: Any, strategy: str) -> None:
    with pytest.raises(BlockError) as caught:
        await team.run("orchestration", {"strategy": strategy, "members": [DOUBLE, BROKEN]}, {"n": 1})
    assert caught.value.code == "MEMBER_FAILED"
    assert caught.value.message == "Member `broken` failed: the workflow ended as failed: no stock"
    assert [member["status"] for member in caught.value.details["members"]] == ["completed", "failed"]


async def test_the_budget_ends_it(team: Any) -> None:
    with pytest.raises(BlockError, match="The budget of 1 calls is used up"):
        await team.run("orchestration", {"members": [ADD_ONE, DOUBLE], "budget": 1}, {"n": 1})
    assert len(team.workflows.runs) == 1


async def test_nesting_has_an_end(team: Any) -> None:
    team.execution["depth"] = 2
    with pytest.raises(BlockError, match="nested 2 deep, and this block allows 2"):
        await team.run("orchestration", {"members": [ADD_ONE], "max_depth": 2}, {"n": 1})


async def test_a_member_may_have_its_own_input(team: Any) -> None:
    outcome = await team.run("orchestration", {"members": [{**ADD_ONE, "input": {"n": 41}}]}, "ignored")
    assert outcome.value["output"] == {"n": 42}


@pytest.mark.parametrize("members", [[], [{"kind": "workflow"}], [DOUBLE, DOUBLE], [{"kind": "robot"}]])
async def test_members_must_make_sense(team: Any, members: Json) -> None:
    with pytest.raises(ValidationError, match="members"):
        await team.run("orchestration", {"members": members})
