"""What every journal must do with executions: accepting, one driver at a time, fencing, and an end that is final."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.db.session import Database
from app.engine.events import Failure
from app.journal.journal import Journal
from app.journal.queues import LEASE
from app.journal.records import Ended, Fenced
from app.journal.writer import VISIBLE_AFTER
from tests.journal.stage import LATER, JournalStage, claimed, ignore
from tests.support.journals import NOW, Transactions, ended, finished, new_execution, row, step_rows


class OwnershipSuite(JournalStage):
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

        async def accept_and_fail() -> None:
            async with database.write() as connection:
                await journal.accept_within(connection, lost)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await accept_and_fail()
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

    async def test_a_lease_from_before_the_clock_was_put_back_holds_nobody_up(self, journal: Journal, other: Journal) -> None:
        new = new_execution()
        await journal.accept(new)
        assert await journal.claim(new.id, NOW) is not None
        hour_earlier = NOW - timedelta(hours=1)
        assert await other.due(hour_earlier, 10) == [new.id]
        assert await other.claim(new.id, hour_earlier) is not None
        assert await journal.claim(new.id, hour_earlier + LEASE - timedelta(seconds=1)) is None

    async def test_clocks_that_differ_a_little_take_no_lease_away(self, journal: Journal, other: Journal) -> None:
        new = new_execution()
        await journal.accept(new)
        assert await journal.claim(new.id, NOW) is not None
        assert await other.claim(new.id, NOW - timedelta(seconds=30)) is None

    @pytest.mark.parametrize("place", ["execution", "step", "compressed step"])
    async def test_what_cannot_be_read_any_more_ends_as_failed(self, journal: Journal, database: Database, place: str) -> None:
        new = new_execution()
        recorder = await claimed(journal, new)
        recorder.record(finished("a"))
        await recorder.durable()
        raw = b"\0no zlib" if place == "compressed step" else b"{"
        async with database.write() as connection:
            if place == "execution":
                await connection.execute(sa.text("UPDATE executions SET input = :raw"), {"raw": raw})
            else:
                await connection.execute(sa.text("UPDATE steps SET output = :raw"), {"raw": raw})
        assert await journal.claim(new.id, LATER) is None
        end = await journal.ended(new.id)
        assert end is not None
        assert (end.status, end.error["code"]) == ("failed", "UNREADABLE")
        assert await journal.due(LATER, 10) == []

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

    async def test_a_driver_that_was_overtaken_changes_nothing(
        self, journal: Journal, other: Journal, database: Database
    ) -> None:
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
