"""Language models through the real libraries, against servers on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from app.adapters.llm import LanguageModels
from app.sdk import BlockError, Json, ModelAnswer, ModelLimits, ModelRequest, ModelTool, ModelTurn, ModelUsage, ToolDecision
from tests.support.language_models import asking, lent, loopback_models, tool
from tests.support.model_server import ModelServer

pytestmark = pytest.mark.anyio

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
LIST = {"type": "array", "items": {"type": "integer"}}


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture
async def models() -> AsyncIterator[LanguageModels]:
    models = loopback_models()
    yield models
    await models.close()


@pytest.mark.parametrize("streams", [True, False], ids=["server streams", "server answers in one piece"])
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
async def test_words_come_in_pieces_and_are_counted(
    model: ModelServer, models: LanguageModels, streams: bool, stream: bool
) -> None:
    model.streams = streams
    model.says("A short story about a fox.")
    pieces: list[str] = []
    answer = await lent(models).converse(asking(model, stream=pieces.append if stream else None))
    assert answer == ModelAnswer("A short story about a fox.", None, ModelUsage(11, 7, 1))
    assert "".join(pieces) == (answer.text if stream else "")
    assert (len(pieces) > 2) is (stream and streams)


async def test_what_is_asked(model: ModelServer, models: LanguageModels) -> None:
    history = (ModelTurn("user", "I am Ada."), ModelTurn("assistant", "Hello Ada."))
    await lent(models).converse(
        asking(model, "Who am I?", system_prompt="Be brief.", history=history, temperature=0.5, max_tokens=50)
    )
    [asked] = model.asked
    said = [(message["role"], message["content"]) for message in asked["messages"]]
    assert said == [("system", "Be brief."), ("user", "I am Ada."), ("assistant", "Hello Ada."), ("user", "Who am I?")]
    assert (asked["model"], asked["temperature"]) == ("small", 0.5)
    assert 50 in (asked.get("max_tokens"), asked.get("max_completion_tokens"))


async def test_several_tools_at_once(model: ModelServer, models: LanguageModels) -> None:
    started = asyncio.Barrier(2)
    used = []

    async def call(arguments: dict[str, Json]) -> Json:
        await asyncio.wait_for(started.wait(), 0.5)
        used.append(arguments)
        return {"sun": True}

    weather = ModelTool("weather", "Tells the weather", CITY, call)
    model.uses_all(("weather", {"city": "Bern"}), ("weather", {"city": "Rome"}))
    model.says("Sunny.")
    answer = await lent(models).converse(asking(model, tools=(weather,), stream=lambda _: None))
    assert (answer.text, answer.usage.requests) == ("Sunny.", 2)
    assert sorted(given["city"] for given in used) == ["Bern", "Rome"]
    first, second = model.asked
    function = first["tools"][0]["function"]
    assert (function["name"], function["description"], function["parameters"]["properties"]) == (
        "weather", "Tells the weather", CITY["properties"],
    )  # fmt: skip
    results = [message for message in second["messages"] if message["role"] == "tool"]
    assert [(result["tool_call_id"], result["content"]) for result in results] == [
        ("call_0", '{"sun":true}'), ("call_1", '{"sun":true}'),
    ]  # fmt: skip


@pytest.mark.parametrize("arguments", [{"city": 7}, {}, [1], "not json", "null"])
async def test_arguments_that_do_not_fit_never_reach_the_tool(
    model: ModelServer, models: LanguageModels, arguments: Json
) -> None:
    weather, used = tool("weather", schema=CITY)
    model.uses_all(("weather", arguments), ("made_up", {}))
    model.uses("weather", city="Bern")
    model.says("Sunny.")
    answer = await lent(models).converse(asking(model, tools=(weather,)))
    assert (answer.text, used) == ("Sunny.", [{"city": "Bern"}])


async def test_a_tool_that_needs_approval_waits_and_goes_on(model: ModelServer, models: LanguageModels) -> None:
    refund, refunded = tool("refund", "paid", needs_approval=True)
    look, looked = tool("look", {"total": 20})
    model.uses_all(("look", {"id": 1}), ("refund", {"amount": 20}), ("refund", {"amount": 999}))
    request = asking(model, "Refund me", tools=(refund, look), system_prompt="Be kind.")
    parked = await lent(models).converse(request)
    assert [(call.id, call.tool, call.arguments) for call in parked.pending] == [
        ("call_1", "refund", {"amount": 20}), ("call_2", "refund", {"amount": 999}),
    ]  # fmt: skip
    assert (refunded, looked) == ([], [{"id": 1}])
    model.says("You get 20.")
    decisions = {"call_1": ToolDecision(True), "call_2": ToolDecision(False, "Too much.")}
    again = asking(model, "", tools=(refund, look), system_prompt="Be kind.", resume=parked.resume, decisions=decisions)
    answer = await lent(models).converse(again)
    assert (answer.text, answer.usage, refunded, looked) == (
        "You get 20.", ModelUsage(22, 14, 2), [{"amount": 20}], [{"id": 1}],
    )  # fmt: skip
    told = {message["tool_call_id"]: message["content"] for message in model.asked[1]["messages"] if message["role"] == "tool"}
    assert told == {"call_0": '{"total":20}', "call_1": "paid", "call_2": "A person did not allow this. Too much."}


@pytest.mark.parametrize(
    ("schema", "wrong", "right"),
    [(CITY, {"town": "Bern"}, {"city": "Bern"}), (CITY, "Bern it is", {"city": "Bern"}), (LIST, ["x"], [1, 2])],
)
async def test_data_that_does_not_fit_is_asked_for_once_more(
    model: ModelServer, models: LanguageModels, schema: Json, wrong: Json, right: Json
) -> None:
    model.says_json(wrong)
    model.says_json(right)
    answer = await lent(models).converse(asking(model, output_schema=schema))
    assert (answer.data, answer.usage.requests) == (right, 2)


async def test_data_in_a_code_fence_is_data(model: ModelServer, models: LanguageModels) -> None:
    model.says('```json\n{"city": "Bern"}\n```')
    assert (await lent(models).converse(asking(model, output_schema=CITY))).data == {"city": "Bern"}
    assert model.asked[0]["response_format"]["json_schema"]["schema"]["properties"] == CITY["properties"]


async def test_a_second_misfit_says_what_is_wrong(model: ModelServer, models: LanguageModels) -> None:
    model.says_json({"city": 1})
    model.says_json({"city": 2})
    with pytest.raises(BlockError, match=r"does not fit the output schema: .city: must be of type string"):
        await lent(models).converse(asking(model, output_schema=CITY))
    assert len(model.asked) == 2


@pytest.mark.parametrize(
    ("limits", "field", "requests"),
    [
        (ModelLimits(max_steps=2), "max_steps", 2),
        (ModelLimits(max_tokens_total=17), "max_tokens_total", 1),
        (ModelLimits(max_tokens_total=36), "max_tokens_total", 3),
        (ModelLimits(max_cost=0.00002, input_price=1, output_price=1), "max_cost", 2),
    ],
)
async def test_a_budget_ends_the_conversation(
    model: ModelServer, models: LanguageModels, limits: ModelLimits, field: str, requests: int
) -> None:
    again, _ = tool("again")
    for _ in range(4):
        model.uses("again")
    with pytest.raises(BlockError) as caught:
        await lent(models).converse(asking(model, tools=(again,), limits=limits))
    assert (caught.value.code, caught.value.retryable, caught.value.details["field"]) == ("BUDGET_EXCEEDED", False, field)
    assert len(model.asked) == caught.value.details["usage"]["requests"] == requests


async def test_the_cost_follows_from_the_prices(model: ModelServer, models: LanguageModels) -> None:
    answer = await lent(models).converse(asking(model, limits=ModelLimits(input_price=2, output_price=10)))
    assert answer.usage.cost == pytest.approx((11 * 2 + 7 * 10) / 1_000_000)


@pytest.mark.parametrize(
    ("status", "headers", "again", "wait"),
    [
        (429, {"Retry_After": "7"}, True, 7),
        (503, {}, True, None),
        (400, {}, False, None),
        (401, {}, False, None),
        (307, {}, False, None),
    ],
)
async def test_a_status_says_whether_trying_again_can_help(
    model: ModelServer, models: LanguageModels, status: int, headers: dict[str, str], again: bool, wait: float | None
) -> None:
    model.answers({"error": {"message": "not now"}}, status, **headers)
    with pytest.raises(BlockError, match=f"answered {status}.*: not now") as caught:
        await lent(models).converse(asking(model, stream=lambda _: None))
    assert (caught.value.code, caught.value.retryable, caught.value.retry_after) == ("MODEL_STATUS", again, wait)
    assert ("check the credential" in caught.value.message) is (status == 401)
    assert len(model.asked) == 1, "only the engine tries again"


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
async def test_a_refusal_is_told(model: ModelServer, models: LanguageModels, stream: bool) -> None:
    model.refuses("I cannot help with that.")
    with pytest.raises(BlockError, match="refused to answer: I cannot help with that") as caught:
        await lent(models).converse(asking(model, stream=(lambda _: None) if stream else None))
    assert (caught.value.code, caught.value.retryable) == ("MODEL_REFUSED", False)


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize(
    "answer", [{"choices": []}, {"choices": [{"message": {"tool_calls": [1]}}]}, [], '"text"', None, "<html>"]
)
async def test_nonsense_is_named(model: ModelServer, models: LanguageModels, answer: Json, stream: bool) -> None:
    model.answers(answer)
    with pytest.raises(BlockError, match="not a chat completion") as caught:
        await lent(models).converse(asking(model, stream=(lambda _: None) if stream else None))
    assert caught.value.code == "MODEL_ANSWER"


@pytest.mark.parametrize("way", ["stops_early", "hangs_up"])
async def test_half_an_answer_is_none(model: ModelServer, models: LanguageModels, way: str) -> None:
    getattr(model, way)("Half of an")
    pieces: list[str] = []
    with pytest.raises(BlockError, match="in the middle of its answer") as caught:
        await lent(models).converse(asking(model, stream=pieces.append))
    assert (caught.value.code, caught.value.retryable) == ("CONNECTION", True)
    assert "".join(pieces).startswith("Half")


async def test_a_server_that_is_not_there(models: LanguageModels) -> None:
    request = ModelRequest("openai-compatible", "http://127.0.0.1:9/v1", "m", "Hello")
    with pytest.raises(BlockError, match=r"127.0.0.1 could not be reached"):
        await lent(models).converse(request)
