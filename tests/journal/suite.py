"""What every journal must do, whatever database it is in; a test module subclasses it with a `database` fixture."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.db.session import Database
from app.engine.assignment import RecordedStep
from app.engine.events import Event, ExecutionParked, Failure
from app.journal.journal import LEASE, VISIBLE_AFTER, Journal, JournalRecorder
from app.journal.records import Ended, Fenced, NewExecution
from tests.support.journals import NOW, Transactions, ended, finished, new_execution, parked, row, step_rows

LATER = NOW + timedelta(hours=1)


def ignore(event: Event) -> None:
    """A listener that is not interested."""


async def claimed(journal: Journal, new: NewExecution) -> JournalRecorder:
    """Accept and claim an execution; where its events go."""
    await journal.accept(new)
    claim = await journal.claim(new.id, NOW)
    assert claim is not None
    return journal.recorder(new, claim.epoch, ignore)


class JournalSuite:
    pytestmark = pytest.mark.anyio

    @pytest.fixture
    async def journal(self, database: Database) -> AsyncIterator[Journal]:
        journal = Journal(database, driver="driver-1")
        journal.start()
        yield journal
        await journal.close()

    @pytest.fixture
    async def other(self, database: Database) -> AsyncIterator[Journal]:
        """The journal of a second driver over the same database."""
        journal = Journal(database, driver="driver-2")
        journal.start()
        yield journal
        await journal.close()

    # -- accepting ---------------------------------------------------------------------------------------------------

    async def test_an_accepted_execution_is_on_disk_with_all_that_was_given(self, journal: Journal) -> None:
        new = new_execution(input={"é": [1, None]}, request={"method": "POST"}, parent_id="p", parent_key="k", depth=2)
        await journal.accept(new)
        claim = await journal.claim(new.id, NOW)
        assert claim is not None
        assert (claim.execution, claim.epoch, claim.cancel_requested, claim.steps) == (new, 1, False, [])

    async def test_an_accepted_execution_waits_in_the_queue(self, journal: Journal, database: Database) -> None:
        new = new_execution()
        await journal.accept(new)
        found = await row(database, new.id)
        assert (found.status, found.driver, found.started_at, found.epoch) == ("queued", None, None, 0)

    async def test_accepting_stands_or_falls_with_its_transaction(self, journal: Journal, database: Database) -> None:
        kept, lost = new_execution(), new_execution()
        async with database.write() as connection:
            await journal.accept_within(connection, kept)
        with pytest.raises(ZeroDivisionError):
            async with database.write() as connection:
                await journal.accept_within(connection, lost)
                raise ZeroDivisionError
        assert (await row(database, kept.id)).status == "queued"
        assert await row(database, lost.id) is None

    async def test_an_execution_cannot_be_accepted_twice(self, journal: Journal) -> None:
        new = new_execution()
        await journal.accept(new)
        with pytest.raises(sa.exc.IntegrityError):
            await journal.accept(new)

    async def test_a_fresh_execution_is_written_with_its_first_events(self, journal: Journal, database: Database) -> None:
        new = new_execution()
        recorder = journal.recorder(new, 1, ignore, is_new=True)
        recorder.record(finished("a"))
        recorder.record(ended(output=5))
        transactions = Transactions(database)
        await recorder.durable()
        assert transactions.count == 1
        assert list(await step_rows(database, new.id)) == ["a"]
        assert await journal.ended(new.id) == Ended(new.id, "completed", 5, None)

    async def test_a_running_execution_is_visible_soon_although_nobody_asks(self, journal: Journal, database: Database) -> None:
        new = new_execution()
        journal.recorder(new, 1, ignore, is_new=True).record(finished("a"))
        assert await row(database, new.id) is None
        await asyncio.sleep(VISIBLE_AFTER * 4)
        assert (await row(database, new.id)).status == "running"
        assert list(await step_rows(database, new.id)) == ["a"]

    # -- one driver at a time ----------------------------------------------------------------------------------------

    async def test_an_execution_is_claimed_once(self, journal: Journal, other: Journal, database: Database) -> None:
        new = new_execution()
        await journal.accept(new)
        claims = await asyncio.gather(*(one.claim(new.id, NOW) for one in (journal, other) for _ in range(5)))
        assert sum(claim is not None for claim in claims) == 1
        found = await row(database, new.id)
        assert (found.status, found.epoch, found.lease_until, found.started_at) == ("running", 1, NOW + LEASE, NOW)

    async def test_a_lease_that_ran_out_can_be_taken_and_the_epoch_grows(self, journal: Journal, other: Journal) -> None:
        new = new_execution()
        await claimed(journal, new)
        assert await other.claim(new.id, NOW + LEASE - timedelta(seconds=1)) is None
        again = await other.claim(new.id, NOW + LEASE)
        assert again is not None
        assert again.epoch == 2

    async def test_the_moment_of_the_first_start_is_kept(self, journal: Journal, database: Database) -> None:
        new = new_execution()
        await claimed(journal, new)
        await journal.claim(new.id, LATER)
        assert (await row(database, new.id)).started_at == NOW

    async def test_a_renewed_lease_cannot_be_taken(self, journal: Journal, other: Journal) -> None:
        new = new_execution()
        await claimed(journal, new)
        await journal.renew([new.id], NOW + LEASE)
        assert await other.claim(new.id, NOW + LEASE) is None

    async def test_only_the_driver_itself_renews_its_lease(self, journal: Journal, other: Journal) -> None:
        new = new_execution()
        await claimed(journal, new)
        await other.renew([new.id], NOW + LEASE)
        assert await other.claim(new.id, NOW + LEASE) is not None

    async def test_what_is_not_there_cannot_be_claimed(self, journal: Journal) -> None:
        assert await journal.claim("nothing", NOW) is None

    async def test_an_execution_that_was_given_back_can_be_taken_at_once(self, journal: Journal, other: Journal) -> None:
        new = new_execution()
        await claimed(journal, new)
        await journal.release(new.id, 1)
        assert await other.claim(new.id, NOW) is not None

    async def test_all_leases_can_be_dropped_but_not_those_of_ended_ones(self, journal: Journal, database: Database) -> None:
        running, over = new_execution(), new_execution()
        await claimed(journal, running)
        recorder = await claimed(journal, over)
        recorder.record(ended())
        await recorder.durable()
        await journal.release_all()
        assert await journal.due(NOW, 10) == [running.id]
        assert (await row(database, over.id)).status == "completed"

    # -- fencing -----------------------------------------------------------------------------------------------------

    async def test_a_driver_that_was_overtaken_changes_nothing(self, journal: Journal, other: Journal, database: Database) -> None:
        new = new_execution()
        slept = await claimed(journal, new)
        again = await other.claim(new.id, LATER)
        assert again is not None
        slept.record(finished("a"))
        slept.record(ended(output="late"))
        with pytest.raises(Fenced):
            await slept.durable()
        found = await row(database, new.id)
        assert (found.status, found.epoch, found.output, found.driver) == ("running", 2, None, "driver-2")
        assert await step_rows(database, new.id) == {}

    async def test_an_overtaken_driver_stays_fenced(self, journal: Journal, other: Journal) -> None:
        new = new_execution()
        slept = await claimed(journal, new)
        await other.claim(new.id, LATER)
        for block_id in ("a", "b"):
            slept.record(finished(block_id))
            with pytest.raises(Fenced):
                await slept.durable()

    async def test_an_overtaken_driver_cannot_give_back_what_is_not_its_own(self, journal: Journal, other: Journal) -> None:
        new = new_execution()
        await claimed(journal, new)
        await other.claim(new.id, LATER)
        with pytest.raises(Fenced):
            await journal.release(new.id, 1)
        assert await journal.claim(new.id, LATER) is None

    async def test_two_drivers_in_one_transaction_are_told_apart(self, journal: Journal, database: Database) -> None:
        new = new_execution()
        slept = await claimed(journal, new)
        again = await journal.claim(new.id, LATER)
        assert again is not None
        awake = journal.recorder(new, again.epoch, ignore)
        slept.record(finished("late"))
        awake.record(finished("a"))
        transactions = Transactions(database)
        results = await asyncio.gather(slept.durable(), awake.durable(), return_exceptions=True)
        assert transactions.count == 1
        assert [type(result) for result in results] == [Fenced, type(None)]
        assert list(await step_rows(database, new.id)) == ["a"]

    # -- the end -----------------------------------------------------------------------------------------------------

    async def test_the_end_is_final(self, journal: Journal, database: Database) -> None:
        new = new_execution()
        recorder = await claimed(journal, new)
        recorder.record(ended(output="first"))
        await recorder.durable()
        late = journal.recorder(new, 1, ignore)
        late.record(finished("late"))
        late.record(ended(status="failed", error=Failure("LATE", "late")))
        with pytest.raises(Fenced):
            await late.durable()
        assert await journal.ended(new.id) == Ended(new.id, "completed", "first", None)
        assert await step_rows(database, new.id) == {}

    async def test_of_two_ends_in_one_transaction_the_first_counts(self, journal: Journal, database: Database) -> None:
        new = new_execution()
        first, second = await claimed(journal, new), journal.recorder(new, 1, ignore)
        first.record(finished("a"))
        first.record(ended(output="first"))
        second.record(ended(status="cancelled"))
        results = await asyncio.gather(first.durable(), second.durable(), return_exceptions=True)
        assert [type(result) for result in results] == [type(None), Fenced]
        assert await journal.ended(new.id) == Ended(new.id, "completed", "first", None)
        assert list(await step_rows(database, new.id)) == ["a"]

    async def test_an_ended_execution_cannot_be_claimed_cancelled_or_found_due(self, journal: Journal) -> None:
        new = new_execution()
        recorder = await claimed(journal, new)
        recorder.record(ended())
        await recorder.durable()
        assert await journal.claim(new.id, LATER) is None
        assert await journal.request_cancel(new.id) is False
        assert await journal.due(LATER, 10) == []

    async def test_how_it_ended_can_be_asked(self, journal: Journal) -> None:
        new = new_execution()
        recorder = await claimed(journal, new)
        assert await journal.ended(new.id) is None
        recorder.record(ended(status="failed", error=Failure("BROKEN", "it is broken", "a")))
        await recorder.durable()
        error = {"code": "BROKEN", "message": "it is broken", "block_id": "a"}
        assert await journal.ended(new.id) == Ended(new.id, "failed", None, error)

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
            query = sa.text("SELECT count(*) FROM executions JOIN steps ON execution_id = id WHERE executions.status = 'completed'")
            assert (await connection.execute(query)).scalar_one() == 200

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
