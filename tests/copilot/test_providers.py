"""The copilot on models of all providers: their protocols, their tools, and their ways to fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.copilot.talking import ADD_DOUBLE, Talking
from tests.support.model_protocols import AnthropicServer, GoogleServer
from tests.support.model_server import ModelServer
from tests.support.server import Client

SERVERS: dict[str, type[ModelServer]] = {
    "openai-compatible": ModelServer, "anthropic": AnthropicServer, "google": GoogleServer,
}  # fmt: skip
KEYS = {"openai-compatible": "authorization", "anthropic": "x-api-key", "google": "x-goog-api-key"}


@pytest.fixture(params=SERVERS)
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def settings(provider: str, spoken: ModelServer) -> dict[str, Any]:
    return {"provider": provider, "base_url": spoken.address, "model": "small", "api_key": "sk-typed-in", "daily_tokens": 0}


@pytest.fixture
def spoken(provider: str) -> Iterator[ModelServer]:
    """A server that speaks the provider's protocol."""
    with SERVERS[provider]() as server:
        yield server


@pytest.fixture
def asked(client: Client, workflow: str, settings: dict[str, Any]) -> Iterator[Talking]:
    """A conversation with that model."""
    answer = client.put("/api/copilot/model", json=settings)
    assert answer.status_code == 200, answer.text
    yield Talking.begin(client, workflow)
    client.delete("/api/copilot/model")
    for one in client.get("/api/v1/credentials").json()["data"]:
        if one["name"] == "COPILOT_KEY":
            client.delete(f"/api/v1/credentials/{one['id']}")


def test_words_and_tools_are_streamed_and_counted(asked: Talking, spoken: ModelServer, provider: str) -> None:
    spoken.uses("read_graph")
    spoken.uses("propose", summary="Doubles", operations=ADD_DOUBLE)
    spoken.says("It doubles the sum now.")
    events = asked.say("Double it")
    assert [event["name"] for event in events.of("tool_call")] == ["read_graph", "propose"]
    assert all(event["ok"] for event in events.of("tool_result"))
    assert (events.text, len(events.proposal["changes"])) == ("It doubles the sum now.", 3)
    assert len(events.of("content_delta")) > 1
    assert events.end["usage"]["tokens"] == 3 * 18
    signed = spoken.seen[-1].headers[KEYS[provider]]
    assert signed.removeprefix("Bearer ") == "sk-typed-in"
    assert "sk-typed-in" not in str(asked.read())


def test_a_tool_call_that_is_no_json_is_told_and_repaired(asked: Talking, spoken: ModelServer) -> None:
    spoken.uses_all(("propose", '{"summary": "x", "operations": [{'))
    spoken.uses("propose", summary="Doubles", operations=ADD_DOUBLE)
    spoken.says("There.")
    assert len(asked.say("Double it").proposal["changes"]) == 3


@pytest.mark.parametrize("failure", ["refusal", "cut", "disconnect", "busy", "key", "html"])
def test_a_failure_is_told_in_words_and_the_next_answer_works(
    asked: Talking, spoken: ModelServer, provider: str, failure: str
) -> None:
    match failure:
        case "refusal":
            spoken.refuses("I do not do that")
            words = "The model refused to answer"
        case "cut":
            spoken.stops_early("Half of")
            words = "in the middle of its answer"
        case "disconnect":
            spoken.hangs_up("Half of")
            words = "in the middle of its answer"
        case "busy":
            spoken.answers({"error": {"message": "slow down"}}, 429, Retry_After="7")
            words = "answered 429: slow down. Try again in 7 s."
        case "key":
            spoken.answers({"error": {"message": "bad key sk-typed-in"}}, 401)
            words = "answered 401; check the credential: bad key ***."
        case _:
            spoken.answers("<html>")
            words = "answered something that is not a chat completion"
    events = asked.say("Hello")
    assert words in events.error
    assert events.end["state"] == "failed"
    assert len(spoken.seen) == 1, "nothing is asked again behind the person's back"
    spoken.recovers()
    spoken.says("Here I am.")
    assert asked.say("Once more").text == "Here I am."


def test_the_connection_is_tried_with_a_tool(client: Client, spoken: ModelServer, settings: dict[str, Any]) -> None:
    spoken.uses("report", word="ready")
    spoken.says("ready")
    spoken.answers({"error": {"message": "no such key"}}, 401)
    assert client.post("/api/copilot/model/test", json=settings).json()["works"] is True
    refused = client.post("/api/copilot/model/test", json=settings).json()
    assert refused["works"] is False
    assert "check the credential: no such key" in refused["message"]
