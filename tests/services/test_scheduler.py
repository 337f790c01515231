"""What the scheduler starts, and when: due runs once, missed ones as the block says, each its own block."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.db.tables import schedules, workflows
from app.services.schedule_times import GRACE
from tests.support.graphs import block
from tests.support.studio import Studio

pytestmark = pytest.mark.anyio

MINUTE = timedelta(seconds=60)


def every_minute(id: str = "tick", **config: Any) -> dict[str, Any]:
    return block(id, "trigger.schedule", {"interval_seconds": 60, **config})


async def row(studio: Studio, workflow: str, block_id: str = "tick") -> Any:
    query = sa.select(schedules).where(schedules.c.workflow_id == workflow, schedules.c.block_id == block_id)
    async with studio.server.database.read() as connection:
        return (await connection.execute(query)).one()


async def off_for(studio: Studio, workflow: str, runs: int) -> datetime:
    """Let the schedule be due since so many runs ago; the moment of looking again."""
    due = (await row(studio, workflow)).next_run_at
    return due + (runs - 1) * MINUTE + GRACE + timedelta(seconds=5)


async def started(studio: Studio, workflow: str) -> list[str]:
    return [execution.start_block for execution in await studio.executions(workflow)]


async def test_a_due_run_starts_its_own_block_once(studio: Studio) -> None:
    blocks = (every_minute("tick"), every_minute("other", start_at="2999-01-01T00:00:00Z"), block("start", "starter"))
    workflow = await studio.new(*blocks, deploy=True)
    due = (await row(studio, workflow)).next_run_at
    assert await studio.scheduler.run_due(due - timedelta(seconds=1)) == 0
    assert await studio.scheduler.run_due(due) == 1
    assert await studio.scheduler.run_due(due) == 0
    (execution,) = await studio.executions(workflow)
    assert (execution.start_block, execution.trigger) == ("tick", "schedule")
    moved = await row(studio, workflow)
    assert (moved.next_run_at, moved.runs) == (due + MINUTE, 1)


async def test_schedulers_beside_each_other_start_it_once(studio: Studio) -> None:
    workflow = await studio.new(every_minute(), deploy=True)
    due = (await row(studio, workflow)).next_run_at
    assert sum(await asyncio.gather(*(studio.scheduler.run_due(due) for _ in range(5)))) == 1
    assert len(await studio.executions(workflow)) == 1


@pytest.mark.parametrize(("catch_up", "runs"), [("skip", 0), ("once", 1), ("all", 4)])
async def test_runs_that_were_missed_are_made_up_for_as_the_block_says(studio: Studio, catch_up: str, runs: int) -> None:
    workflow = await studio.new(every_minute(catch_up=catch_up), deploy=True)
    first = (await row(studio, workflow)).next_run_at
    now = await off_for(studio, workflow, 4)
    assert await studio.scheduler.run_due(now) == runs
    assert await studio.scheduler.run_due(now) == 0
    moved = await row(studio, workflow)
    assert (moved.next_run_at, moved.runs) == (first + 4 * MINUTE, runs), "it goes on in its rhythm"


async def test_a_run_that_is_only_a_little_late_is_not_missed(studio: Studio) -> None:
    workflow = await studio.new(every_minute(catch_up="skip"), deploy=True)
    due = (await row(studio, workflow)).next_run_at
    assert await studio.scheduler.run_due(due + GRACE) == 1


async def test_after_its_last_run_a_schedule_is_over(studio: Studio) -> None:
    workflow = await studio.new(every_minute(catch_up="all", max_runs=3), deploy=True)
    assert await studio.scheduler.run_due(await off_for(studio, workflow, 10)) == 3
    assert (await row(studio, workflow)).next_run_at is None


async def test_jitter_makes_a_run_later_and_never_shifts_the_rhythm(studio: Studio) -> None:
    workflow = await studio.new(every_minute(jitter_seconds=59), deploy=True)
    found = await row(studio, workflow)
    planned, late = found.planned_at, set()
    for number in range(6):
        found = await row(studio, workflow)
        assert found.planned_at == planned + number * MINUTE
        assert timedelta() <= found.next_run_at - found.planned_at <= timedelta(seconds=59)
        late.add(found.next_run_at - found.planned_at)
        assert await studio.scheduler.run_due(found.next_run_at) == 1
    assert len(late) > 1


async def test_what_it_brings_are_the_blocks_variables(studio: Studio) -> None:
    blocks = (every_minute(args={"report": "daily"}), block("end", "code", {"code": "output = variables['report']"}))
    workflow = await studio.new(*blocks, edges=["tick>end"], deploy=True)
    await studio.scheduler.run_due((await row(studio, workflow)).next_run_at)
    async with asyncio.timeout(5):
        while (await studio.executions(workflow))[0].status != "completed":  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert (await studio.executions(workflow))[0].output == b'"daily"'


async def test_a_workflow_that_is_off_or_full_lets_its_turns_pass(studio: Studio) -> None:
    limited = {"concurrency": {"limit": 1, "when_full": "skip"}}
    nap = block("nap", "flow.wait", {"seconds": 600})
    workflow = await studio.new(every_minute(), nap, edges=["tick>nap"], settings=limited, deploy=True)
    due = (await row(studio, workflow)).next_run_at
    assert await studio.scheduler.run_due(due) == 1
    assert await studio.scheduler.run_due(due + MINUTE) == 0
    await studio.change(workflows, workflows.c.id == workflow, enabled=False)
    assert await studio.scheduler.run_due(due + 2 * MINUTE) == 0
    assert (await row(studio, workflow)).next_run_at == due + 3 * MINUTE
    assert len(await studio.executions(workflow)) == 1


async def test_one_schedule_that_cannot_be_read_does_not_stop_the_others(studio: Studio) -> None:
    broken, good = [await studio.new(every_minute(), deploy=True) for _ in "ab"]
    await studio.change(schedules, schedules.c.workflow_id == broken, revision=99)
    due = (await row(studio, good)).next_run_at
    assert await studio.scheduler.run_due(due + timedelta(seconds=1)) == 1
    assert await started(studio, good) == ["tick"]


async def test_undeploying_ends_a_schedule_and_deploying_begins_it_anew(studio: Studio) -> None:
    workflow = await studio.new(every_minute(max_runs=1), deploy=True)
    await studio.scheduler.run_due((await row(studio, workflow)).next_run_at)
    await studio.server.services.activation.undeploy(studio.actor, workflow)
    assert await studio.scheduler.run_due(datetime.now(UTC) + timedelta(days=1)) == 0
    await studio.server.services.activation.deploy(studio.actor, workflow)
    assert (await row(studio, workflow)).next_run_at is not None
