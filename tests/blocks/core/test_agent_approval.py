"""Tools that ask people first: the execution waits, and goes on with what was decided."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest

from app.sdk import BlockError, Json, Wait, WorkflowResult
from tests.support.language_models import agent_on
from tests.support.model_server import ModelServer

pytestmark = pytest.mark.anyio

REFUND = {"workflow": "Refund", "description": "Pays back", "needs_approval": True}


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture
async def agent(stage: Any, model: ModelServer, workflows: Any) -> AsyncIterator[Any]:
    runs = workflows(
        **{
            "Refund": lambda given: WorkflowResult("e1", "completed", {"paid": given["amount"]}),
            "Find order": lambda given: WorkflowResult("e2", "completed", {"total": 12}),
        }
    )
    async with agent_on(stage(workflows=runs), model) as context:
        yield context


async def test_a_tool_that_asks_first_parks_the_execution(agent: Any, model: ModelServer) -> None:
    model.uses("Refund", amount=20)
    config = {"tools": [REFUND], "approvers": ["ada"], "approval_hours": 2}
    wait = await agent.ask(**config)
    assert isinstance(wait, Wait)
    assert wait.signal is not None
    assert (wait.until, wait.signal.kind) == (agent.now() + timedelta(hours=2), "approval")
    assert wait.signal.data == {
        "title": "May the agent use Refund?",
        "description": 'Pays back\n\nIt would be given: {"amount": 20}',
        "tool": "Refund",
        "arguments": {"amount": 20},
        "assignees": ["ada"],
        "n_of_m": 1,
        "form": [],
    }
    assert agent.workflows.runs == []
    model.says("You get 20.")
    outcome = await agent.go_on(wait, {"decision": "approved"}, **config)
    assert outcome.value == {"text": "You get 20.", "usage": {"input_tokens": 22, "output_tokens": 14, "requests": 2}}
    assert [(workflow, given) for workflow, given, _ in agent.workflows.runs] == [("Refund", {"amount": 20})]


@pytest.mark.parametrize(
    ("payload", "timed_out", "note"),
    [
        ({"decision": "rejected", "note": "Too much."}, False, "Too much."),
        (None, True, "Nobody decided in time."),
        ({"approved": True}, False, ""),
    ],
)
async def test_what_nobody_allowed_does_not_run(
    agent: Any, model: ModelServer, payload: Json, timed_out: bool, note: str
) -> None:
    model.uses("Refund", amount=20)
    wait = await agent.ask(tools=[REFUND])
    model.says("Sorry.")
    outcome = await agent.go_on(wait, payload, timed_out, tools=[REFUND])
    assert (outcome.value["text"], agent.workflows.runs) == ("Sorry.", [])
    assert model.asked[1]["messages"][-1]["content"] == f"A person did not allow this. {note}".strip()


async def test_several_wishes_are_decided_one_by_one(agent: Any, model: ModelServer) -> None:
    model.uses_all(("Find_order", {"id": 1}), ("Refund", {"amount": 1}), ("Refund", {"amount": 999}))
    tools = [REFUND, {"workflow": "Find order"}]
    first = await agent.ask(tools=tools)
    second = await agent.go_on(first, {"decision": "approved"}, tools=tools)
    assert [wait.signal.data["arguments"] for wait in (first, second)] == [{"amount": 1}, {"amount": 999}]
    model.says("You get 1.")
    outcome = await agent.go_on(second, {"decision": "rejected"}, tools=tools)
    assert outcome.value["text"] == "You get 1."
    assert [(workflow, given) for workflow, given, _ in agent.workflows.runs] == [
        ("Find order", {"id": 1}),
        ("Refund", {"amount": 1}),
    ]
    assert len({key for _, _, key in agent.workflows.runs}) == 2


async def test_it_can_ask_again_after_a_decision(agent: Any, model: ModelServer) -> None:
    model.uses("Refund", amount=1)
    first = await agent.ask(tools=[REFUND])
    model.uses("Refund", amount=2)
    second = await agent.go_on(first, {"decision": "approved"}, tools=[REFUND])
    model.says("Both.")
    outcome = await agent.go_on(second, {"decision": "approved"}, tools=[REFUND])
    assert outcome.value == {"text": "Both.", "usage": {"input_tokens": 33, "output_tokens": 21, "requests": 3}}
    keys = [key for _, _, key in agent.workflows.runs]
    assert [key.split(":")[1] for key in keys] == ["1", "2"]


async def test_arguments_that_do_not_fit_are_not_put_before_people(agent: Any, model: ModelServer) -> None:
    model.uses("Refund", amount="all")
    model.says("I cannot.")
    schema = {"properties": {"amount": {"type": "number"}}}
    outcome = await agent.ask(tools=[{**REFUND, "input_schema": schema}])
    assert outcome.value["text"] == "I cannot."


async def test_a_budget_holds_across_an_approval(agent: Any, model: ModelServer) -> None:
    model.uses("Refund", amount=1)
    wait = await agent.ask(tools=[REFUND], max_steps=1)
    with pytest.raises(BlockError, match="within 1 steps"):
        await agent.go_on(wait, {"decision": "approved"}, tools=[REFUND], max_steps=1)
