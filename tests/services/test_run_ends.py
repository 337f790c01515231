"""Ends that did not fail are followed up only where somebody listens for them, and there each starts it once."""

from __future__ import annotations

import asyncio

import pytest

from app.services.run_options import RunOptions
from tests.support.graphs import block
from tests.support.news import ended, heard, listening
from tests.support.studio import Studio

pytestmark = pytest.mark.anyio


async def completed(studio: Studio) -> tuple[str, str]:
    workflow = await studio.new(block("start", "starter"))
    return workflow, await studio.run(workflow)


async def test_a_completion_starts_what_listens_for_it_once(studio: Studio) -> None:
    listener = await listening(studio, "run.completed")
    await studio.follow_up.run_pending()
    workflow, execution = await completed(studio)
    assert sum(await asyncio.gather(*(studio.follow_up.run_pending() for _ in range(3)))) == 1
    (event,) = await heard(studio, listener)
    assert (event["type"], event["data"]["execution"]["id"]) == ("run.completed", execution)
    assert event["data"]["workflow"]["id"] == workflow
    assert "error" not in event["data"]
    await ended(studio, listener, 1)
    assert await studio.follow_up.run_pending() == 0


async def test_a_cancellation_starts_what_listens_for_it(studio: Studio) -> None:
    listener = await listening(studio, "run.cancelled")
    nap = await studio.new(block("start", "starter"), block("nap", "flow.wait", {"seconds": 600}), edges=["start>nap"])
    started = await studio.server.services.executions.execute(studio.actor, nap, durably=True)
    await studio.server.services.executions.cancel(studio.actor, started.execution_id)
    assert await studio.follow_up.run_pending() == 1
    (event,) = await heard(studio, listener)
    assert (event["type"], event["data"]["error"]["code"]) == ("run.cancelled", "CANCELLED")


async def test_who_begins_to_listen_hears_of_the_very_next_end(studio: Studio) -> None:
    await completed(studio)
    await studio.follow_up.run_pending()
    listener = await listening(studio, "run.*")
    _, execution = await completed(studio)
    await studio.follow_up.run_pending()
    assert [event["data"]["execution_id"] for event in await heard(studio, listener)] == [execution]


async def test_two_listeners_for_completions_do_not_start_each_other_for_ever(studio: Studio) -> None:
    child = await studio.new(block("start", "starter"))
    run = block("run", "flow.subworkflow", {"workflow": child, "input": {}})
    both = [await listening(studio, "run.completed", run, edges=["happened>run"]) for _ in "ab"]
    await completed(studio)
    for _ in range(3):
        await studio.follow_up.run_pending()
        for listener in both:
            await ended(studio, listener, 1)
    assert len(await studio.executions(child)) == 2


async def test_where_nobody_listens_no_completion_is_left_to_be_followed_up(studio: Studio) -> None:
    await listening(studio, "run.failed")
    workflow = await studio.new(block("start", "starter"))
    await studio.follow_up.run_pending()
    await studio.run(workflow)
    (found,) = await studio.executions(workflow)
    assert found.followed_up


async def test_trying_out_is_no_news(studio: Studio) -> None:
    listener = await listening(studio, "run.*")
    workflow = await studio.new(block("start", "starter"))
    for options in (RunOptions(mode="simulation"), RunOptions(until="start")):
        started = await studio.server.services.executions.execute(studio.actor, workflow, {}, options=options)
        await started.handle.ended
    assert await studio.follow_up.run_pending() == 0
    assert await heard(studio, listener) == []
