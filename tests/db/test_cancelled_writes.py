"""Whoever is cancelled in the middle of a transaction leaves the database free for everybody else."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.db.tables import workspaces
from tests.support.journals import opened, sqlite_url

pytestmark = pytest.mark.anyio

SLOW = sa.text(
    "WITH RECURSIVE counting(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counting WHERE n < 300000) SELECT sum(n) FROM counting"
)


def is_free(directory: Path) -> bool:
    """Whether another connection can begin to write now."""
    with closing(sqlite3.connect(directory / "journal.db", timeout=0.3, isolation_level=None)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        return True


async def test_a_reader_within_a_transaction_that_is_cancelled_leaves_no_lock(tmp_path: Path) -> None:
    async with opened(sqlite_url(tmp_path)) as database:
        at_it = asyncio.Event()

        async def change() -> None:
            async with database.write() as connection:
                await connection.execute(sa.update(workspaces).values(name="changed"))
                at_it.set()
                await connection.execute(SLOW)

        task = asyncio.create_task(change())
        await at_it.wait()
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert is_free(tmp_path)
        async with database.write() as connection:
            assert (await connection.execute(sa.select(workspaces.c.name))).scalar_one() == "Home"


async def test_cancelling_at_any_moment_leaves_no_lock(tmp_path: Path) -> None:
    moments = random.Random(1)
    async with opened(sqlite_url(tmp_path)) as database:

        async def change() -> None:
            async with database.write() as connection:
                await connection.execute(sa.update(workspaces).values(name="changed"))
                (await connection.execute(sa.select(workspaces))).all()

        for _ in range(150):
            task = asyncio.create_task(change())
            await asyncio.sleep(moments.random() * 0.004)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert is_free(tmp_path)
