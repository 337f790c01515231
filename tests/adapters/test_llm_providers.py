"""Anthropic and Google, each against a server on loopback that answers as theirs do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from app.adapters.llm import LanguageModels
from app.sdk import BlockError, ModelRequest, ModelUsage
from tests.support.language_models import lent, loopback_models
from tests.support.peer import Peer, Reply

pytestmark = pytest.mark.anyio


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer() as running:
        yield running


@pytest.fixture
async def models() -> AsyncIterator[LanguageModels]:
    models = loopback_models()
    yield models
    await models.close()


SAID: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude",
    "content": [],
    "stop_sequence": None,
}
ANTHROPIC = SAID | {
    "content": [{"type": "text", "text": "Good day"}], "stop_reason": "end_turn",
    "usage": {"input_tokens": 5, "output_tokens": 3},
}  # fmt: skip
ANTHROPIC_STREAM: tuple[tuple[str, dict[str, Any]], ...] = (
    ("message_start", {"message": SAID | {"stop_reason": None, "usage": {"input_tokens": 5, "output_tokens": 1}}}),
    ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
    ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "Good "}}),
    ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "day"}}),
    ("content_block_stop", {"index": 0}),
    ("message_delta", {"delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 3}}),
    ("message_stop", {}),
)
GOOGLE: dict[str, Any] = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": "Good day"}]}, "finishReason": "STOP", "index": 0}],
    "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 3, "totalTokenCount": 8},
}
EVENTS = {"Content-Type": "text/event-stream"}


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
async def test_anthropic(models: LanguageModels, peer: Peer, stream: bool) -> None:
    events = "".join(f"event: {name}\ndata: {json.dumps({'type': name} | event)}\n\n" for name, event in ANTHROPIC_STREAM)
    peer.replies["/v1/messages"] = Reply(events, headers=EVENTS) if stream else Reply(ANTHROPIC)
    pieces: list[str] = []
    request = ModelRequest(
        "anthropic", f"{peer.url}/v1", "claude-haiku-4-5", "Hello", system_prompt="Be kind.", credential="KEY",
        max_tokens=1000, stream=pieces.append if stream else None,
    )  # fmt: skip
    answer = await lent(models).converse(request)
    assert (answer.text, answer.usage) == ("Good day", ModelUsage(5, 3, 1))
    assert pieces == (["Good ", "day"] if stream else [])
    [seen] = peer.calls("/v1/messages")
    assert seen.headers["x-api-key"] == "sk-very-secret"
    assert "authorization" not in seen.headers
    assert (seen.json()["model"], seen.json()["max_tokens"]) == ("claude-haiku-4-5", 1000)


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
async def test_google(models: LanguageModels, peer: Peer, stream: bool) -> None:
    path = "/v1beta/models/gemini-2.5-flash:" + ("streamGenerateContent" if stream else "generateContent")
    peer.replies[path] = Reply(f"data: {json.dumps(GOOGLE)}\n\n", headers=EVENTS) if stream else Reply(GOOGLE)
    pieces: list[str] = []
    request = ModelRequest(
        "google", peer.url, "gemini-2.5-flash", "Hello", credential="KEY", stream=pieces.append if stream else None
    )
    answer = await lent(models).converse(request)
    assert (answer.text, answer.usage) == ("Good day", ModelUsage(5, 3, 1))
    assert pieces == (["Good day"] if stream else [])
    assert peer.calls(path)[0].headers["x-goog-api-key"] == "sk-very-secret"


@pytest.mark.parametrize("provider", ["anthropic", "google"])
async def test_half_an_answer_is_none(models: LanguageModels, peer: Peer, provider: Any) -> None:
    half = json.loads(json.dumps(GOOGLE))
    del half["candidates"][0]["finishReason"]
    events = "".join(f"event: {name}\ndata: {json.dumps({'type': name} | event)}\n\n" for name, event in ANTHROPIC_STREAM[:4])
    peer.replies["/v1/messages"] = Reply(events, headers=EVENTS)
    peer.replies["/v1beta/models/m:streamGenerateContent"] = Reply(f"data: {json.dumps(half)}\n\n", headers=EVENTS)
    request = ModelRequest(provider, peer.url, "m", "Hello", credential="KEY", max_tokens=1000, stream=lambda _: None)
    with pytest.raises(BlockError, match="in the middle of its answer"):
        await lent(models).converse(request)


@pytest.mark.parametrize("provider", ["anthropic", "google"])
async def test_a_status_is_named(models: LanguageModels, peer: Peer, provider: Any) -> None:
    busy = Reply({"error": {"message": "too many"}}, 429, {"Retry-After": "4"})
    peer.replies |= {"/v1/messages": busy, "/v1beta/models/m:generateContent": busy}
    with pytest.raises(BlockError, match="answered 429: too many") as caught:
        await lent(models).converse(ModelRequest(provider, peer.url, "m", "Hello", max_tokens=1000))
    assert (caught.value.retryable, caught.value.retry_after, len(peer.seen)) == (True, 4, 1)
