"""Deadlines and concurrency limits as the host keeps them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.graphs import graph
from tests.support.hosts import Gate, staged
from tests.support.tiny import types

pytestmark = pytest.mark.anyio


async def test_what_is_overdue_when_it_is_taken_up_does_not_run_at_all(tmp_path: Path) -> None:
    gate = Gate()
    async with staged(tmp_path, graph("a>b", a="gate"), types(gate.block())) as stage:
        over = datetime.now(UTC) - timedelta(seconds=1)
        ended = await stage.ended(await stage.accept(deadline_at=over))
    assert (ended.status, ended.error["code"]) == ("timed_out", "TIMED_OUT")
    assert gate.came == []


async def test_no_more_than_the_limit_run_and_the_most_urgent_comes_first(tmp_path: Path) -> None:
    gate = Gate()
    async with staged(tmp_path, graph("a>b", a="gate"), types(gate.block())) as stage:
        first = await stage.accept(concurrency_limit=1)
        await gate.has_come()
        others = [await stage.accept(concurrency_limit=1, priority=priority) for priority in (0, 5, 9)]
        assert gate.came == [first]
        gate.opened.set()
        for execution in (first, *others):
            assert (await stage.ended(execution)).status == "completed"
    assert gate.came == [first, *reversed(others)]


async def test_a_full_workflow_does_not_hold_up_the_others(tmp_path: Path) -> None:
    gate = Gate()
    async with staged(tmp_path, graph("a>b", a="gate"), types(gate.block()), max_running=2) as stage:
        first = await stage.accept(concurrency_limit=1)
        await gate.has_come()
        queued = [await stage.accept(concurrency_limit=1) for _ in range(5)]
        free = await stage.accept()
        await gate.has_come(2)
        assert gate.came == [first, free]
        gate.opened.set()
        for execution in queued:
            await stage.ended(execution)
