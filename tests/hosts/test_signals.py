"""Signals through a real host and journal: answered while driven, parked, restarting, and in the moment between."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.sdk import Context, Json, Output
from tests.support.awaited import answer, rows
from tests.support.flows import ask, asks_again, flows, loop
from tests.support.graphs import block, graph
from tests.support.hosts import Gate, Stage, staged, until
from tests.support.tiny import Types, tiny

pytestmark = pytest.mark.anyio

ASKED = graph("start>ask", "ask>end", start="start", ask="ask")


async def open_signals(stage: Stage, execution_id: str, count: int = 1) -> list[Any]:
    """The open signals of an execution, once there are so many."""

    async def ask() -> list[Any] | None:
        found = [row for row in await rows(stage.database, execution_id) if row.status == "open"]
        return found if len(found) == count else None

    return await until(ask)


async def say(stage: Stage, signal_id: str, payload: Json) -> bool:
    """Answer a signal and tell the host, as the services do."""
    row = await answer(stage.database, signal_id, payload, datetime.now(UTC))
    if row is not None:
        await stage.host.arrive(row.execution_id, row.block_id, row.iteration, payload, row.seq)
    return row is not None


async def output(stage: Stage, execution_id: str) -> Json:
    ended = await stage.ended(execution_id)
    assert ended.status == "completed", ended
    return ended.output


async def test_a_parked_execution_goes_on_at_once_with_what_came(tmp_path: Path) -> None:
    async with staged(tmp_path, ASKED, flows()) as stage:
        execution, _ = await stage.start()
        await stage.reaches(execution, "waiting")
        await until(stage.idle)
        (signal,) = await open_signals(stage, execution)
        assert await say(stage, signal.id, {"news": 1})
        assert (await output(stage, execution))["payload"] == {"news": 1}


async def test_an_execution_that_is_driven_goes_on_without_being_parked(tmp_path: Path) -> None:
    gate = Gate()
    drawn = graph("start>ask", "start>gate", "ask>end", start="start", ask="ask", gate="gate")
    async with staged(tmp_path, drawn, flows(gate.block())) as stage:
        execution, _ = await stage.start()
        (signal,) = await open_signals(stage, execution)
        assert await say(stage, signal.id, "news")
        gate.opened.set()
        assert (await output(stage, execution))["end"]["payload"] == "news"
        found = await stage.ended(execution)
        assert found.status == "completed"


async def test_an_answer_that_the_host_never_hears_of_is_found_by_the_sweep(tmp_path: Path) -> None:
    async with staged(tmp_path, ASKED, flows()) as stage:
        execution, _ = await stage.start()
        await stage.reaches(execution, "waiting")
        (signal,) = await open_signals(stage, execution)
        assert await answer(stage.database, signal.id, "news", datetime.now(UTC))
        assert (await output(stage, execution))["payload"] == "news"


async def test_an_answer_while_no_host_runs_is_taken_up_by_the_next(tmp_path: Path) -> None:
    async with staged(tmp_path, ASKED, flows()) as stage:
        execution, _ = await stage.start()
        await stage.reaches(execution, "waiting")
        (signal,) = await open_signals(stage, execution)
    async with staged(tmp_path, ASKED, flows()) as stage:
        assert await answer(stage.database, signal.id, "news", datetime.now(UTC))
        assert (await output(stage, execution))["payload"] == "news"


async def test_answers_in_the_moment_of_parking_are_never_lost(tmp_path: Path) -> None:
    """Every execution is answered as soon as its question is on disk, which is while it parks."""
    async with staged(tmp_path, ASKED, flows()) as stage:
        executions = [(await stage.start())[0] for _ in range(40)]

        async def answer_soon(execution: str) -> Json:
            (signal,) = await open_signals(stage, execution)
            assert await say(stage, signal.id, execution)
            return (await output(stage, execution))["payload"]

        assert await asyncio.gather(*map(answer_soon, executions)) == executions


async def test_of_many_answers_at_once_one_counts(tmp_path: Path) -> None:
    async with staged(tmp_path, ASKED, flows()) as stage:
        execution, _ = await stage.start()
        (signal,) = await open_signals(stage, execution)
        taken = await asyncio.gather(*(say(stage, signal.id, n) for n in range(10)))
        assert taken.count(True) == 1
        assert (await output(stage, execution))["payload"] == taken.index(True)


async def test_a_question_without_answer_times_out(tmp_path: Path) -> None:
    drawn = graph("start>ask", start="start", ask=block("ask", "ask", {"limit": 0.2}))
    async with staged(tmp_path, drawn, flows()) as stage:
        execution, _ = await stage.start()
        await stage.reaches(execution, "waiting")
        (signal,) = await open_signals(stage, execution)
        assert (await output(stage, execution))["timed_out"] is True
        assert not await say(stage, signal.id, "late")


async def test_every_round_gets_its_own_answer(tmp_path: Path) -> None:
    async def items(context: Context, config: Any, value: Json) -> Output:
        return Output(["a", "b", "c"])

    drawn = graph("items>each", "each:item>ask", "ask>end", items="items", each=loop("each", at_once=3), ask="ask")
    async with staged(tmp_path, drawn, flows(tiny("items", items))) as stage:
        execution, _ = await stage.start()
        await stage.reaches(execution, "waiting")
        for signal in reversed(await open_signals(stage, execution, 3)):
            assert await say(stage, signal.id, f"for {signal.iteration}")
        assert [result["payload"] for result in await output(stage, execution)] == ["for 0", "for 1", "for 2"]


async def test_a_step_that_asks_twice_gets_two_answers(tmp_path: Path) -> None:
    known = Types({**flows(), "ask": tiny("ask", ask, resume=asks_again)})
    async with staged(tmp_path, ASKED, known) as stage:
        execution, _ = await stage.start()
        for payload in ("one", "two"):
            (signal,) = await open_signals(stage, execution)
            assert await say(stage, signal.id, payload)
        assert await output(stage, execution) == ["one", "two"]


async def test_cancelling_ends_what_waits_for_an_answer(tmp_path: Path) -> None:
    async with staged(tmp_path, ASKED, flows()) as stage:
        execution, _ = await stage.start()
        await stage.reaches(execution, "waiting")
        (signal,) = await open_signals(stage, execution)
        assert await stage.host.cancel(execution)
        assert (await stage.ended(execution)).status == "cancelled"
        assert not await say(stage, signal.id, "late")
