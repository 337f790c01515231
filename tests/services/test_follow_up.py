"""Following up failures: once, whoever looks, and one that cannot be followed up stops no other."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.db.tables import executions
from tests.support.graphs import block
from tests.support.studio import Studio

pytestmark = pytest.mark.anyio

FAILING = (block("start", "starter"), block("bad", "code", {"code": "output = 1 / 0"}))


async def listening(studio: Studio, **more: Any) -> str:
    return await studio.new(block("failed", "trigger.error"), deploy=True, **more)


async def failed(studio: Studio, count: int) -> str:
    workflow = await studio.new(*FAILING, edges=["start>bad"])
    for _ in range(count):
        await studio.run(workflow)
    return workflow


async def test_those_who_look_at_the_same_time_start_it_once(studio: Studio) -> None:
    handler = await listening(studio)
    await failed(studio, 5)
    started = await asyncio.gather(*(studio.follow_up.run_pending() for _ in range(4)))
    assert sum(started) == 5
    assert len(await studio.executions(handler)) == 5
    assert await studio.follow_up.run_pending() == 0


async def test_what_completes_or_is_cancelled_is_nothing_to_tell(studio: Studio) -> None:
    handler = await listening(studio)
    await studio.run(await studio.new(block("start", "starter")))
    nap = await studio.new(block("start", "starter"), block("nap", "flow.wait", {"seconds": 600}), edges=["start>nap"])
    started = await studio.server.services.executions.execute(studio.actor, nap, durably=True)
    await studio.server.services.executions.cancel(studio.actor, started.execution_id)
    assert await studio.follow_up.run_pending() == 0
    assert await studio.executions(handler) == []


async def test_a_listener_that_came_after_the_start_is_told_all_the_same(studio: Studio) -> None:
    await failed(studio, 1)
    handler = await listening(studio)
    assert await studio.follow_up.run_pending() == 1
    assert len(await studio.executions(handler)) == 1


async def test_a_failure_that_cannot_be_followed_up_does_not_hold_up_the_others(studio: Studio) -> None:
    handler = await listening(studio)
    workflow = await failed(studio, 2)
    first, second = await studio.executions(workflow)
    await studio.change(executions, executions.c.id == first.id, error=b"not JSON")
    assert await studio.follow_up.run_pending() == 1
    assert [b'"%s"' % second.id.encode() in run.input for run in await studio.executions(handler)] == [True]


async def test_a_handler_that_is_full_is_left_out_and_the_failure_counts_as_told(studio: Studio) -> None:
    nap = block("nap", "flow.wait", {"seconds": 600})
    settings = {"concurrency": {"limit": 1, "when_full": "skip"}}
    trigger = block("failed", "trigger.error")
    handler = await studio.new(trigger, nap, edges=["failed>nap"], settings=settings, deploy=True)
    await failed(studio, 3)
    assert await studio.follow_up.run_pending() == 1
    assert await studio.follow_up.run_pending() == 0
    assert len(await studio.executions(handler)) == 1
