"""The database: no update is lost, readers cannot write, and a transaction stands or falls as one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.db.session import Database
from app.db.tables import workspaces
from tests.support.journals import WORKSPACE, opened, sqlite_url

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(new_url: Callable[[], str]) -> AsyncIterator[Database]:
    async with opened(new_url()) as database:
        yield database


async def name(database: Database) -> str:
    async with database.read() as connection:
        found: str = (await connection.execute(sa.select(workspaces.c.name))).scalar_one()
        return found


async def test_no_update_is_lost(database: Database) -> None:
    """Eight processes' worth of writers, each with a connection of its own, read, think and write."""
    writers = [Database(database.url) for _ in range(8)]
    async with database.write() as connection:
        await connection.execute(sa.update(workspaces).values(name="0"))

    async def count(writer: Database) -> None:
        for _ in range(20):
            async with writer.write() as connection:
                number = int((await connection.execute(sa.select(workspaces.c.name))).scalar_one())
                await asyncio.sleep(0)
                await connection.execute(sa.update(workspaces).values(name=str(number + 1)))

    await asyncio.gather(*(count(writer) for writer in writers))
    for writer in writers:
        await writer.close()
    assert await name(database) == "160"


async def test_a_transaction_that_fails_leaves_nothing_behind(database: Database) -> None:
    async def change_and_fail() -> None:
        async with database.write() as connection:
            await connection.execute(sa.update(workspaces).values(name="changed"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change_and_fail()
    assert await name(database) == "Home"


async def test_a_reader_sees_one_moment_while_others_write(database: Database) -> None:
    async with database.read() as connection:
        before = (await connection.execute(sa.select(workspaces.c.name))).scalar_one()
        async with database.write() as writer:
            await writer.execute(sa.update(workspaces).values(name="changed"))
        assert (await connection.execute(sa.select(workspaces.c.name))).scalar_one() == before
    assert await name(database) == "changed"


async def test_a_reader_cannot_write(database: Database) -> None:
    async with database.read() as connection:
        with pytest.raises(sa.exc.DBAPIError, match=r"read-?only"):
            await connection.execute(sa.update(workspaces).values(name="changed"))


async def test_a_row_cannot_point_to_nothing(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        async with database.write() as connection:
            await connection.execute(
                sa.text("INSERT INTO memberships (workspace_id, user_id, role) VALUES ('none', 'none', 'owner')")
            )


async def test_values_are_not_shown_in_errors(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError) as caught:
        async with database.write() as connection:
            await connection.execute(sa.insert(workspaces).values(id=WORKSPACE, name="sesame", created_at=None))
    shown = (caught.value, caught.value.__cause__)
    assert not any("sesame" in str(error) for error in shown)


async def test_what_is_committed_is_flushed_to_the_disk(tmp_path: Path) -> None:
    async with opened(sqlite_url(tmp_path)) as database, database.write() as connection:
        pragmas = [
            (await connection.exec_driver_sql(f"PRAGMA {pragma}")).scalar_one() for pragma in ("journal_mode", "synchronous")
        ]
    assert pragmas == ["wal", 2]
