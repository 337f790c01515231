"""Several members on one task: one after another, all at once, or led by a model."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from app.sdk import BlockError, Json, WorkflowResult
from tests.support.language_models import lent, loopback_models
from tests.support.model_server import ModelServer

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
def model() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture
async def team(stage: Any, workflows: Any, model: ModelServer) -> AsyncIterator[Any]:
    """A stage with three workflows, and the operator's model."""
    models = loopback_models()
    yield stage(
        models=lent(models),
        workflows=workflows(double=double, add_one=add_one, broken=broken),
        settings={"model_base_url": model.address, "model": "m"},
    )
    await models.close()


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


async def test_parallel_merges_into_a_list(team: Any) -> None:
    config = {"strategy": "parallel", "members": [ADD_ONE, DOUBLE], "merge": "list"}
    assert (await team.run("orchestration", config, {"n": 5})).value["output"] == [{"n": 6}, {"n": 10}]


async def test_agents_take_part(team: Any, model: ModelServer) -> None:
    model.says("Good day")
    agent = {"kind": "agent", "name": "translator", "prompt": "Translate."}
    outcome = await team.run("orchestration", {"members": [agent]}, "Guten Tag")
    assert outcome.value["output"] == "Good day"
    assert [message["content"] for message in model.asked[0]["messages"]] == ["Translate.\n\nGuten Tag"]


async def test_a_supervisor_delegates_and_has_the_last_word(team: Any, model: ModelServer) -> None:
    model.uses_all(("adder", {"input": {"n": 1}}), ("double", {"input": {"n": 10}}))
    model.says("2 and 20")
    config = {"strategy": "supervisor", "members": [ADD_ONE, DOUBLE], "input": "Do both", "system_prompt": "Lead."}
    outcome = await team.run("orchestration", config)
    assert outcome.value["output"] == "2 and 20"
    assert [(member["name"], member["output"]) for member in outcome.value["members"]] == [
        ("adder", {"n": 2}),
        ("double", {"n": 20}),
    ]
    assert "".join(team.streamed) == "2 and 20"


async def test_a_supervisor_leads_agents(team: Any, model: ModelServer) -> None:
    model.uses("poet", input="Spring")
    model.says("Green.")
    model.says("The poem: Green.")
    poet = {"kind": "agent", "name": "poet", "system_prompt": "You write poems."}
    outcome = await team.run("orchestration", {"strategy": "supervisor", "members": [poet]}, "A poem")
    assert outcome.value["output"] == "The poem: Green."
    assert [message["content"] for message in model.asked[1]["messages"]] == ["You write poems.", "Spring"]
    assert model.asked[0]["tools"][0]["function"]["description"] == "poet: You write poems."


async def test_going_on_without_a_failed_member(team: Any) -> None:
    config = {"strategy": "parallel", "members": [DOUBLE, BROKEN], "on_member_error": "continue"}
    outcome = await team.run("orchestration", config, {"n": 1})
    assert outcome.value["output"] == {"double": {"n": 2}}
    assert outcome.value["members"][1]["error"]["message"] == "the workflow ended as failed: no stock"
    assert (await team.run("orchestration", {**config, "strategy": "sequential"}, {"n": 1})).value["output"] == {"n": 2}
    with pytest.raises(BlockError, match="Every member failed"):
        await team.run("orchestration", {**config, "members": [BROKEN]}, {"n": 1})


async def test_a_supervisor_hears_of_a_failed_member(team: Any, model: ModelServer) -> None:
    model.uses_all(("broken", {"input": 1}), ("adder", {"input": {"n": 1}}))
    model.says("Only 2.")
    config = {"strategy": "supervisor", "members": [BROKEN, ADD_ONE], "on_member_error": "continue"}
    outcome = await team.run("orchestration", config, "Do it")
    assert outcome.value["output"] == "Only 2."
    assert "no stock" in model.asked[1]["messages"][-2]["content"]


async def test_a_failed_member_ends_a_supervisor(team: Any, model: ModelServer) -> None:
    model.uses("broken", input=1)
    with pytest.raises(BlockError) as caught:
        await team.run("orchestration", {"strategy": "supervisor", "members": [BROKEN]}, "Do it")
    assert (caught.value.code, len(model.asked)) == ("MEMBER_FAILED", 1)


async def test_tokens_have_a_budget(team: Any, model: ModelServer) -> None:
    agents = [{"kind": "agent", "name": name, "prompt": "Work."} for name in ("one", "two", "three")]
    with pytest.raises(BlockError) as caught:
        await team.run("orchestration", {"members": agents, "max_tokens_total": 36}, "x")
    assert caught.value.code == "BUDGET_EXCEEDED"
    assert [member["status"] for member in caught.value.details["members"]] == ["completed", "completed", "failed"]
    assert len(model.asked) == 2


async def test_a_supervisor_that_never_stops_is_stopped(team: Any, model: ModelServer) -> None:
    for _ in range(3):
        model.uses("adder", input={"n": 1})
    with pytest.raises(BlockError, match="The budget of 2 calls of members is used up"):
        await team.run("orchestration", {"strategy": "supervisor", "members": [ADD_ONE], "budget": 2}, "Go")
    assert len(team.workflows.runs) == 2


async def test_the_other_sides_wish_to_wait_is_kept(team: Any, model: ModelServer) -> None:
    model.answers("later", 429, Retry_After="9")
    with pytest.raises(BlockError, match="Member `agent_1` failed") as caught:
        await team.run("orchestration", {"members": [{"kind": "agent"}]}, "x")
    assert (caught.value.code, caught.value.retryable, caught.value.retry_after) == ("MEMBER_FAILED", True, 9)


@pytest.mark.parametrize("strategy", ["sequential", "parallel"])
async def test_a_failed_member_fails_the_block_and_is_named(team: Any, strategy: str) -> None:
    with pytest.raises(BlockError) as caught:
        await team.run("orchestration", {"strategy": strategy, "members": [DOUBLE, BROKEN]}, {"n": 1})
    assert caught.value.code == "MEMBER_FAILED"
    assert caught.value.message == "Member `broken` failed: the workflow ended as failed: no stock"
    assert [member["status"] for member in caught.value.details["members"]] == ["completed", "failed"]


async def test_the_budget_ends_it(team: Any) -> None:
    with pytest.raises(BlockError, match="The budget of 1 calls of members is used up"):
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
