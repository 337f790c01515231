"""What is deleted in time, and what never is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.db.tables import executions, idempotency_keys, metadata, signals, steps
from app.services.idempotency import header_key
from app.services.retention import BATCH
from tests.support.graphs import block
from tests.support.studio import Studio

pytestmark = pytest.mark.anyio

START = block("start", "starter")


async def aged(studio: Studio, workflow: str, **days: float) -> dict[str, str]:
    """Executions of these ages in days; a name that begins with `failed` is one that failed."""
    made = {}
    for name, age in days.items():
        execution = made[name] = await studio.run(workflow)
        then = datetime.now(UTC) - timedelta(days=age)
        status = "failed" if name.startswith("failed") else "completed"
        changed = {"created_at": then, "finished_at": then, "status": status, "followed_up": True}
        await studio.change(executions, executions.c.id == execution, **changed)
    return made


async def left(studio: Studio, workflow: str, made: dict[str, str]) -> set[str]:
    found = {execution.id for execution in await studio.executions(workflow)}
    return {name for name, execution in made.items() if execution in found}


async def clean(studio: Studio) -> int:
    return await studio.retention.run(datetime.now(UTC))


async def count(studio: Studio, table: sa.Table, execution_ids: Sequence[str]) -> Any:
    query = sa.select(sa.func.count()).select_from(table).where(table.c.execution_id.in_(execution_ids))
    async with studio.server.database.read() as connection:
        return (await connection.execute(query)).scalar_one()


async def test_without_settings_nothing_is_ever_deleted(studio: Studio) -> None:
    workflow = await studio.new(START)
    made = await aged(studio, workflow, ancient=5_000)
    assert await clean(studio) == 0
    assert await left(studio, workflow, made) == {"ancient"}


async def test_what_is_too_old_goes_with_its_steps_and_failures_stay_longer(studio: Studio) -> None:
    waits = block("waits", "flow.wait", {"seconds": 0.01})
    workflow = await studio.new(START, waits, edges=["start>waits"], settings={"retention": {"days": 7, "failed_days": 30}})
    made = await aged(studio, workflow, young=6, old=8, failed_week=8, failed_month=31)
    assert await clean(studio) == 2
    assert await left(studio, workflow, made) == {"young", "failed_week"}
    assert await count(studio, steps, [made["old"], made["failed_month"]]) == 0
    assert await count(studio, steps, [made["young"]]) == 2


async def test_without_their_own_time_failures_go_with_the_others(studio: Studio) -> None:
    workflow = await studio.new(START, settings={"retention": {"days": 7}})
    made = await aged(studio, workflow, young=1, failed_old=8)
    await clean(studio)
    assert await left(studio, workflow, made) == {"young"}


async def test_only_the_newest_are_kept_and_failures_beside_them(studio: Studio) -> None:
    workflow = await studio.new(START, settings={"retention": {"count": 2, "failed_days": 30}})
    made = await aged(studio, workflow, a=4, b=3, failed_c=5, d=2, e=1)
    assert await clean(studio) == 2
    assert await left(studio, workflow, made) == {"d", "e", "failed_c"}


async def test_more_than_one_batch_goes_in_one_run(studio: Studio) -> None:
    workflow = await studio.new(START, settings={"retention": {"count": 1}})
    made = await aged(studio, workflow, first=1)
    template = (await studio.executions(workflow))[0]._asdict()
    copies = [template | {"id": f"copy-{n}", "parent_key": None} for n in range(2 * BATCH + 5)]
    async with studio.server.database.write() as connection:
        await connection.execute(sa.insert(executions), copies)
    assert await clean(studio) == 2 * BATCH + 5
    assert len(await studio.executions(workflow)) == 1
    assert made


async def test_another_workflow_is_left_alone(studio: Studio) -> None:
    await studio.new(START, settings={"retention": {"days": 1}})
    other = await studio.new(START)
    made = await aged(studio, other, old=100)
    await clean(studio)
    assert await left(studio, other, made) == {"old"}


async def test_what_is_open_or_not_followed_up_or_still_needed_stays(studio: Studio) -> None:
    workflow = await studio.new(START, settings={"retention": {"days": 1}})
    made = await aged(studio, workflow, open=9, failed_untold=9, answer=9, child=9, parent=9, old=9)
    await studio.change(executions, executions.c.id.in_([made["open"], made["parent"]]), status="waiting", finished_at=None)
    await studio.change(executions, executions.c.id == made["failed_untold"], followed_up=False)
    await studio.change(executions, executions.c.id == made["child"], parent_id=made["parent"], parent_key="step")
    async with studio.server.database.write() as connection:
        key = header_key("k", {})
        values = {"workflow_id": workflow, "key": key.digest, "fingerprint": key.fingerprint}
        moment = datetime.now(UTC) - timedelta(hours=23)
        await connection.execute(sa.insert(idempotency_keys).values(**values, execution_id=made["answer"], created_at=moment))
    assert await clean(studio) == 1
    assert await left(studio, workflow, made) == {"open", "failed_untold", "answer", "child", "parent"}
    await studio.retention.run(datetime.now(UTC) + timedelta(hours=2))
    assert "answer" not in await left(studio, workflow, made), "the key's time is over"


async def test_signals_and_decisions_go_with_their_execution(studio: Studio) -> None:
    blocks = (START, block("ask", "flow.gate", {"title": "Well?"}))
    workflow = await studio.new(*blocks, edges=["start>ask"], settings={"retention": {"days": 1}})
    started = await studio.server.services.executions.execute(studio.actor, workflow, durably=True)
    execution = started.execution_id
    async with asyncio.timeout(5):
        while not await count(studio, signals, [execution]):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await studio.server.services.executions.cancel(studio.actor, execution)
    await studio.follow_up.run_pending()
    then = datetime.now(UTC) - timedelta(days=2)
    await studio.change(executions, executions.c.id == execution, created_at=then, finished_at=then)
    assert await clean(studio) == 1
    assert await count(studio, signals, [execution]) == 0
    belonging = [table.name for table in metadata.tables.values() if "execution_id" in table.c]
    assert sorted(belonging) == ["idempotency_keys", "signals", "steps"], "retention knows of everything that belongs to one"
