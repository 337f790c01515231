"""Executions that cannot be prepared: what may pass is tried again, the rest fails with a reason, and both can be cancelled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.hosts.handles import Unavailable, WorkflowBroken
from tests.support.graphs import graph
from tests.support.hosts import Stage, staged, until
from tests.support.journals import new_execution, row
from tests.support.tiny import types

pytestmark = pytest.mark.anyio

FOR_EVER = 1_000_000
AT_ONCE = (0.0, 0.0, 0.0)


def cannot_lend(stage: Stage, error: Exception, times: int = FOR_EVER) -> None:
    stage.lender.error, stage.lender.errors = error, times


async def put_off(stage: Stage) -> str:
    """An accepted execution whose first attempt has failed."""
    execution_id = await stage.accept()
    await until(stage.idle)
    assert (await row(stage.database, execution_id)).finished_at is None
    return execution_id


async def test_what_cannot_be_read_holds_up_nobody(tmp_path: Path) -> None:
    async with staged(tmp_path, graph("a"), types()) as stage:
        broken, whole = new_execution(priority=9), new_execution()
        async with stage.database.write() as connection:
            for new in (broken, whole):
                await stage.journal.accept_within(connection, new)
            await connection.execute(sa.text("UPDATE executions SET input = :raw WHERE id = :id"), {"raw": b"{", "id": broken.id})
        stage.host.sweep_soon()
        assert (await stage.ended(whole.id)).status == "completed"
        end = await stage.ended(broken.id)
        assert (end.status, end.error["code"]) == ("failed", "UNREADABLE")


@pytest.mark.parametrize("error", [OSError("disk I/O error"), Unavailable(), RuntimeError("odd")], ids=lambda e: type(e).__name__)
async def test_an_accepted_execution_is_not_lost_to_a_passing_error(tmp_path: Path, error: Exception) -> None:
    async with staged(tmp_path, graph("a"), types(), pauses=AT_ONCE) as stage:
        cannot_lend(stage, error, 2)
        assert (await stage.ended(await stage.accept())).status == "completed"
        assert stage.lender.asked == 3


async def test_what_does_not_answer_is_asked_again_for_as_long_as_it_takes(tmp_path: Path) -> None:
    async with staged(tmp_path, graph("a"), types(), pauses=AT_ONCE) as stage:
        cannot_lend(stage, Unavailable(), 4 * len(AT_ONCE))
        assert (await stage.ended(await stage.accept())).status == "completed"


async def test_an_unknown_error_that_stays_fails_it_after_a_few_attempts(tmp_path: Path) -> None:
    async with staged(tmp_path, graph("a"), types(), pauses=AT_ONCE) as stage:
        cannot_lend(stage, RuntimeError("the password is sesame"))
        execution_id = await stage.accept()
        ended = await stage.ended(execution_id)
        assert (ended.status, ended.error["code"]) == ("failed", "NOT_STARTED")
        assert ended.error["message"] == "The execution could not start: an internal error (RuntimeError)"
        assert stage.lender.asked == len(AT_ONCE) + 1
        assert b"sesame" not in (await row(stage.database, execution_id)).error


@pytest.mark.parametrize("error", [WorkflowBroken("block type `x` is gone"), LookupError("block type `x` is gone")], ids=str)
async def test_what_can_never_work_fails_at_once(tmp_path: Path, error: Exception) -> None:
    async with staged(tmp_path, graph("a"), types()) as stage:
        cannot_lend(stage, error)
        ended = await stage.ended(await stage.accept())
        assert ended.error["message"] == "The execution could not start: block type `x` is gone"
        assert stage.lender.asked == 1


async def test_the_pause_is_kept_and_holds_up_nobody_else(tmp_path: Path) -> None:
    async with staged(tmp_path, graph("a"), types(), max_running=1, pauses=(600.0,)) as stage:
        cannot_lend(stage, RuntimeError("odd"), 1)
        first = await put_off(stage)
        assert (await stage.ended(await stage.accept())).status == "completed"
        await stage.host.take(first)
        assert (await row(stage.database, first)).finished_at is None
        assert stage.lender.asked == 2


async def test_what_is_put_off_can_be_cancelled(tmp_path: Path) -> None:
    async with staged(tmp_path, graph("a"), types(), pauses=(600.0,)) as stage:
        cannot_lend(stage, RuntimeError("odd"))
        execution_id = await put_off(stage)
        assert await stage.host.cancel(execution_id)
        ended = await stage.ended(execution_id)
        assert (ended.status, ended.error["code"]) == ("cancelled", "CANCELLED")


async def test_what_is_put_off_times_out(tmp_path: Path) -> None:
    async with staged(tmp_path, graph("a"), types(), pauses=(600.0,)) as stage:
        cannot_lend(stage, RuntimeError("odd"))
        execution_id = await stage.accept(deadline_at=datetime.now(UTC) + timedelta(seconds=0.5))
        ended = await stage.ended(execution_id)
        assert (ended.status, ended.error["code"]) == ("timed_out", "TIMED_OUT")


async def test_after_a_restart_it_is_tried_at_once(tmp_path: Path) -> None:
    async with staged(tmp_path, graph("a"), types(), pauses=(600.0,)) as stage:
        cannot_lend(stage, RuntimeError("odd"))
        execution_id = await put_off(stage)
    async with staged(tmp_path, graph("a"), types()) as stage:
        assert (await stage.ended(execution_id)).status == "completed"
