"""What every journal must do with records: steps, shared transactions, and finding what is to be done."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.db.session import Database
from app.db.tables import executions
from app.engine.assignment import RecordedStep
from app.engine.events import Event, ExecutionParked, Failure
from app.engine.values import decode_stored
from app.journal.journal import Journal
from app.journal.queues import LEASE
from app.journal.records import Ended
from app.journal.writer import VISIBLE_AFTER
from tests.journal.stage import LATER, JournalStage, claimed, ignore
from tests.support.journals import NOW, Transactions, ended, finished, new_execution, parked, row, step_rows


class RecordsSuite(JournalStage):
    # -- steps -------------------------------------------------------------------------------------------------------

    async def test_recorded_steps_come_back_in_order_with_all_they_had(self, journal: Journal) -> None:
        new = new_execution()
        recorder = await claimed(journal, new)
        response = {"status": 200, "headers": {}, "body": 1}
        failure = Failure("BROKEN", "it is broken", "c")
        recorder.record(finished("b", 2, {"x": [1]}, ports=("if", "else"), response=response))
        recorder.record(finished("a", 1, None, ports=()))
        recorder.record(finished("c", 3, "e", status="failed", error=failure))
        recorder.record(parked("d", LATER, 4, "then"))
        await recorder.durable()
        claim = await journal.claim(new.id, LATER)
        assert claim is not None
        assert claim.steps == [
            RecordedStep("a", "completed", (), None, NOW),
            RecordedStep("b", "completed", ("if", "else"), {"x": [1]}, NOW, None, response),
            RecordedStep("c", "failed", ("output",), "e", NOW, None, None, failure),
            RecordedStep("d", "waiting", (), "then", NOW, LATER),
        ]

    async def test_a_recorded_step_stays_as_it_is(self, journal: Journal, database: Database) -> None:
        new = new_execution()
        recorder = await claimed(journal, new)
        for output in ("first", "second"):
            recorder.record(finished("a", 1, output))
            await recorder.durable()
        assert (await step_rows(database, new.id))["a"].output == b'"first"'

    @pytest.mark.parametrize("status", ["waiting", "cancelled"])
    async def test_a_step_that_was_not_done_gives_way_to_its_completion(
        self, journal: Journal, database: Database, status: str
    ) -> None:
        new = new_execution()
        recorder = await claimed(journal, new)
        before = parked("a", LATER) if status == "waiting" else finished("a", status="cancelled", ports=())
        recorder.record(before)
        await recorder.durable()
        recorder.record(finished("a", 2, "done"))
        await recorder.durable()
        step = (await step_rows(database, new.id))["a"]
        assert (step.status, step.seq, step.output, step.wake_at) == ("completed", 2, b'"done"', None)

    # -- group commit ------------------------------------------------------------------------------------------------

    async def test_many_executions_share_a_transaction(self, journal: Journal, database: Database) -> None:
        recorders = [journal.recorder(new, 1, ignore, is_new=True) for new in (new_execution() for _ in range(200))]
        for recorder in recorders:
            recorder.record(finished("a"))
            recorder.record(ended())
        transactions = Transactions(database)
        await asyncio.gather(*(recorder.durable() for recorder in recorders))
        assert transactions.count <= 3
        async with database.read() as connection:
            query = sa.select(sa.func.count()).where(executions.c.status == "completed", executions.c.finished_steps.is_not(None))
            assert (await connection.execute(query)).scalar_one() == 200

    async def test_large_content_is_compressed_on_disk_and_whole_when_it_is_read(
        self, journal: Journal, database: Database
    ) -> None:
        large = {"text": "ä rose is " * 20_000}
        for new in (new_execution(input=large), new_execution(input=large, mode="simulation")):
            recorder = journal.recorder(new, 1, ignore, is_new=True)
            recorder.record(finished("a", output=large))
            if new.mode == "simulation":
                await recorder.durable()  # this one's steps are rows
            recorder.record(ended(output=large))
            await recorder.durable()
            assert (await journal.ended(new.id)) == Ended(new.id, "completed", large, None)
            assert decode_stored((await step_rows(database, new.id))["a"].output) == large
            assert decode_stored((await row(database, new.id)).input) == large
            columns = (executions.c.input, executions.c.output)
            sizes = sa.select(*(sa.func.length(sa.type_coerce(column, sa.LargeBinary)) for column in columns))
            async with database.read() as connection:
                assert all(size < 10_000 for size in (await connection.execute(sizes.where(executions.c.id == new.id))).one())

    async def test_one_bad_batch_does_not_spoil_the_others(self, journal: Journal, database: Database) -> None:
        good, bad = [new_execution() for _ in range(5)], new_execution()
        object.__setattr__(bad, "workflow_id", "no-such-workflow")
        recorders = [journal.recorder(new, 1, ignore, is_new=True) for new in (*good[:2], bad, *good[2:])]
        for recorder in recorders:
            recorder.record(finished("a"))
        results = await asyncio.gather(*(recorder.durable() for recorder in recorders), return_exceptions=True)
        assert [type(result) for result in results] == [type(None)] * 2 + [sa.exc.IntegrityError] + [type(None)] * 3
        assert [(await row(database, new.id)).status for new in good] == ["running"] * 5
        assert await row(database, bad.id) is None

    async def test_the_writer_goes_on_after_the_database_failed(self, journal: Journal, database: Database) -> None:
        lost, kept = new_execution(), new_execution()
        transactions = Transactions(database)
        transactions.failures = 1
        with pytest.raises(sa.exc.OperationalError):
            await journal.accept(lost)
        await journal.accept(kept)
        assert await row(database, lost.id) is None
        assert (await row(database, kept.id)).status == "queued"

    async def test_a_record_with_a_gap_is_never_continued(self, journal: Journal, database: Database) -> None:
        new = new_execution()
        recorder = await claimed(journal, new)
        transactions = Transactions(database)
        transactions.failures = 1
        recorder.record(finished("a", 1))
        with pytest.raises(sa.exc.OperationalError):
            await recorder.durable()
        recorder.record(finished("b", 2))
        recorder.record(ended())
        with pytest.raises(sa.exc.OperationalError):
            await recorder.durable()
        assert await step_rows(database, new.id) == {}
        assert (await row(database, new.id)).status == "running"

    async def test_a_failure_that_nobody_waited_for_is_told_to_the_next_who_does(
        self, journal: Journal, database: Database
    ) -> None:
        new = new_execution()
        recorder = journal.recorder(new, 1, ignore, is_new=True)
        Transactions(database).failures = 1
        recorder.record(finished("a"))
        await asyncio.sleep(VISIBLE_AFTER * 4)
        recorder.record(ended())
        with pytest.raises(sa.exc.OperationalError):
            await recorder.durable()

    async def test_closing_writes_what_is_pending(self, database: Database) -> None:
        journal = Journal(database, driver="driver-3")
        journal.start()
        new = new_execution()
        recorder = journal.recorder(new, 1, ignore, is_new=True)
        recorder.record(ended())
        written = asyncio.ensure_future(recorder.durable())
        await asyncio.sleep(0)
        await journal.close()
        await written
        assert (await row(database, new.id)).status == "completed"

    async def test_a_listener_hears_every_event_at_once(self, journal: Journal) -> None:
        heard: list[Event] = []
        new = new_execution()
        recorder = journal.recorder(new, 1, heard.append, is_new=True)
        recorder.record(finished("a"))
        assert heard == [finished("a")]
        await recorder.durable()

    # -- finding what is to be done ----------------------------------------------------------------------------------

    async def test_due_is_what_is_queued_left_behind_or_woken_oldest_first(self, journal: Journal) -> None:
        made = {name: new_execution(created_at=NOW + timedelta(seconds=n)) for n, name in enumerate(["queued", "left", "woken"])}
        await journal.accept(made["queued"])
        await claimed(journal, made["left"])
        waiting = await claimed(journal, made["woken"])
        waiting.record(parked("wait", LATER))
        waiting.record(ExecutionParked(2, NOW, LATER))
        await waiting.durable()
        assert await journal.due(NOW, 10) == [made["queued"].id]
        assert await journal.due(NOW + LEASE, 10) == [made["queued"].id, made["left"].id]
        assert await journal.due(LATER, 10) == [new.id for new in made.values()]
        assert await journal.due(LATER, 2) == [made["queued"].id, made["left"].id]

    async def test_children_can_be_asked_for_alone(self, journal: Journal) -> None:
        child = new_execution(parent_id="parent", parent_key="step")
        await journal.accept(new_execution())
        await journal.accept(child)
        assert await journal.due(LATER, 10, only_children=True) == [child.id]

    async def test_the_earliest_waiting_execution_gives_the_next_moment(self, journal: Journal) -> None:
        assert await journal.next_wake() is None
        for hours in (3, 1, 2):
            recorder = await claimed(journal, new_execution())
            recorder.record(ExecutionParked(1, NOW, NOW + timedelta(hours=hours)))
            await recorder.durable()
        assert await journal.next_wake() == NOW + timedelta(hours=1)

    async def test_a_parked_execution_has_no_driver(self, journal: Journal, other: Journal, database: Database) -> None:
        new = new_execution()
        recorder = await claimed(journal, new)
        recorder.record(ExecutionParked(1, NOW, LATER))
        await recorder.durable()
        found = await row(database, new.id)
        assert (found.status, found.driver, found.lease_until, found.wake_at) == ("waiting", None, None, LATER)
        claim = await other.claim(new.id, LATER)
        assert claim is not None
        assert (await row(database, new.id)).wake_at is None

    async def test_a_wish_to_cancel_makes_even_a_waiting_execution_due(self, journal: Journal) -> None:
        new = new_execution()
        recorder = await claimed(journal, new)
        recorder.record(ExecutionParked(1, NOW, LATER))
        await recorder.durable()
        assert await journal.request_cancel(new.id) is True
        assert await journal.due(NOW, 10) == [new.id]
        claim = await journal.claim(new.id, NOW)
        assert claim is not None
        assert claim.cancel_requested

    async def test_what_is_not_there_cannot_be_cancelled(self, journal: Journal) -> None:
        assert await journal.request_cancel("nothing") is False

    async def test_a_child_is_found_by_the_key_of_its_step(self, journal: Journal) -> None:
        child = new_execution(parent_id="parent", parent_key="step-1")
        await journal.accept(child)
        assert await journal.child("parent", "step-1") == child.id
        assert await journal.child("parent", "step-2") is None
        with pytest.raises(sa.exc.IntegrityError):
            await journal.accept(new_execution(parent_id="parent", parent_key="step-1"))

    async def test_only_open_children_are_told(self, journal: Journal) -> None:
        children = [new_execution(parent_id="parent", parent_key=f"step-{n}") for n in range(2)]
        await journal.accept(children[0])
        recorder = await claimed(journal, children[1])
        recorder.record(ended())
        await recorder.durable()
        assert await journal.children("parent") == [children[0].id]
