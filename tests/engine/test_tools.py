"""Blocks as tools of an agent: described, run with an execution's rights, and refused where they cannot be tools."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.engine.tools import BlockTools
from app.sdk import BlockError, Config, Context, Json, Output, Wait
from tests.support.flows import flows, told
from tests.support.tiny import Environment, fails, tiny

pytestmark = pytest.mark.anyio


class Adding(Config):
    left: int
    right: int = 1


async def add(context: Context, config: Adding, value: Json) -> Output:
    return Output({"sum": config.left + config.right, "key": context.idempotency_key, "mode": context.mode})


def tools(*blocks: Any) -> BlockTools:
    return BlockTools(flows(*blocks), Environment(http="http"), {"id": "run-1", "mode": "live"})


ADD = tiny("add", add, config=Adding)


async def refused(tool: BlockTools, type: str, config: dict[str, Json] | None = None) -> BlockError:
    with pytest.raises(BlockError) as caught:
        await tool.run(type, config or {}, "key")
    return caught.value


async def test_a_tool_gives_its_output_and_has_the_key_that_it_is_given() -> None:
    assert await tools(ADD).run("add", {"left": 2}, "agent/3") == {"sum": 3, "key": "run-1:agent/3:0", "mode": "live"}


def test_a_tool_is_described_with_the_schema_of_its_configuration() -> None:
    described = tools(ADD).describe("add")
    assert (described["type"], described["title"]) == ("add", "Add")
    assert described["input_schema"]["required"] == ["left"]


@pytest.mark.parametrize("type", ["start", "answer", "each", "ask", "telepathy", ""])
async def test_triggers_answers_containers_and_what_waits_are_no_tools(type: str) -> None:
    assert (await refused(tools(), type)).code == "NOT_A_TOOL"
    with pytest.raises(BlockError, match="not a block that can be a tool"):
        tools().describe(type)


async def test_arguments_that_do_not_fit_are_refused_by_field() -> None:
    error = await refused(tools(ADD), "add", {"left": "two"})
    assert (error.code, "field `left`" in error.message) == ("CONFIG_INVALID", True)


async def test_templates_that_a_model_writes_are_not_resolved() -> None:
    class Text(Config):
        text: str

    async def say(context: Context, config: Text, value: Json) -> Output:
        return Output(config.text)

    written = "{{ secrets.KEY }} {{ variables.n }}"
    assert await tools(tiny("say", say, config=Text)).run("say", {"text": written}, "key") == written


async def test_a_tool_that_fails_says_so() -> None:
    assert (await refused(tools(fails()), "fails")).code == "BROKEN"


async def test_a_tool_that_takes_too_long_is_not_taken_for_its_agent() -> None:
    async def hang(context: Context, config: Any, value: Json) -> Output:
        await asyncio.Event().wait()
        return Output(value)

    error = await refused(tools(tiny("hang", hang, timeout_ms=10)), "hang")
    assert (error.code, error.message) == ("STEP_TIMEOUT", "Hang: not finished within 0.01 s")


async def test_a_tool_cannot_wait() -> None:
    async def wait(context: Context, config: Any, value: Json) -> Wait:
        return Wait(context.now())

    assert (await refused(tools(tiny("wait", wait)), "wait")).code == "TOOL_WAITS"
    assert (await refused(tools(tiny("ask", wait, resume=told)), "ask")).code == "NOT_A_TOOL"


async def test_a_tool_gives_no_more_than_any_block() -> None:
    async def large(context: Context, config: Any, value: Json) -> Output:
        return Output("x" * 2_000_001)

    assert (await refused(tools(tiny("large", large)), "large")).code == "OUTPUT_TOO_LARGE"


async def test_a_tool_has_only_the_services_that_it_declares() -> None:
    async def call(context: Context, config: Any, value: Json) -> Output:
        return Output(str(context.http))

    assert await tools(tiny("call", call, needs=frozenset({"http"}))).run("call", {}, "key") == "http"
    assert (await refused(tools(tiny("call", call)), "call")).code == "NOT_PERMITTED"
