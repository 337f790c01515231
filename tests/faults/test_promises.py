"""The promises of the engine, each by its number; what needs a real process killed is in test_kill and test_kill_loop."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.db.tables import executions
from app.journal.records import Fenced
from app.sdk import Context, Json, Output
from tests.support.dead import dead_driver, left_behind
from tests.support.flows import flows, loop
from tests.support.graphs import block, graph
from tests.support.hosts import Gate, staged, until
from tests.support.journals import finished, row, step_rows
from tests.support.server import Client
from tests.support.tiny import fails, tiny, types, waits

pytestmark = pytest.mark.anyio

EFFECT = graph("a>send", "send>b", send="send")


# -- 1: an accepted execution is never lost ---------------------------------------------------------------------------


async def test_1_whatever_was_accepted_ends_exactly_once_over_any_number_of_hosts(tmp_path: Path) -> None:
    drawn = graph("a>wait", "wait>send", "send>b", wait="wait", send="send")
    sent: list[str] = []

    async def send(context: Context, config: Any, value: Json) -> Output:
        await asyncio.sleep(0.005)
        sent.append(context.idempotency_key)
        return Output(value)

    known = types(waits(0.1), tiny("send", send, effect="write"))
    accepted: list[str] = []
    for _ in range(4):
        async with staged(tmp_path, drawn, known, max_running=20) as stage:
            accepted += [(await stage.start())[0] for _ in range(25)]
            await asyncio.sleep(0.05)
    async with staged(tmp_path, drawn, known) as stage:
        found = [await stage.ended(execution) for execution in accepted]
        assert {ended.status for ended in found} == {"completed"}
        assert {key.split(":")[0] for key in sent} == set(accepted)


# -- 2: terminal is final ---------------------------------------------------------------------------------------------


async def test_2_an_end_is_written_once_whoever_comes_first(tmp_path: Path) -> None:
    moments = random.Random(3)

    async def takes_its_time(context: Context, config: Any, value: Json) -> Output:
        await asyncio.sleep(value)
        return Output(value)

    async with staged(tmp_path, graph("a>soon", soon="soon"), types(tiny("soon", takes_its_time))) as stage:

        async def race(seconds: float, patience: float) -> tuple[str, str, str]:
            execution, handle = await stage.start(input=seconds)
            await asyncio.wait((handle.ended,), timeout=patience)
            await asyncio.gather(*(stage.host.cancel(execution) for _ in range(3)))
            told = await asyncio.wait_for(handle.ended, 60)
            first = (await row(stage.database, execution)).status
            await stage.host.take(execution)
            await stage.host.cancel(execution)
            return told.status, first, (await row(stage.database, execution)).status

        close = [(moments.random() * 0.4, moments.random() * 0.2) for _ in range(40)]
        found = await asyncio.gather(*(race(*one) for one in [*close, *10 * [(600, 0.05)], *10 * [(0, 60)]]))
        assert all(told == first == later for told, first, later in found)
        assert {told for told, _, _ in found} == {"completed", "cancelled"}, "both did happen"


# -- 3: steps run at least once and are recorded once -----------------------------------------------------------------


async def test_3_an_interrupted_effect_runs_again_with_its_key_and_a_recorded_one_does_not(tmp_path: Path) -> None:
    keys: list[str] = []
    gate = Gate()

    async def send(context: Context, config: Any, value: Json) -> Output:
        keys.append(context.idempotency_key)
        return Output(value)

    drawn = graph("a>send", "send>gate", "gate>end", send="send", gate="gate")
    known = types(tiny("send", send, effect="write"), gate.block(effect="write"))
    async with staged(tmp_path, drawn, known) as stage:
        execution, _ = await stage.start()
        await gate.has_come()
    gate.opened.set()
    async with staged(tmp_path, drawn, known) as stage:
        assert (await stage.ended(execution)).status == "completed"
        recorded = await step_rows(stage.database, execution)
    assert keys == [f"{execution}:send:0"]
    assert len(gate.came) == 2
    assert {name: step.status for name, step in recorded.items()} == dict.fromkeys(("a", "send", "gate", "end"), "completed")


# -- 4: one driver at a time ------------------------------------------------------------------------------------------


async def test_4_who_was_overtaken_can_neither_write_nor_give_back_nor_prolong(tmp_path: Path) -> None:
    gate = Gate()
    drawn = graph("a>gate", gate="gate")
    async with staged(tmp_path, drawn, types(gate.block())) as stage, dead_driver(stage.database) as dead:
        execution, pen = await left_behind(dead)
        await gate.has_come()
        before = await row(stage.database, execution)
        await dead.renew([execution], datetime.now(UTC) + timedelta(hours=1))
        with pytest.raises(Fenced):
            await dead.release(execution, 1)
        pen.record(finished("gate", 7, "late"))
        with pytest.raises(Fenced):
            await pen.durable()
        after = await row(stage.database, execution)
        assert (after.epoch, after.driver, after.lease_until) == (before.epoch, before.driver, before.lease_until)
        assert "gate" not in await step_rows(stage.database, execution)


# -- 5: waiting is free -----------------------------------------------------------------------------------------------


async def test_5_parked_executions_hold_no_task_and_survive_the_host(tmp_path: Path) -> None:
    drawn = graph("a>wait", "wait>b", wait="wait")
    async with staged(tmp_path, drawn, types(waits(3600))) as stage:
        tasks = len(asyncio.all_tasks())
        parked = [(await stage.start())[0] for _ in range(500)]
        for execution in parked:
            await stage.reaches(execution, "waiting")
        await until(stage.idle)
        assert len(asyncio.all_tasks()) <= tasks + 2
    async with staged(tmp_path, drawn, types(waits(3600))) as stage:
        assert await stage.journal.due(datetime.now(UTC), 10) == []
        assert len(await stage.journal.due(datetime.now(UTC) + timedelta(seconds=3601), 1000)) == 500


async def test_5_a_clock_that_jumps_ahead_wakes_what_is_overdue_once(tmp_path: Path) -> None:
    drawn = graph("a>wait", "wait>b", wait="wait")
    async with staged(tmp_path, drawn, types(waits(3600))) as stage:
        execution, _ = await stage.start()
        await stage.reaches(execution, "waiting")
        await until(stage.idle)
        later = datetime.now(UTC) + timedelta(days=400)
        claims = [await stage.journal.claim(execution, later) for _ in range(3)]
        assert [claim is not None for claim in claims] == [True, False, False]


# -- 6: recovery is a loop --------------------------------------------------------------------------------------------


async def test_6_what_is_left_behind_while_the_host_runs_is_found(tmp_path: Path) -> None:
    async with staged(tmp_path, EFFECT, types(tiny("send", effect="write"))) as stage, dead_driver(stage.database) as dead:
        for _ in range(2):
            execution, _ = await left_behind(dead, finished("a"))
            assert (await stage.ended(execution)).status == "completed"


async def test_6_a_deadline_is_kept_in_every_state(tmp_path: Path) -> None:
    gate = Gate()
    drawn = graph("a>gate", gate="gate")
    soon = timedelta(seconds=0.3)
    async with staged(tmp_path, drawn, types(gate.block()), max_running=1) as stage, dead_driver(stage.database) as dead:
        running, _ = await stage.start(deadline_at=datetime.now(UTC) + soon)
        await gate.has_come()
        queued, _ = await stage.start(deadline_at=datetime.now(UTC) + soon)
        orphaned, _ = await left_behind(dead, deadline_at=datetime.now(UTC) + soon)
        found = [(await stage.ended(execution)).status for execution in (running, queued, orphaned)]
        assert found == ["timed_out"] * 3
    waiting = graph("a>wait", wait="wait")
    async with staged(tmp_path, waiting, types(waits(3600))) as stage:
        parked, _ = await stage.start(deadline_at=datetime.now(UTC) + soon)
        assert (await stage.ended(parked)).status == "timed_out"


# -- 7: shutdown drains; with a real process in test_shutdown -----------------------------------------------------------


async def test_7_a_drained_host_leaves_nothing_claimed_and_nothing_unwritten(tmp_path: Path) -> None:
    gate = Gate()
    drawn = graph("a>gate", gate="gate")
    async with staged(tmp_path, drawn, types(gate.block())) as stage:
        for _ in range(20):
            await stage.start()
        await gate.has_come(20)
        await stage.host.drain(0.05)
        async with stage.database.read() as connection:
            kept = list(await connection.execute(sa.select(executions.c.status, executions.c.driver, executions.c.lease_until)))
        assert set(kept) == {("running", None, None)}
        assert len(kept) == 20


# -- 8: in-flight executions keep their revision ----------------------------------------------------------------------


def test_8_what_runs_keeps_its_revision_and_what_comes_later_has_the_new_one(client: Client) -> None:
    def says(text: str) -> list[dict[str, Json]]:
        return [
            block("start", "starter"),
            block("wait", "flow.wait_event", {"event": "go on"}),
            block("say", "code", {"code": f"output = '{text}'"}),
        ]

    workflow = client.new(*says("old"), edges=["start>wait", "wait>say"])
    before = client.post(f"/api/workflows/{workflow}/execute", json={"wait": False}).json()["execution_id"]
    client.wait_for(before, "waiting")
    drawn = {"blocks": says("new"), "edges": client.drawn(workflow)["edges"]}
    assert client.put(f"/api/workflows/{workflow}/graph", json=drawn).status_code == 200
    after = client.post(f"/api/workflows/{workflow}/execute", json={"wait": False}).json()["execution_id"]
    client.wait_for(after, "waiting")
    client.post("/api/events", json={"name": "go on", "payload": None})
    assert [client.wait_for(execution)["output"] for execution in (before, after)] == ["old", "new"]


# -- 9: errors are loud -----------------------------------------------------------------------------------------------


async def failure_of(directory: Path, drawn: Any, known: Any, **more: Any) -> Any:
    async with staged(directory, drawn, known) as stage:
        _, handle = await stage.start(**more)
        return await asyncio.wait_for(handle.ended, 5)


async def test_9_a_failed_block_fails_the_execution_also_deep_inside(tmp_path: Path) -> None:
    drawn = graph("outer:item>inner", "inner:item>bad", "outer>end", outer=loop("outer"), inner=loop("inner"), bad="bad")
    found = await failure_of(tmp_path, drawn, flows(), input=[[1]])
    assert (found.status, found.error["code"]) == ("failed", "BROKEN")


async def test_9_a_failure_beside_a_branch_that_succeeds_is_still_one(tmp_path: Path) -> None:
    found = await failure_of(tmp_path, graph("a>bad", "a>b", "b>answer", bad="fails", answer="answer"), types(fails()))
    assert (found.status, found.error["block_id"]) == ("failed", "bad")


async def test_9_a_reference_to_nothing_is_an_error_that_names_the_field(tmp_path: Path) -> None:
    drawn = graph("a", a=block("a", "noop", {"text": "{{ variables.gone.deeper }}"}))
    found = await failure_of(tmp_path, drawn, types(), input={})
    assert (found.status, "field `text`" in found.error["message"]) == ("failed", True)
