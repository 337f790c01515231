"""Blocks that are wrong in themselves: they fail, and nothing around them does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.sdk import Context, Json, Output
from tests.support.graphs import graph
from tests.support.tiny import Ran, drive, tiny, types

pytestmark = pytest.mark.anyio


async def failing_with(error: BaseException) -> Ran:
    async def execute(context: Context, config: Any, value: Json) -> Output:
        raise error

    async with asyncio.timeout(5):
        return await drive(graph("a>act", "act>end", act="act"), types(tiny("act", execute)), 1)


async def test_a_timeout_inside_a_block_is_not_that_of_the_step() -> None:
    ran = await failing_with(TimeoutError())
    assert ran.outcome.error is not None
    assert ran.outcome.error.code == "BLOCK_CRASHED"


async def test_a_block_in_which_something_was_cancelled_has_failed_and_the_execution_does_not_go_on() -> None:
    ran = await failing_with(asyncio.CancelledError())
    assert ran.outcome.error is not None
    assert ran.outcome.error.message == "Act: the block itself failed (CancelledError)"


async def test_the_same_beside_other_steps() -> None:
    async def leak(context: Context, config: Any, value: Json) -> Output:
        raise asyncio.CancelledError

    ran = await drive(graph("a>act", "a>b", "act>end", act="act"), types(tiny("act", leak)), 1)
    assert (ran.outcome.status, ran.recorder.ended("act").status) == ("failed", "failed")


async def test_a_block_that_ends_the_process_only_fails() -> None:
    ran = await failing_with(SystemExit(1))
    assert ran.outcome.error is not None
    assert ran.outcome.error.message == "Act: the block itself failed (SystemExit)"


async def test_a_block_that_gives_nothing_at_all_has_failed() -> None:
    async def nothing(context: Context, config: Any, value: Json) -> Any:
        return None

    ran = await drive(graph("act", act="act"), types(tiny("act", nothing)), 1)
    assert ran.outcome.error is not None
    assert ran.outcome.error.code == "BLOCK_CRASHED"


async def test_an_answer_that_is_not_json_is_a_mistake_of_the_block_and_not_of_the_engine() -> None:
    async def odd(context: Context, config: Any, value: Json) -> Output:
        return Output(1, (), {"status": 200, "headers": {}, "body": object()})

    ran = await drive(graph("act", act="act"), types(tiny("act", odd, outputs=(), answers=True)), 1)
    assert ran.outcome.error is not None
    assert ran.outcome.error.code == "BLOCK_CRASHED"
