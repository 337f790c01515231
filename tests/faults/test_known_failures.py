"""What went wrong elsewhere, and must not here: one test for each row of the table in engine.md."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.engine.events import Failure
from app.journal.journal import Journal
from app.journal.queues import LEASE
from app.journal.records import Fenced
from app.sdk import Context, Json, Output
from app.services.queue_alarm import QueueAlarm
from tests.support.dead import dead_driver, left_behind
from tests.support.graphs import graph
from tests.support.hosts import Gate, staged, until
from tests.support.journals import Transactions, ended, finished, new_execution, row, step_rows
from tests.support.tiny import fails, tiny, types, waits

pytestmark = pytest.mark.anyio

CHAIN = graph("a>send", "send>b", send="send")


@dataclass
class Sender:
    """A block with an effect; knows for which key it was done."""

    sent: list[str] = field(default_factory=list)

    async def execute(self, context: Context, config: Any, value: Json) -> Output:
        self.sent.append(context.idempotency_key)
        return Output(value)

    def known(self) -> Any:
        return types(tiny("send", self.execute, effect="write"), waits(0.3))


async def test_n8n_23807_recovery_does_not_overwrite_an_end(tmp_path: Path) -> None:
    sender = Sender()
    async with staged(tmp_path, CHAIN, sender.known()) as stage, dead_driver(stage.database) as dead:
        await stage.host.drain(0)
        execution, pen = await left_behind(dead, finished("a"))
        pen.record(ended(output="its own end"))
        await pen.durable()
    async with staged(tmp_path, CHAIN, sender.known()) as stage:
        await stage.host.take(execution)
        assert not await stage.host.cancel(execution)
        assert await stage.journal.claim(execution, datetime.now(UTC) + 2 * LEASE) is None
        found = await stage.ended(execution)
        assert (found.status, found.output, sender.sent) == ("completed", "its own end", [])


async def test_n8n_an_execution_that_was_interrupted_is_resumed_and_not_only_marked(tmp_path: Path) -> None:
    sender = Sender()
    async with staged(tmp_path, CHAIN, sender.known()) as stage, dead_driver(stage.database) as dead:
        execution, _ = await left_behind(dead, finished("a", output="recorded"))
        found = await stage.ended(execution)
        assert (found.status, found.output) == ("completed", "recorded")
        assert sender.sent == [f"{execution}:send:0"]


async def test_activepieces_14372_a_dead_worker_does_not_leave_it_running_for_ever(tmp_path: Path) -> None:
    gate = Gate()
    drawn = graph("a>gate", gate="gate")
    async with staged(tmp_path, drawn, types(gate.block())) as stage, dead_driver(stage.database) as dead:
        over = datetime.now(UTC) - timedelta(seconds=1)
        late, _ = await left_behind(dead, deadline_at=over)
        assert (await stage.ended(late)).status == "timed_out"


async def test_activepieces_14372_cancelling_what_a_dead_worker_left_does_something(tmp_path: Path) -> None:
    gate = Gate()
    drawn = graph("a>gate", gate="gate")
    async with staged(tmp_path, drawn, types(gate.block())) as stage, dead_driver(stage.database) as dead:
        execution, _ = await left_behind(dead)
        assert await stage.host.cancel(execution)
        assert (await stage.ended(execution)).status == "cancelled"
        assert gate.passed == []


async def test_kestra_19722_what_was_cancelled_is_not_submitted_again(tmp_path: Path) -> None:
    sender = Sender()
    async with staged(tmp_path, CHAIN, sender.known()) as stage, dead_driver(stage.database) as dead:
        await stage.host.drain(0)
        execution, _ = await left_behind(dead, finished("a"))
        await stage.journal.request_cancel(execution)
    async with staged(tmp_path, CHAIN, sender.known()) as stage:
        assert (await stage.ended(execution)).status == "cancelled"
        assert sender.sent == []
        assert await stage.journal.claim(execution, datetime.now(UTC) + 2 * LEASE) is None, "the claim checks the state"


async def test_kestra_17124_what_ends_during_the_shutdown_is_on_record(tmp_path: Path) -> None:
    gate, never = Gate(), Gate()
    drawn = graph("a>gate", "gate>never", gate="gate", never="never")
    async with staged(tmp_path, drawn, types(gate.block(effect="write"), never.block("never"))) as stage:
        execution, _ = await stage.start()
        await gate.has_come()
        asyncio.get_running_loop().call_later(0.05, gate.opened.set)
        await stage.host.drain(1.5)
        assert (await step_rows(stage.database, execution))["gate"].status == "completed"
        assert (await row(stage.database, execution)).status == "running"


async def test_windmill_9214_the_late_result_of_a_slow_driver_changes_nothing(tmp_path: Path) -> None:
    gate = Gate()
    drawn = graph("a>gate", "gate>bad", gate="gate", bad="fails")
    async with staged(tmp_path, drawn, types(gate.block(), fails())) as stage:
        execution, handle = await stage.start()
        await gate.has_come()
        await stage.reaches(execution, "running")
        other = Journal(stage.database, driver="driver-other")
        other.start()
        claim = await other.claim(execution, datetime.now(UTC) + 2 * LEASE)
        assert claim is not None, "it slept through its lease"
        pen = other.recorder(claim.execution, claim.epoch, lambda event: None)
        pen.record(finished("gate", 50, "by the other"))
        pen.record(ended(51, output="the end"))
        await pen.durable()
        gate.opened.set()
        assert (await asyncio.wait_for(handle.ended, 5)).output == "the end", "whoever waits here is told the truth"
        found = await stage.ended(execution)
        assert (found.status, found.output) == ("completed", "the end")
        assert "bad" not in await step_rows(stage.database, execution)
        await other.close()


async def test_dbos_716_recovery_outlives_a_database_that_fails_for_a_while(tmp_path: Path) -> None:
    async with staged(tmp_path, CHAIN, Sender().known()) as stage, dead_driver(stage.database) as dead:
        transactions = Transactions(stage.database)
        execution, _ = await left_behind(dead, finished("a"))
        transactions.failures = 3
        assert (await stage.ended(execution)).status == "completed"
        assert transactions.failures == 0, "it did fail"


async def test_n8n_13168_after_a_wait_it_goes_on_and_does_not_start_over(tmp_path: Path) -> None:
    sender = Sender()
    drawn = graph("a>send", "send>wait", "wait>later", send="send", wait="wait", later="send")
    async with staged(tmp_path, drawn, sender.known()) as stage:
        execution, _ = await stage.start()
        await stage.reaches(execution, "waiting")
    async with staged(tmp_path, drawn, sender.known()) as stage:
        assert (await stage.ended(execution)).status == "completed"
    assert sender.sent == [f"{execution}:send:0", f"{execution}:later:0"]


async def test_n8n_14286_what_stands_in_the_queue_can_be_stopped(tmp_path: Path) -> None:
    gate = Gate()
    drawn = graph("a>gate", gate="gate")
    async with staged(tmp_path, drawn, types(gate.block()), max_running=1) as stage:
        await stage.start()
        await gate.has_come()
        queued, _ = await stage.start()
        assert (await row(stage.database, queued)).status == "queued"
        assert await stage.host.cancel(queued)
        assert (await stage.ended(queued)).status == "cancelled"
        assert len(gate.came) == 1


async def test_n8n_14286_what_stands_in_the_queue_for_long_rings_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gate = Gate()
    drawn = graph("a>gate", gate="gate")
    async with staged(tmp_path, drawn, types(gate.block()), max_running=1) as stage:
        alarm = QueueAlarm(stage.database, timedelta(minutes=5))
        await stage.start()
        await gate.has_come()
        queued, _ = await stage.start(created_at=datetime.now(UTC) - timedelta(minutes=6))
        with caplog.at_level("INFO", logger="app.services.queue_alarm"):
            for _ in range(2):
                await alarm.look()
            gate.opened.set()
            await stage.ended(queued)
            await alarm.look()
    warning, relief = caplog.records
    assert (warning.levelname, relief.levelname) == ("WARNING", "INFO")
    assert queued in warning.getMessage()


async def test_celery_2599_a_delay_longer_than_any_lease_runs_once(tmp_path: Path) -> None:
    sender = Sender()
    drawn = graph("a>wait", "wait>send", wait="wait", send="send")
    async with staged(tmp_path, drawn, types(tiny("send", sender.execute, effect="write"), waits(60))) as stage:
        execution, _ = await stage.start()
        found = await stage.reaches(execution, "waiting")
        await until(stage.idle)
        assert (found.driver, found.lease_until) == (None, None), "nobody holds it, so nothing can run out"
        now = datetime.now(UTC)
        assert await stage.journal.due(now + 3 * LEASE, 10) == []
        assert await stage.journal.due(now + timedelta(seconds=61), 10) == [execution]


async def test_node_red_1259_the_state_is_on_disk_before_the_answer_leaves(tmp_path: Path) -> None:
    gate = Gate()
    drawn = graph("a>answer", "answer>b", "a>gate", answer="answer", gate="gate")
    async with staged(tmp_path, drawn, types(gate.block())) as stage:
        execution, handle = await stage.start(input=7)
        assert (await handle.answer)["body"] == 7
        recorded = await step_rows(stage.database, execution)
        assert recorded["answer"].status == "completed"


async def test_powabase_a_failed_branch_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    drawn = graph("a>bad", "a>good", "bad>end", "good>end", bad="fails")
    async with staged(tmp_path, drawn, types(fails())) as stage:
        _, handle = await stage.start()
        found = await handle.ended
        assert (found.status, found.error) == ("failed", Failure("BROKEN", "Bad: it is broken", "bad").as_json())


async def test_powabase_branches_run_at_the_same_time(tmp_path: Path) -> None:
    meeting = asyncio.Barrier(2)

    async def meet(context: Context, config: Any, value: Json) -> Output:
        await meeting.wait()
        return Output(value)

    drawn = graph("a>one", "a>two", one="meet", two="meet")
    async with staged(tmp_path, drawn, types(tiny("meet", meet))) as stage:
        _, handle = await stage.start()
        assert (await asyncio.wait_for(handle.ended, 5)).status == "completed"


async def test_a_dead_driver_that_comes_back_to_life_cannot_write(tmp_path: Path) -> None:
    async with staged(tmp_path, CHAIN, Sender().known()) as stage, dead_driver(stage.database) as dead:
        execution, pen = await left_behind(dead, finished("a", output="first"))
        await stage.ended(execution)
        pen.record(finished("send", 5, "late"))
        with pytest.raises(Fenced):
            await pen.durable()
        assert (await step_rows(stage.database, execution))["send"].output == b'"first"'


async def test_an_accepted_execution_that_nobody_ever_took_is_taken(tmp_path: Path) -> None:
    async with staged(tmp_path, CHAIN, Sender().known()) as stage:
        new = new_execution()
        await stage.journal.accept(new)
        assert (await stage.ended(new.id)).status == "completed"
