"""Cancelling from every state, and ending a host so that the next one goes on."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.sdk import Context, Json, Output
from tests.support.graphs import graph
from tests.support.hosts import Gate, Stage, staged, until
from tests.support.journals import new_execution, row, step_rows
from tests.support.tiny import tiny, types, waits

pytestmark = pytest.mark.anyio

GATE = graph("a>gate", "gate>b", gate="gate")


async def statuses(stage: Stage, execution_id: str) -> dict[str, str]:
    return {block_id: step.status for block_id, step in (await step_rows(stage.database, execution_id)).items()}


# -- cancelling ------------------------------------------------------------------------------------------------------


async def test_a_running_execution_is_stopped_in_the_middle_of_its_step(tmp_path: Path) -> None:
    gate = Gate()
    async with staged(tmp_path, GATE, types(gate.block(effect="write"))) as stage:
        execution_id, handle = await stage.start()
        await gate.has_come()
        assert await stage.host.cancel(execution_id) is True
        assert (await handle.ended).status == "cancelled"
        assert gate.stopped == [execution_id]
        assert await statuses(stage, execution_id) == {"a": "completed", "gate": "cancelled"}
        assert (await row(stage.database, execution_id)).finished_at is not None


async def test_a_queued_execution_ends_without_having_begun(tmp_path: Path) -> None:
    gate = Gate()
    async with staged(tmp_path, GATE, types(gate.block()), max_running=1) as stage:
        await stage.start()
        await gate.has_come()
        execution_id, handle = await stage.start()
        assert await stage.host.cancel(execution_id) is True
        assert (await handle.ended).status == "cancelled"
        assert await statuses(stage, execution_id) == {}


async def test_a_waiting_execution_ends_long_before_its_moment(tmp_path: Path) -> None:
    async with staged(tmp_path, graph("a>wait", wait="wait"), types(waits(3600))) as stage:
        execution_id, handle = await stage.start()
        await stage.reaches(execution_id, "waiting")
        assert await stage.host.cancel(execution_id) is True
        assert (await handle.ended).status == "cancelled"
        assert await statuses(stage, execution_id) == {"a": "completed", "wait": "cancelled"}


async def test_what_has_ended_cannot_be_cancelled(tmp_path: Path) -> None:
    async with staged(tmp_path, graph("a"), types()) as stage:
        execution_id, handle = await stage.start(input=1)
        await handle.ended
        assert await stage.host.cancel(execution_id) is False
        assert (await stage.ended(execution_id)).output == 1


async def test_what_is_not_there_cannot_be_cancelled(tmp_path: Path) -> None:
    async with staged(tmp_path, graph("a"), types()) as stage:
        assert await stage.host.cancel("nothing") is False


async def test_cancelling_many_times_at_once_ends_it_once_and_soon(tmp_path: Path) -> None:
    gate = Gate()
    async with staged(tmp_path, GATE, types(gate.block())) as stage:
        execution_id, handle = await stage.start()
        await gate.has_come()
        await stage.reaches(execution_id, "running")
        began = time.monotonic()
        told = await asyncio.gather(*(stage.host.cancel(execution_id) for _ in range(5)))
        assert told[0] is True
        assert (await asyncio.wait_for(handle.ended, 5)).status == "cancelled"
        assert time.monotonic() - began < 2
        assert stage.host.running == 0


async def test_children_are_cancelled_with_their_parent(tmp_path: Path) -> None:
    gate = Gate()
    async with staged(tmp_path, GATE, types(gate.block())) as stage:
        parent, _ = await stage.start()
        child, _ = await stage.start(parent_id=parent, parent_key="one")
        grandchild, _ = await stage.start(parent_id=child, parent_key="one")
        other, _ = await stage.start()
        await gate.has_come(4)
        for execution_id in (parent, child, grandchild, other):
            await stage.reaches(execution_id, "running")
        assert await stage.host.cancel(parent) is True
        assert [(await stage.ended(execution_id)).status for execution_id in (parent, child, grandchild)] == ["cancelled"] * 3
        assert (await row(stage.database, other)).status == "running"


async def test_a_step_that_cancels_its_child_itself_does_not_hold_up_the_cancelling(tmp_path: Path) -> None:
    """As a block does that runs another workflow: the child is cancelled twice at the same time."""
    gate = Gate()

    async def runs_child(context: Context, config: Any, value: Json) -> Output:
        if context.execution_id == child.id:
            return await gate.block().execute(context, config, value)  # type: ignore[return-value]
        await stage.journal.accept(child)
        handle = stage.host.watch(child.id)
        await stage.host.take(child.id, even_when_full=True)
        try:
            return Output((await asyncio.shield(handle.ended)).output)
        except asyncio.CancelledError:
            await asyncio.shield(stage.host.cancel(child.id))
            raise

    async with staged(tmp_path, graph("run", run="run"), types(tiny("run", runs_child, effect="write"))) as stage:
        parent = new_execution()
        child = new_execution(parent_id=parent.id, parent_key="run")
        handle = await stage.host.start(parent)
        await gate.has_come()
        began = time.monotonic()
        assert await stage.host.cancel(parent.id) is True
        assert (await asyncio.wait_for(handle.ended, 5)).status == "cancelled"
        assert (await stage.ended(child.id)).status == "cancelled"
        assert time.monotonic() - began < 2


async def test_an_end_that_came_first_stays(tmp_path: Path) -> None:
    async with staged(tmp_path, graph("a"), types()) as stage:
        for _ in range(20):
            execution_id, handle = await stage.start(input=1)
            cancelling = asyncio.create_task(stage.host.cancel(execution_id))
            ended = await asyncio.wait_for(handle.ended, 2)
            await cancelling
            assert (await stage.ended(execution_id)).status == ended.status


# -- ending the host -------------------------------------------------------------------------------------------------


async def test_what_ends_in_time_is_let_finish(tmp_path: Path) -> None:
    gate = Gate()
    async with staged(tmp_path, GATE, types(gate.block()), drain=2) as stage:
        execution_id, handle = await stage.start()
        await gate.has_come()
        asyncio.get_running_loop().call_later(0.1, gate.opened.set)
        await stage.host.drain(2)
        assert (await handle.ended).status == "completed"
        assert (await row(stage.database, execution_id)).status == "completed"


async def test_what_does_not_end_in_time_is_given_back_and_the_next_host_finishes_it(tmp_path: Path) -> None:
    first, second = Gate(), Gate()
    async with staged(tmp_path, GATE, types(first.block())) as stage:
        execution_id, _ = await stage.start(input={"n": 1})
        await first.has_come()
        await stage.host.drain(0.05)
        found = await row(stage.database, execution_id)
        assert (found.status, found.driver, found.lease_until) == ("running", None, None)
        assert await statuses(stage, execution_id) == {"a": "completed"}
    second.opened.set()
    async with staged(tmp_path, GATE, types(second.block())) as stage:
        assert (await stage.ended(execution_id)).output == {"n": 1}
        assert second.passed == [execution_id]
        assert await statuses(stage, execution_id) == dict.fromkeys(["a", "gate", "b"], "completed")
        assert (await row(stage.database, execution_id)).epoch == 2


async def test_an_execution_that_just_began_is_not_lost_by_ending(tmp_path: Path) -> None:
    gate = Gate()
    async with staged(tmp_path, GATE, types(gate.block())) as stage:
        execution_id, _ = await stage.start()
        await gate.has_come()
        await stage.host.drain(0)
        assert (await row(stage.database, execution_id)).status == "running"
    gate.opened.set()
    async with staged(tmp_path, GATE, types(gate.block())) as stage:
        assert (await stage.ended(execution_id)).status == "completed"


async def test_an_ending_host_takes_nothing_new(tmp_path: Path) -> None:
    async with staged(tmp_path, graph("a"), types()) as stage:
        await stage.host.drain(0)
        execution_id = await stage.accept()
        assert (await row(stage.database, execution_id)).status == "queued"
        assert stage.host.running == 0
    async with staged(tmp_path, graph("a"), types()) as stage:
        assert (await stage.ended(execution_id)).status == "completed"


async def test_what_is_claimed_while_the_host_ends_is_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with staged(tmp_path, graph("a"), types()) as stage:
        claim = stage.journal.claim

        async def claim_and_end(*arguments: Any) -> Any:
            claimed = await claim(*arguments)
            await stage.host.drain(0)
            return claimed

        monkeypatch.setattr(stage.journal, "claim", claim_and_end)
        execution_id = await stage.accept()
        left = await row(stage.database, execution_id)
        assert (left.status, left.driver, stage.host.running) == ("running", None, 0)
    async with staged(tmp_path, graph("a"), types()) as stage:
        assert (await stage.ended(execution_id)).status == "completed"


async def test_a_drive_that_begins_after_the_journal_has_closed_ends_and_its_execution_goes_on_later(tmp_path: Path) -> None:
    async with staged(tmp_path, graph("a"), types()) as stage:
        await stage.host.drain(0)
        execution_id = await stage.accept()
        await stage.journal.close()
        stage.host.accepting = True
        await stage.host.take(execution_id)
        stage.host.accepting = False
        assert await until(stage.idle)
    async with staged(tmp_path, graph("a"), types()) as stage:
        assert (await stage.ended(execution_id)).status == "completed"


async def test_a_wait_goes_on_under_the_next_host(tmp_path: Path) -> None:
    drawn = graph("a>wait", "wait>b", wait="wait")
    began = datetime.now(UTC)
    async with staged(tmp_path, drawn, types(waits(0.4))) as stage:
        execution_id, _ = await stage.start(input="data")
        await stage.reaches(execution_id, "waiting")
    async with staged(tmp_path, drawn, types(waits(0.4))) as stage:
        assert (await stage.ended(execution_id)).output == "data"
        assert (datetime.now(UTC) - began).total_seconds() > 0.4


async def test_a_wish_to_cancel_outlives_the_host(tmp_path: Path) -> None:
    gate = Gate()
    async with staged(tmp_path, GATE, types(gate.block())) as stage:
        execution_id, _ = await stage.start()
        await gate.has_come()
        await stage.reaches(execution_id, "running")
        await stage.host.drain(0)
        assert await stage.host.cancel(execution_id) is True
    async with staged(tmp_path, GATE, types(gate.block())) as stage:
        assert (await stage.ended(execution_id)).status == "cancelled"
        assert gate.passed == []


@pytest.mark.parametrize("turns", range(6))
async def test_a_sweep_that_is_woken_in_the_moment_of_its_end_still_ends(tmp_path: Path, turns: int) -> None:
    async with staged(tmp_path, graph("a"), types()) as stage:
        await asyncio.sleep(0.2)
        stage.host.sweep_soon()
        for _ in range(turns):
            await asyncio.sleep(0)
        async with asyncio.timeout(5):
            await stage.host.drain(0)
