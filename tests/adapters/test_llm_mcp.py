"""MCP servers as tools: a real server of the protocol's SDK, over HTTP on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from app.adapters.llm import LanguageModels
from app.sdk import BlockError, McpServer, ModelRequest, ToolDecision
from tests.support.language_models import TOKEN_MARKER, lent, loopback_models
from tests.support.mcp_server import served
from tests.support.model_server import ModelServer

pytestmark = pytest.mark.anyio


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture
async def models() -> AsyncIterator[LanguageModels]:
    models = loopback_models()
    yield models
    await models.close()


def asking(model: ModelServer, *servers: McpServer, **more: object) -> ModelRequest:
    return ModelRequest("openai-compatible", model.address, "small", "How many?", servers=servers, **more)  # type: ignore[arg-type]


async def test_the_tools_of_a_server_are_offered_and_called(model: ModelServer, models: LanguageModels) -> None:
    model.uses_all(("stock", {"article": "lamp"}), ("stock", {"article": 7}), ("burn", {"article": "stone"}))
    model.says("Four.")
    async with served() as (url, seen):
        answer = await lent(models).converse(asking(model, McpServer(url, "KEY")))
    assert answer.text == "Four."
    offered = [tool["function"] for tool in model.asked[0]["tools"]]
    assert [(tool["name"], tool["description"]) for tool in offered] == [
        ("stock", "How many of an article are there"), ("burn", "Destroys an article"),
    ]  # fmt: skip
    told = [message["content"] for message in model.asked[1]["messages"] if message["role"] == "tool"]
    assert told[0] == '{"pieces":4}'
    assert "string" in told[1], "an argument that does not fit never reaches the server"
    assert told[2].startswith('{"error":')
    assert {headers["authorization"] for headers in seen} == {"Bearer sk-very-secret"}


async def test_only_some_tools_and_only_with_approval(model: ModelServer, models: LanguageModels) -> None:
    model.uses("stock", article="lamp")
    async with served() as (url, _):
        request = asking(model, McpServer(url, only=("stock",), needs_approval=True))
        parked = await lent(models).converse(request)
        [call] = parked.pending
        assert (call.tool, call.arguments) == ("stock", {"article": "lamp"})
        model.says("Four.")
        more = {"resume": parked.resume, "decisions": {call.id: ToolDecision(True)}}
        answer = await lent(models).converse(asking(model, McpServer(url, only=("stock",), needs_approval=True), **more))
    assert answer.text == "Four."
    assert [tool["function"]["name"] for tool in model.asked[0]["tools"]] == ["stock"]
    assert model.asked[1]["messages"][-1]["content"] == '{"pieces":4}'


async def test_a_secret_in_the_address_is_revealed_on_the_way(model: ModelServer, models: LanguageModels) -> None:
    async with served() as (url, _):
        with pytest.raises(BlockError) as caught:
            await lent(models).converse(asking(model, McpServer(f"{url}/{TOKEN_MARKER}")))
    assert "sk-very-secret" not in caught.value.message


async def test_a_tool_that_is_not_there(model: ModelServer, models: LanguageModels) -> None:
    async with served() as (url, _):
        with pytest.raises(BlockError, match="has no tool `teleport`") as caught:
            await lent(models).converse(asking(model, McpServer(url, only=("teleport",))))
    assert (caught.value.code, model.seen) == ("MCP_SERVER", [])


async def test_a_server_that_is_none(model: ModelServer, models: LanguageModels) -> None:
    with pytest.raises(BlockError, match=r"The MCP server 127.0.0.1 cannot be used") as caught:
        await asyncio.wait_for(lent(models).converse(asking(model, McpServer(f"{model.url}/mcp"))), 5)
    assert caught.value.code == "MCP_SERVER"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/mcp", "http://10.1.2.3/mcp", "ftp://127.0.0.1/mcp"])
async def test_a_server_that_cannot_be_reached(model: ModelServer, models: LanguageModels, url: str) -> None:
    with pytest.raises(BlockError) as caught:
        await asyncio.wait_for(lent(models).converse(asking(model, McpServer(url))), 5)
    assert caught.value.code in ("CONNECTION", "EGRESS_REFUSED", "BAD_URL")
