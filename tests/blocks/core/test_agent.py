"""The agent through the real model libraries, against a scripted server that speaks the OpenAI chat protocol."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from app.sdk import BlockError, Json, Output, WorkflowResult
from tests.support.language_models import agent_on
from tests.support.model_server import ModelServer

pytestmark = pytest.mark.anyio

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
USAGE = {"input_tokens": 11, "output_tokens": 7, "requests": 1}


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture
async def agent(stage: Any, model: ModelServer, workflows: Any) -> AsyncIterator[Any]:
    runs = workflows(
        **{
            "Find order": lambda given: WorkflowResult("e2", "completed", {"total": 12}),
            "Broken": lambda given: WorkflowResult("e3", "failed", None),
        }
    )
    async with agent_on(stage(workflows=runs), model) as context:
        yield context


class ToolBlocks:
    """Other blocks as tools."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, dict[str, Json], str]] = []

    def describe(self, type: str) -> dict[str, Json]:
        schema = {
            "type": "object",
            "properties": {"url": {"type": "string"}, "method": {"type": "string"}},
            "required": ["url", "method"],
        }
        return {"type": type, "title": "HTTP request", "description": "Calls an address.", "input_schema": schema}

    async def run(self, type: str, config: Mapping[str, Json], key: str) -> Json:
        self.runs.append((type, dict(config), key))
        if "bad" in config["url"]:
            raise BlockError("CONNECTION", "bad.example could not be reached")
        return {"status_code": 200}


async def test_one_question_one_answer(agent: Any, model: ModelServer) -> None:
    model.says("Short and sweet.")
    outcome = await agent.ask({"long": "text"}, system_prompt="Be brief.")
    assert outcome == Output({"text": "Short and sweet.", "usage": USAGE})
    assert [message["content"] for message in model.asked[0]["messages"]] == ["Be brief.", '{"long": "text"}']
    assert "".join(agent.streamed) == "Short and sweet."


async def test_text_is_not_shown_when_the_block_says_so(agent: Any, model: ModelServer) -> None:
    await agent.ask(stream=False)
    assert (agent.streamed, model.asked[0].get("stream", False)) == ([], False)


async def test_tools_are_workflows_and_their_answers_go_back(agent: Any, model: ModelServer) -> None:
    model.uses_all(("Find_order", {"id": 7}), ("Broken", {}))
    model.says("It costs 12.")
    tools = [{"workflow": "Find order", "description": "Looks up", "input_schema": {"required": ["id"]}}, {"workflow": "Broken"}]
    outcome = await agent.ask(tools=tools)
    assert outcome.value["text"] == "It costs 12."
    assert [(workflow, variables) for workflow, variables, _ in agent.workflows.runs] == [
        ("Find order", {"id": 7}),
        ("Broken", {}),
    ]
    assert [tool["function"]["description"] for tool in model.asked[0]["tools"]] == ["Looks up", "Runs the workflow Broken"]
    told = [message["content"] for message in model.asked[1]["messages"] if message["role"] == "tool"]
    assert told == ['{"total":12}', '{"error":"failed"}']
    assert agent.lines == ["Uses Find_order", "Uses Broken"]


async def test_tools_are_blocks_with_some_fields_decided(agent: Any, model: ModelServer) -> None:
    agent.blocks = ToolBlocks()
    model.uses_all(
        ("general_api", {"url": "https://a.example", "method": "DELETE"}), ("general_api", {"url": "https://bad.example"})
    )
    model.says("Done.")
    await agent.ask(tools=[{"kind": "block", "block": "general_api", "config": {"method": "GET"}}])
    offered = model.asked[0]["tools"][0]["function"]
    assert (offered["description"], list(offered["parameters"]["properties"])) == ("HTTP request: Calls an address.", ["url"])
    assert [config["method"] for _, config, _ in agent.blocks.runs] == ["GET", "GET"], "what is decided stays decided"
    told = [message["content"] for message in model.asked[1]["messages"] if message["role"] == "tool"]
    assert told[0] == '{"status_code":200}'
    assert "bad.example could not be reached" in told[1]


async def test_every_run_of_a_tool_has_a_key_that_a_repetition_finds_again(agent: Any, model: ModelServer) -> None:
    keys: list[list[str]] = []
    for second_id in (2, 2, 3):
        agent.workflows.runs.clear()
        model.uses_all(("Find_order", {"id": 1}), ("Find_order", {"id": second_id}))
        model.says("Done.")
        await agent.ask(tools=[{"workflow": "Find order"}])
        keys.append([key for _, _, key in agent.workflows.runs])
    first, repeated, decided_otherwise = keys
    assert first == repeated
    assert len({*first, *decided_otherwise}) == 3
    assert all(key.startswith("block_1:") for key in first)


async def test_data_by_schema(agent: Any, model: ModelServer) -> None:
    model.says_json({"town": "Bern"})
    model.says_json({"city": "Bern"})
    outcome = await agent.ask(output_schema=CITY)
    assert outcome.value == {
        "text": '{"city": "Bern"}',
        "data": {"city": "Bern"},
        "usage": {"input_tokens": 22, "output_tokens": 14, "requests": 2},
    }


async def test_it_remembers_by_key(agent: Any, model: ModelServer) -> None:
    for number, customer in enumerate(["ada", "ada", "bob", "ada"]):
        model.says(f"Answer {number}")
        agent.variables = {"customer": customer}
        await agent.ask(f"Question {number}", memory_key="{{ variables.customer }}", memory_messages=2)
    said = [[message["content"] for message in asked["messages"]] for asked in model.asked]
    assert said == [
        ["Question 0"],
        ["Question 0", "Answer 0", "Question 1"],
        ["Question 2"],
        ["Question 1", "Answer 1", "Question 3"],
    ]
    assert await agent.state.get("agent-memory:block_1", "ada") == [
        {"role": "user", "text": "Question 3"},
        {"role": "assistant", "text": "Answer 3"},
    ]


async def test_a_budget_and_prices(agent: Any, model: ModelServer) -> None:
    outcome = await agent.ask(input_price=1, output_price=2)
    assert outcome.value["usage"] == USAGE | {"cost": pytest.approx(25e-6)}
    with pytest.raises(BlockError) as caught:
        await agent.ask(max_tokens_total=10)
    assert (caught.value.code, caught.value.retryable) == ("BUDGET_EXCEEDED", False)


async def test_an_agent_that_never_stops_is_stopped(agent: Any, model: ModelServer) -> None:
    for _ in range(3):
        model.uses("Find_order")
    with pytest.raises(BlockError, match="within 3 steps") as caught:
        await agent.ask(tools=[{"workflow": "Find order"}], max_steps=3)
    assert (caught.value.code, len(model.asked), len(agent.workflows.runs)) == ("BUDGET_EXCEEDED", 3, 3)


async def test_the_engine_is_told_when_to_try_again(agent: Any, model: ModelServer) -> None:
    model.answers({"error": {"message": "slow down"}}, 429, Retry_After="3")
    with pytest.raises(BlockError, match="slow down") as caught:
        await agent.ask()
    assert (caught.value.retryable, caught.value.retry_after) == (True, 3)


@pytest.mark.parametrize("config", [{}, {"provider": "anthropic"}, {"provider": "google"}])
async def test_without_a_model_it_says_where_to_set_one(stage: Any, config: dict[str, Json]) -> None:
    with pytest.raises(BlockError) as caught:
        await stage().run("agent", config, "Hello")
    assert caught.value.code == "MODEL_NOT_CONFIGURED"
    named = ("Address", "Credential", "BLOCKYARD_MODEL_BASE_URL", "BLOCKYARD_MODEL", "BLOCKYARD_MODEL_API_KEY")
    assert all(name in caught.value.message for name in (("field `model`",) if config else named))


class Recorder:
    """Keeps the one request that it is given."""

    async def converse(self, request: Any) -> Any:
        self.request = request
        raise BlockError("STOP", "seen")


@pytest.mark.parametrize(
    ("config", "trusted", "credential", "model"),
    [
        ({}, True, "", "house"),
        ({"base_url": "http://10.0.0.5/v1"}, False, "KEY", "house"),
        ({"provider": "anthropic", "model": "claude"}, False, "KEY", "claude"),
    ],
)
async def test_only_the_operators_address_is_trusted(
    stage: Any, config: dict[str, Json], trusted: bool, credential: str, model: str
) -> None:
    models = Recorder()
    context = stage(models=models, settings={"model_base_url": "http://10.0.0.5/v1", "model": "house"})
    with pytest.raises(BlockError, match="seen"):
        await context.run("agent", {"credential": "KEY", **config}, "Hello")
    assert (models.request.trusted, models.request.credential, models.request.model) == (trusted, credential, model)


async def test_nothing_to_say_is_an_error(agent: Any) -> None:
    with pytest.raises(BlockError, match="there is no prompt"):
        await agent.ask(None)


@pytest.mark.parametrize(
    ("config", "place"),
    [
        ({"tools": [{"kind": "workflow"}]}, "tools.0.workflow"),
        ({"tools": [{"kind": "block"}]}, "tools.0.block"),
        ({"tools": [{"kind": "mcp", "workflow": "x"}]}, "tools.0.url"),
        ({"max_cost": 1}, "output_price"),
        ({"provider": "other"}, "provider"),
    ],
)
async def test_what_makes_no_sense_is_refused_at_its_field(stage: Any, config: dict[str, Json], place: str) -> None:
    with pytest.raises(ValidationError) as caught:
        await stage().run("agent", config, "Hello")
    assert [".".join(map(str, error["loc"])) for error in caught.value.errors()] == [place]
