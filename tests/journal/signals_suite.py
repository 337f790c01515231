"""What every journal must do with signals: on disk with the parking, answered once, never lost between two drives."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.db.session import Database
from app.engine.assignment import RecordedStep
from app.engine.events import ExecutionParked, Failure, StepFinished, StepParked
from app.engine.values import encode
from app.journal.journal import Journal
from app.journal.recorder import JournalRecorder
from app.journal.records import NewExecution
from app.sdk import Json, Signal
from tests.journal.stage import JournalStage, claimed, ignore
from tests.support.awaited import answer, rows
from tests.support.journals import NOW, ended, finished, new_execution, step_rows

LATER = NOW + timedelta(hours=1)
SOON = NOW + timedelta(minutes=1)


def asks(block_id: str = "ask", seq: int = 1, *, until: datetime | None = None, value: Json = None, **more: Any) -> StepParked:
    return StepParked(seq, NOW, block_id, NOW, until, encode(value), Signal("event", "news", {"title": block_id}), **more)


async def parks(journal: Journal, new: NewExecution, *events: StepParked, wake_at: datetime | None = None) -> JournalRecorder:
    """An execution that is parked with these steps; its old driver."""
    recorder = await claimed(journal, new)
    for event in events:
        recorder.record(event)
    recorder.record(ExecutionParked(99, NOW, wake_at))
    await recorder.durable()
    return recorder


async def waiting_steps(journal: Journal, execution_id: str) -> list[RecordedStep]:
    claim = await journal.claim(execution_id, LATER)
    assert claim is not None
    return [step for step in claim.steps if step.status == "waiting"]


class SignalsSuite(JournalStage):
    async def test_a_signal_is_on_disk_with_the_parking_that_waits_for_it(self, journal: Journal, database: Database) -> None:
        new = new_execution(created_at=NOW)
        recorder = await claimed(journal, new)
        recorder.record(asks(seq=7, iteration="3/0", until=LATER))
        await recorder.durable()
        (signal,) = await rows(database, new.id)
        place = (signal.block_id, signal.iteration, signal.seq, signal.kind, signal.name)
        assert place == ("ask", "3/0", 7, "event", "news")
        assert (signal.status, signal.expires_at, signal.payload) == ("open", LATER, None)

    async def test_an_answer_wakes_the_execution_and_comes_with_the_claim(self, journal: Journal, database: Database) -> None:
        new = new_execution(created_at=NOW)
        await parks(journal, new, asks(value="mine"), asks("other", 2))
        first, _ = await rows(database, new.id)
        assert await journal.due(SOON, 10) == []
        assert await answer(database, first.id, {"news": 1}, SOON)
        assert await journal.due(SOON, 10) == [new.id]
        ask, other = await waiting_steps(journal, new.id)
        assert (ask.arrived, ask.payload, ask.output) == (True, {"news": 1}, "mine")
        assert (other.arrived, other.payload) == (False, None)

    async def test_an_answer_between_the_parking_of_the_step_and_that_of_the_execution_is_not_lost(
        self, journal: Journal, database: Database
    ) -> None:
        new = new_execution(created_at=NOW)
        recorder = await claimed(journal, new)
        recorder.record(asks())
        await recorder.durable()
        (signal,) = await rows(database, new.id)
        assert await answer(database, signal.id, "early", NOW)
        recorder.record(ExecutionParked(9, NOW, None))
        await recorder.durable()
        assert await journal.due(SOON, 10) == [new.id], "although the driver that parked it did not hear of the answer"
        assert (await waiting_steps(journal, new.id))[0].payload == "early"

    async def test_a_signal_is_answered_once(self, journal: Journal, database: Database) -> None:
        new = new_execution(created_at=NOW)
        await parks(journal, new, asks())
        (signal,) = await rows(database, new.id)
        assert await answer(database, signal.id, "first", NOW) is not None
        assert await answer(database, signal.id, "second", NOW) is None
        assert (await waiting_steps(journal, new.id))[0].payload == "first"

    async def test_an_answer_to_the_first_question_is_none_to_the_second(self, journal: Journal, database: Database) -> None:
        new = new_execution(created_at=NOW)
        await parks(journal, new, asks(seq=1))
        (first,) = await rows(database, new.id)
        await answer(database, first.id, "one", NOW)
        claim = await journal.claim(new.id, SOON)
        assert claim is not None
        recorder = journal.recorder(new, claim.epoch, ignore)
        recorder.record(asks(seq=20, value=["one"]))
        recorder.record(ExecutionParked(21, NOW, None))
        await recorder.durable()
        assert await journal.due(SOON, 10) == [], "an old answer wakes nobody"
        (step,) = await waiting_steps(journal, new.id)
        assert (step.arrived, step.output) == (False, ["one"])
        assert await answer(database, first.id, "again", SOON) is None

    async def test_it_is_too_late_when_the_step_goes_on_without_an_answer(self, journal: Journal, database: Database) -> None:
        new = new_execution(created_at=NOW)
        recorder = await parks(journal, new, asks(until=SOON), wake_at=SOON)
        (signal,) = await rows(database, new.id)
        assert await answer(database, signal.id, "late", SOON) is None, "its time is over"
        claim = await journal.claim(new.id, SOON)
        assert claim is not None
        recorder = journal.recorder(new, claim.epoch, ignore)
        recorder.record(finished("ask", 30, "timed out"))
        await recorder.durable()
        assert await answer(database, signal.id, "late", NOW) is None, "nothing waits for it"

    @pytest.mark.parametrize("status", ["failed", "cancelled", "timed_out"])
    async def test_what_ends_waits_for_nothing(self, journal: Journal, database: Database, status: str) -> None:
        new = new_execution(created_at=NOW)
        recorder = await claimed(journal, new)
        recorder.record(asks())
        recorder.record(asks("each", 2, iteration="0"))
        recorder.record(ended(status=status))
        await recorder.durable()
        found = await rows(database, new.id)
        assert [signal.status for signal in found] == ["cancelled", "cancelled"]
        assert await answer(database, found[0].id, "late", NOW) is None

    async def test_what_completes_after_it_was_taken_up_again_leaves_nothing_waiting(
        self, journal: Journal, database: Database
    ) -> None:
        new = new_execution(created_at=NOW)
        await parks(journal, new, asks("each", iteration="2"))
        claim = await journal.claim(new.id, LATER)
        assert claim is not None
        recorder = journal.recorder(new, claim.epoch, ignore)
        recorder.record(ended(seq=200))
        await recorder.durable()
        assert [signal.status for signal in await rows(database, new.id)] == ["cancelled"]
        assert (await step_rows(database, new.id))["each"].status == "cancelled"

    async def test_an_overtaken_driver_asks_nobody(self, journal: Journal, other: Journal, database: Database) -> None:
        new = new_execution(created_at=NOW)
        recorder = await claimed(journal, new)
        assert await other.claim(new.id, LATER) is not None
        recorder.record(asks())
        with pytest.raises(Exception, match=new.id):
            await recorder.durable()
        assert await rows(database, new.id) == []

    async def test_rounds_have_records_of_their_own(self, journal: Journal) -> None:
        new = new_execution(created_at=NOW)
        recorder = await claimed(journal, new)
        for number, iteration in enumerate(("", "0", "1", "1/0"), 1):
            recorder.record(finished("a", number, iteration, iteration=iteration, input=encode(number)))
        await recorder.durable()
        claim = await journal.claim(new.id, LATER)
        assert claim is not None
        found = [(step.iteration, step.output, step.seq) for step in claim.steps]
        assert found == [("", "", 1), ("0", "0", 2), ("1", "1", 3), ("1/0", "1/0", 4)]

    async def test_a_planned_attempt_comes_back_with_its_number_and_what_had_arrived(self, journal: Journal) -> None:
        new = new_execution(created_at=NOW)
        recorder = await claimed(journal, new)
        arrival = {"value": 1, "payload": "news", "timed_out": False}
        busy = Failure("BUSY", "busy", "a")
        recorder.record(StepParked(1, NOW, "a", NOW, LATER, encode(arrival), retrying=True, attempts=3, error=busy))
        await recorder.durable()
        claim = await journal.claim(new.id, LATER)
        assert claim is not None
        (step,) = claim.steps
        assert (step.status, step.attempts, step.wake_at, step.output, step.error) == ("retrying", 3, LATER, arrival, busy)

    @pytest.mark.parametrize("retryable", [True, False])
    async def test_whether_trying_again_can_help_is_kept(self, journal: Journal, retryable: bool) -> None:
        new = new_execution(created_at=NOW)
        recorder = await claimed(journal, new)
        failure = Failure("NO", "no", "a", retryable)
        recorder.record(StepFinished(1, NOW, "a", "failed", NOW, 1.0, error=failure, output=b"null"))
        await recorder.durable()
        claim = await journal.claim(new.id, LATER)
        assert claim is not None
        assert claim.steps[0].error == failure
