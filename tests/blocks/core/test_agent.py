"""The agent against a scripted server that speaks the OpenAI chat protocol."""

from typing import Any

import pytest

from app.sdk import BlockError, Json, WorkflowResult
from blocks.core._schema import mismatch

pytestmark = pytest.mark.anyio

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


async def ask(stage: Any, http: Any, peer: Any, value: Json = "Hello", workflows: Any = None, **config: Json) -> Any:
    context = stage(http=http, workflows=workflows)
    outcome = await context.run("agent", {"base_url": f"{peer.url}/v1/", "model": "small", **config}, value)
    return outcome.value


async def test_one_question_one_answer(stage: Any, http: Any, peer: Any) -> None:
    peer.says("Short.")
    answer = await ask(stage, http, peer, {"long": "text"}, system_prompt="Be brief.", temperature=0, max_tokens=50)
    assert answer == {"text": "Short.", "usage": {"input_tokens": 10, "output_tokens": 5, "requests": 1}}
    assert peer.requests[0]["target"] == "/v1/chat/completions"
    assert peer.sent() == {
        "model": "small",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": '{"long": "text"}'}],
        "temperature": 0,
        "max_tokens": 50,
    }


async def test_tools_are_workflows_and_their_answers_go_back(stage: Any, http: Any, peer: Any, workflows: Any) -> None:
    runs = workflows(
        **{
            "Find order": lambda variables: WorkflowResult("e1", "completed", {"total": 12}),
            "Broken": lambda _: WorkflowResult("e2", "failed", None),
        }
    )
    peer.says(None, ("Find_order", {"id": 7}), ("Broken", {}), ("made_up", {}))
    peer.says("It costs 12.")
    tools = [{"workflow": "Find order", "description": "Looks up", "input_schema": CITY}, {"workflow": "Broken"}]
    answer = await ask(stage, http, peer, workflows=runs, tools=tools)
    assert answer["text"] == "It costs 12."
    assert answer["usage"]["requests"] == 2
    assert [(workflow, variables) for workflow, variables, _ in runs.runs] == [("Find order", {"id": 7}), ("Broken", {})]
    declared = [tool["function"] for tool in peer.sent(0)["tools"]]
    assert [(tool["name"], tool["description"]) for tool in declared] == [
        ("Find_order", "Looks up"),
        ("Broken", "Runs the workflow Broken"),
    ]
    assert declared[0]["parameters"] == CITY
    given_back = [
        (message["tool_call_id"], message["content"]) for message in peer.sent(1)["messages"] if message["role"] == "tool"
    ]
    assert given_back == [
        ("call_0", '{"total": 12}'),
        ("call_1", '{"error": "failed"}'),
        ("call_2", '{"error": "There is no tool made_up"}'),
    ]


async def test_every_run_of_a_tool_has_a_key_that_a_repetition_finds_again(
    stage: Any, http: Any, peer: Any, workflows: Any
) -> None:
    keys: list[list[str]] = []
    for second_id in (2, 2, 3):
        runs = workflows(Find=lambda _: WorkflowResult("e", "completed", 1))
        peer.says(None, ("Find", {"id": 1}), ("Find", {"id": second_id}))
        peer.says("Done.")
        await ask(stage, http, peer, workflows=runs, tools=[{"workflow": "Find"}])
        keys.append([key for _, _, key in runs.runs])
    first, repeated, decided_otherwise = keys
    assert first == repeated
    assert len({*first, *decided_otherwise}) == 3
    assert all(key.startswith("block_1:") for key in first)


async def test_data_by_schema_and_one_repair(stage: Any, http: Any, peer: Any) -> None:
    peer.says('```json\n{"town": "Bern"}\n```')
    peer.says('{"city": "Bern"}')
    answer = await ask(stage, http, peer, output_schema=CITY)
    assert answer["data"] == {"city": "Bern"}
    assert peer.sent(0)["response_format"]["json_schema"]["schema"] == CITY
    assert peer.sent(1)["messages"][-1]["content"].startswith("the answer lacks city")


async def test_a_second_misfit_fails(stage: Any, http: Any, peer: Any) -> None:
    peer.says("I think it is Bern")
    peer.says("Still Bern")
    with pytest.raises(BlockError, match="does not fit the output schema: the answer is not JSON"):
        await ask(stage, http, peer, output_schema=CITY)


async def test_an_agent_that_never_stops_is_stopped(stage: Any, http: Any, peer: Any, workflows: Any) -> None:
    runs = workflows(Again=lambda _: WorkflowResult("e", "completed", 1))
    for _ in range(3):
        peer.says(None, ("Again", {}))
    with pytest.raises(BlockError) as caught:
        await ask(stage, http, peer, workflows=runs, tools=[{"workflow": "Again"}], max_steps=3)
    assert (caught.value.code, len(peer.requests), len(runs.runs)) == ("MAX_STEPS", 3, 3)


async def test_without_a_model_it_says_where_to_set_one(stage: Any) -> None:
    with pytest.raises(BlockError) as caught:
        await stage().run("agent", {}, "Hello")
    assert caught.value.code == "MODEL_NOT_CONFIGURED"
    for name in ("Address", "Credential", "BLOCKYARD_MODEL_BASE_URL", "BLOCKYARD_MODEL", "BLOCKYARD_MODEL_API_KEY"):
        assert name in caught.value.message


class Recorder:
    """Keeps the one request that it is given."""

    async def send(self, request: Any) -> Any:
        self.request = request
        raise BlockError("STOP", "seen")


@pytest.mark.parametrize(("base_url", "trusted", "credential"), [("", True, ""), ("http://10.0.0.5/v1", False, "KEY")])
async def test_only_the_operators_address_is_trusted(stage: Any, base_url: str, trusted: bool, credential: str) -> None:
    http = Recorder()
    context = stage(http=http, settings={"model_base_url": "http://10.0.0.5/v1", "model": "house"})
    with pytest.raises(BlockError, match="seen"):
        await context.run("agent", {"base_url": base_url, "credential": "KEY"}, "Hello")
    assert (http.request.trusted, http.request.credential, http.request.json["model"]) == (trusted, credential, "house")


@pytest.mark.parametrize("answer", [{"choices": []}, {"choices": [{"message": {"tool_calls": [1]}}]}, [], "text", None])
async def test_nonsense_from_the_server_is_named(stage: Any, http: Any, peer: Any, answer: Json) -> None:
    peer.answers(answer)
    with pytest.raises(BlockError, match="not a chat completion"):
        await ask(stage, http, peer)


async def test_a_refusing_server_hints_at_the_credential(stage: Any, http: Any, peer: Any) -> None:
    peer.answers({"error": "bad key"}, status=401)
    with pytest.raises(BlockError, match="answered 401; check the credential"):
        await ask(stage, http, peer)


async def test_nothing_to_say_is_an_error(stage: Any, http: Any, peer: Any) -> None:
    with pytest.raises(BlockError, match="there is no prompt"):
        await ask(stage, http, peer, None)


@pytest.mark.parametrize(
    ("value", "schema", "problem"),
    [
        ({"a": [1, "x"]}, {"properties": {"a": {"items": {"type": "integer"}}}}, "the answer.a[1] must be of type integer"),
        (True, {"type": "integer"}, "the answer must be of type integer"),
        (None, {"type": ["string", "null"]}, None),
        ("b", {"enum": ["a"]}, "the answer must be one of the allowed values"),
        (1.5, {"type": "number"}, None),
    ],
)
def test_the_schema_check(value: Json, schema: Json, problem: str | None) -> None:
    assert mismatch(value, schema) == problem
