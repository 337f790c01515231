"""Many executions at once (a thousand when asked for depth), cancelled and retried at random: each keeps every promise."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.db.tables import executions
from app.journal.records import Copy, Ended
from app.sdk import BlockError, Context, Json, Output
from tests.support.depth import DEEP
from tests.support.graphs import block, graph
from tests.support.hosts import Stage, staged
from tests.support.journals import new_execution, step_rows
from tests.support.tiny import tiny, types, waits

pytestmark = pytest.mark.anyio

MANY = 1_000 if DEEP else 150
RETRY = {"retry": {"attempts": 3, "delay_ms": 10}}
DRAWN = graph(
    "first>wait", "wait>flaky", "flaky>last", first="send", wait="wait", flaky=block("flaky", "flaky", policy=RETRY), last="send"
)  # fmt: skip


@dataclass
class Work:
    """Sends, and fails now and then; knows how often each thing was sent."""

    chance: random.Random = field(default_factory=lambda: random.Random(11))
    sent: Counter[str] = field(default_factory=Counter)

    async def send(self, context: Context, config: Any, value: Json) -> Output:
        self.sent[context.idempotency_key] += 1
        await asyncio.sleep(self.chance.random() * 0.02)
        return Output(value)

    async def flaky(self, context: Context, config: Any, value: Json) -> Output:
        if self.chance.random() < 0.3:
            raise BlockError("BUSY", "busy", retryable=self.chance.random() < 0.8)
        return Output(value)

    async def one(self, stage: Stage) -> list[Ended]:
        """One execution that may be cancelled at any moment, and its retry; as their callers were told of their ends."""
        new = new_execution()
        handle = stage.host.watch(new.id)
        await stage.host.accept(new)
        if self.chance.random() < 0.4:
            await asyncio.wait((handle.ended,), timeout=self.chance.random())
            await asyncio.gather(stage.host.cancel(new.id), stage.host.cancel(new.id))
        first = await asyncio.wait_for(handle.ended, 60)
        if first.status == "completed":
            return [first]
        again = new_execution(retry_of=new.id)
        handle = stage.host.watch(again.id)
        async with stage.database.write() as connection:
            await stage.journal.accept_within(connection, again, Copy(new.id, ("first",)))
        await stage.host.take(again.id)
        return [first, await asyncio.wait_for(handle.ended, 60)]


async def test_a_thousand_executions_with_cancels_and_retries_at_random_keep_every_promise(tmp_path: Path) -> None:
    work = Work()
    known = types(tiny("send", work.send, effect="write"), tiny("flaky", work.flaky), waits(0.2))
    async with staged(tmp_path, DRAWN, known) as stage:
        told = [ended for pair in await asyncio.gather(*(work.one(stage) for _ in range(MANY))) for ended in pair]
        async with stage.database.read() as connection:
            rows = (await connection.execute(sa.select(executions))).all()
        assert {row.id: row.status for row in rows} == {ended.id: ended.status for ended in told}
        assert {row.status for row in rows} == {"completed", "failed", "cancelled"}, "all of it did happen"
        assert {(row.driver, row.lease_until, row.wake_at) for row in rows} == {(None, None, None)}
        assert set(work.sent.values()) == {1}, "nothing was sent twice, however its execution ended"
        retries = [row for row in rows if row.retry_of]
        assert retries
        for row in rows:
            recorded = {id: step.status for id, step in (await step_rows(stage.database, row.id)).items()}
            assert not {"waiting", "retrying"} & set(recorded.values())
            assert row.status != "completed" or recorded == dict.fromkeys(("first", "wait", "flaky", "last"), "completed")
