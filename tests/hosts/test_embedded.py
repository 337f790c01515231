"""The embedded host on a real journal: starting, queueing, waking, and what callers are told."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.engine.messages import Message
from app.hosts.bus import messages
from app.hosts.handles import HostStopped
from app.journal.records import Ended
from app.sdk import Context, Json, Output
from tests.support.graphs import graph
from tests.support.hosts import Gate, staged
from tests.support.journals import Transactions, new_execution, row, step_rows
from tests.support.tiny import fails, tiny, types, waits

pytestmark = pytest.mark.anyio

SIMPLE = graph("start>a", "a>answer", start="start", answer="answer")


async def test_an_execution_answers_and_ends_and_is_on_disk_by_then(tmp_path: Path) -> None:
    async with staged(tmp_path, SIMPLE, types()) as stage:
        execution_id, handle = await stage.start(input={"n": 1})
        assert await handle.answer == {"status": 200, "headers": {}, "body": {"n": 1}}
        assert (await row(stage.database, execution_id)) is not None
        assert await handle.ended == Ended(execution_id, "completed", {"n": 1}, None)
        assert list(await step_rows(stage.database, execution_id)) == ["start", "a", "answer"]
        assert stage.host.running == 0


async def test_an_execution_that_only_computes_costs_one_transaction(tmp_path: Path) -> None:
    async with staged(tmp_path, SIMPLE, types()) as stage:
        transactions = Transactions(stage.database)
        _, handle = await stage.start()
        await handle.ended
        assert transactions.count == 1


async def test_the_answer_leaves_before_the_rest_is_done(tmp_path: Path) -> None:
    gate = Gate()
    drawn = graph("a>answer", "a>gate", answer="answer", gate="gate")
    async with staged(tmp_path, drawn, types(gate.block())) as stage:
        execution_id, handle = await stage.start(input=5)
        assert (await handle.answer)["body"] == 5
        assert not handle.ended.done()
        assert "answer" in await step_rows(stage.database, execution_id)
        gate.opened.set()
        assert (await handle.ended).output == 5


async def test_without_a_response_the_answer_is_none_at_the_end(tmp_path: Path) -> None:
    async with staged(tmp_path, graph("a>b"), types()) as stage:
        _, handle = await stage.start(input=1)
        assert await handle.answer is None
        assert (await handle.ended).output == 1


async def test_a_failure_is_told_with_its_reason(tmp_path: Path) -> None:
    async with staged(tmp_path, graph("bad", bad="fails"), types(fails())) as stage:
        _, handle = await stage.start()
        ended = await handle.ended
        assert (ended.status, ended.error["code"], ended.error["block_id"]) == ("failed", "BROKEN", "bad")


async def test_a_caller_that_leaves_does_not_stop_the_execution(tmp_path: Path) -> None:
    gate = Gate()
    async with staged(tmp_path, graph("gate", gate="gate"), types(gate.block())) as stage:
        execution_id, handle = await stage.start()
        await gate.has_come()
        del handle
        gc.collect()
        gate.opened.set()
        assert (await stage.ended(execution_id)).status == "completed"


async def test_an_accepted_execution_is_driven_without_anybody_waiting(tmp_path: Path) -> None:
    async with staged(tmp_path, graph("a"), types()) as stage:
        assert (await stage.ended(await stage.accept(input=3))).output == 3


async def test_what_is_taken_is_driven_once(tmp_path: Path) -> None:
    gate = Gate()
    async with staged(tmp_path, graph("gate", gate="gate"), types(gate.block())) as stage:
        new = new_execution()
        await stage.journal.accept(new)
        await asyncio.gather(*(stage.host.take(new.id) for _ in range(5)))
        await gate.has_come()
        gate.opened.set()
        await stage.ended(new.id)
        assert gate.passed == [new.id]


# -- the queue -------------------------------------------------------------------------------------------------------


async def test_what_finds_no_room_is_queued_on_disk_and_taken_up_when_there_is(tmp_path: Path) -> None:
    gate = Gate()
    async with staged(tmp_path, graph("gate", gate="gate"), types(gate.block()), max_running=2) as stage:
        started = [await stage.start() for _ in range(5)]
        await gate.has_come(2)
        assert stage.host.running == 2
        assert [(await row(stage.database, execution_id)).status for execution_id, _ in started[2:]] == ["queued"] * 3
        gate.opened.set()
        ended = [await handle.ended for _, handle in started]
        assert [end.status for end in ended] == ["completed"] * 5
        assert sorted(gate.passed) == sorted(execution_id for execution_id, _ in started)


async def test_a_child_goes_even_when_all_places_are_taken(tmp_path: Path) -> None:
    gate = Gate()
    async with staged(tmp_path, graph("gate", gate="gate"), types(gate.block()), max_running=1) as stage:
        parent, _ = await stage.start()
        await gate.has_come(1)
        child = new_execution(parent_id=parent, parent_key="step")
        await stage.journal.accept(child)
        await stage.host.take(child.id, even_when_full=True)
        await gate.has_come(2)
        assert gate.came == [parent, child.id]


# -- waiting ---------------------------------------------------------------------------------------------------------


async def test_a_waiting_execution_holds_no_place_and_wakes_in_time(tmp_path: Path) -> None:
    drawn = graph("a>wait", "wait>b", wait="wait")
    async with staged(tmp_path, drawn, types(waits(0.3)), max_running=1) as stage:
        execution_id, handle = await stage.start(input="data")
        found = await stage.reaches(execution_id, "waiting")
        assert (found.driver, found.lease_until, stage.host.running) == (None, None, 0)
        async with asyncio.timeout(2):
            assert (await handle.ended).output == "data"
        steps = await step_rows(stage.database, execution_id)
        assert {block_id: step.status for block_id, step in steps.items()} == dict.fromkeys(["a", "wait", "b"], "completed")
        assert (await row(stage.database, execution_id)).epoch == 2


# -- trouble ---------------------------------------------------------------------------------------------------------


async def test_a_caller_is_told_when_the_execution_could_not_be_written(tmp_path: Path) -> None:
    async with staged(tmp_path, SIMPLE, types()) as stage:
        Transactions(stage.database).failures = 1
        execution_id, handle = await stage.start()
        for future in (handle.answer, handle.ended):
            with pytest.raises(sa.exc.OperationalError):
                await asyncio.wait_for(future, 2)
        assert await row(stage.database, execution_id) is None
        assert stage.host.running == 0


async def test_a_caller_is_told_when_a_late_write_of_a_fresh_execution_fails(tmp_path: Path) -> None:
    gate = Gate()
    async with staged(tmp_path, graph("gate", gate="gate"), types(gate.block())) as stage:
        transactions = Transactions(stage.database)
        transactions.failures = 1
        _, handle = await stage.start()
        await transactions.failed.wait()
        gate.opened.set()
        with pytest.raises(sa.exc.OperationalError):
            await asyncio.wait_for(handle.ended, 2)


async def test_the_sweep_survives_an_error_of_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with staged(tmp_path, graph("a"), types()) as stage:
        due, errors = stage.journal.due, [OSError("disk I/O error")]

        async def flaky(*arguments: Any, **more: Any) -> list[str]:
            if errors:
                raise errors.pop()
            return await due(*arguments, **more)

        monkeypatch.setattr(stage.journal, "due", flaky)
        monkeypatch.setattr("app.hosts.upkeep.SWEEP_SECONDS", 0.05)
        new = new_execution()
        await stage.journal.accept(new)
        assert (await stage.ended(new.id)).status == "completed"
        assert errors == []


async def test_an_execution_whose_revision_is_gone_fails_with_the_reason(tmp_path: Path) -> None:
    async with staged(tmp_path, graph("a"), types()) as stage:
        stage.lender.error = LookupError("revision 1 of this workflow is not there")
        execution_id, handle = await stage.start()
        ended = await handle.ended
        assert ended.error == {
            "code": "NOT_STARTED",
            "message": "The execution could not start: revision 1 of this workflow is not there",
            "block_id": None,
        }
        assert (await row(stage.database, execution_id)).status == "failed"


async def test_an_internal_error_before_the_start_is_told_without_its_text(tmp_path: Path) -> None:
    async with staged(tmp_path, graph("a"), types()) as stage:
        stage.lender.error = RuntimeError("the password is sesame")
        execution_id, handle = await stage.start()
        assert (await handle.ended).error["message"] == "The execution could not start: an internal error (RuntimeError)"
        assert b"sesame" not in (await row(stage.database, execution_id)).error


async def test_callers_that_wait_are_sent_away_and_the_execution_goes_on(tmp_path: Path) -> None:
    gate = Gate()
    async with staged(tmp_path, graph("gate", gate="gate"), types(gate.block()), drain=2) as stage:
        execution_id, handle = await stage.start()
        await gate.has_come()
        stage.host.dismiss_waiters()
        for future in (handle.answer, handle.ended):
            with pytest.raises(HostStopped):
                await future
        gate.opened.set()
        assert (await stage.ended(execution_id)).status == "completed"


# -- watching --------------------------------------------------------------------------------------------------------


async def test_watchers_hear_an_execution_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    async with staged(tmp_path, graph("a>b"), types()) as stage:
        new = new_execution()
        with stage.bus.subscribe(f"execution:{new.id}") as watching, stage.bus.subscribe("workflow:workflow-1") as workflow:
            handle = await stage.host.start(new)
            await handle.ended
            stage.bus.close()
            told = [message async for message in messages(watching, 1) if isinstance(message, Message)]
            assert [message.type for message in told] == [
                "execution_started",
                "step_started",
                "step_finished",
                "step_started",
                "step_finished",
                "execution_finished",
            ]
            assert [message.type async for message in messages(workflow, 1) if message] == [
                "execution_started",
                "execution_finished",
            ]


async def test_what_has_happened_so_far_can_be_asked_while_it_runs(tmp_path: Path) -> None:
    gate = Gate()
    async with staged(tmp_path, graph("a>gate", gate="gate"), types(gate.block())) as stage:
        execution_id, handle = await stage.start()
        await gate.has_come()
        history = stage.host.history(execution_id)
        assert history is not None
        assert len(history) == 4
        gate.opened.set()
        await handle.ended
        await asyncio.sleep(0)
        assert stage.host.history(execution_id) is None


async def test_many_executions_at_once_all_end(tmp_path: Path) -> None:
    async def sometimes_waits(context: Context, config: Any, value: Json) -> Output:
        await asyncio.sleep(0.001 * (value["n"] % 3))
        return Output(value["n"])

    drawn = graph("start>work", "work>answer", start="start", work="work", answer="answer")
    async with staged(tmp_path, drawn, types(tiny("work", sometimes_waits, effect="write")), max_running=50) as stage:
        started = [await stage.start(input={"n": n}) for n in range(300)]
        async with asyncio.timeout(20):
            assert [(await handle.ended).output for _, handle in started] == list(range(300))
        async with stage.database.read() as connection:
            counted = await connection.execute(sa.text("SELECT status, count(*) FROM executions GROUP BY status"))
            assert [tuple(found) for found in counted] == [("completed", 300)]
