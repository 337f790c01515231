"""Whoever is cancelled in the middle of a transaction leaves PostgreSQL free for everybody else too."""

from __future__ import annotations

import asyncio
import random

import pytest
import sqlalchemy as sa

from app.db.session import Database
from app.db.tables import workspaces
from tests.support.journals import opened
from tests.support.postgres import PostgresServer

pytestmark = pytest.mark.anyio


async def change(database: Database, began: asyncio.Event) -> None:
    async with database.write() as connection:
        await connection.execute(sa.update(workspaces).values(name="changed"))
        began.set()
        await connection.execute(sa.text("SELECT pg_sleep(60)"))


async def name_once_free(database: Database) -> str:
    """What a writer finds when it is its turn, which must be soon."""
    async with asyncio.timeout(30), database.write() as connection:
        found: str = (await connection.execute(sa.select(workspaces.c.name))).scalar_one()
        return found


async def test_a_cancelled_writer_leaves_no_lock_and_no_change(postgres: PostgresServer) -> None:
    async with opened(postgres.new_database()) as database, opened(database.url) as other:
        began = asyncio.Event()
        task = asyncio.create_task(change(database, began))
        await began.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert [await name_once_free(one) for one in (other, database)] == ["Home", "Home"]


async def test_cancelling_at_any_moment_leaves_no_lock(postgres: PostgresServer) -> None:
    moments = random.Random(1)
    async with opened(postgres.new_database()) as database, opened(database.url) as other:
        for _ in range(40):
            task = asyncio.create_task(change(database, asyncio.Event()))
            await asyncio.sleep(moments.random() * 0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert await name_once_free(other) == "Home"
