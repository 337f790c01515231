"""Tools of a real MCP server, used without a model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.sdk import BlockError, Json
from tests.support.language_models import lent, loopback_models
from tests.support.mcp_server import served

pytestmark = pytest.mark.anyio


@pytest.fixture
async def call(stage: Any) -> AsyncIterator[Any]:
    """Run the block on the models' own connections."""
    models = loopback_models()
    context = stage(models=lent(models))
    yield lambda url, value=None, **config: context.run("ai.mcp_call", {"url": url, **config}, value)
    await models.close()


async def refused(attempt: Any) -> BlockError:
    with pytest.raises(BlockError) as caught:
        await attempt
    return caught.value


async def test_a_tool_is_used_and_tools_are_listed(call: Any) -> None:
    async with served() as (url, seen):
        assert (await call(url, tool="stock", arguments={"article": "lamp"})).value == {"result": {"pieces": 4}}
        assert (await call(url, {"article": "desks"}, tool="stock")).value == {"result": {"pieces": 5}}
        tools = (await call(url, operation="list", credential="KEY")).value["tools"]
    assert [tool["name"] for tool in tools] == ["stock", "burn"]
    assert tools[0]["input_schema"]["required"] == ["article"]
    assert seen[-1]["authorization"] == "Bearer sk-very-secret"


@pytest.mark.parametrize(
    ("config", "code", "retryable"),
    [
        ({"tool": "stock", "arguments": {"article": 7}}, "TOOL_ARGUMENTS", False),
        ({"tool": "stock", "arguments": {}}, "TOOL_ARGUMENTS", False),
        ({"tool": "fly", "arguments": {}}, "MCP_SERVER", False),
        ({"tool": "burn", "arguments": {"article": "stone"}}, "MCP_TOOL_FAILED", True),
        ({"tool": "stock", "arguments": "lamp"}, "CONFIG_INVALID", False),
        ({"tool": ""}, "CONFIG_INVALID", False),
    ],
)
async def test_what_cannot_be_called(call: Any, config: dict[str, Json], code: str, retryable: bool) -> None:
    async with served() as (url, _):
        error = await refused(call(url, **config))
    assert (error.code, error.retryable) == (code, retryable)


async def test_no_server_and_a_private_address(call: Any) -> None:
    assert (await refused(call("http://127.0.0.1:1/mcp", tool="stock", arguments={}))).retryable
    error = await refused(call("http://10.0.0.1/mcp", tool="stock", arguments={}))
    assert "10.0.0.1" in error.message
