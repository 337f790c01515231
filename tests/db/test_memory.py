"""Remembered queries: true until something is written, and never a moment longer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.db.memory import MAX_REMEMBERED, Memory
from app.db.session import Database
from app.db.tables import workspaces
from app.journal.journal import Journal
from tests.support.journals import WORKSPACE, new_execution, opened, sqlite_url

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(sqlite_url(tmp_path)) as database:
        yield database


class Names:
    """Loads the name of a workspace, and counts how often."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.loads = 0
        self.memory = Memory(database, self.load)

    async def load(self, workspace: str) -> str | None:
        self.loads += 1
        async with self.database.read() as connection:
            return (await connection.execute(sa.select(workspaces.c.name).where(workspaces.c.id == workspace))).scalar()


async def rename(database: Database, name: str) -> None:
    async with database.write() as connection:
        await connection.execute(sa.update(workspaces).values(name=name))


async def test_what_was_asked_before_is_not_loaded_again(database: Database) -> None:
    names = Names(database)
    assert [await names.memory.get(WORKSPACE) for _ in range(3)] == ["Home"] * 3
    assert [await names.memory.get("none") for _ in range(3)] == [None] * 3
    assert names.loads == 2


async def test_a_write_is_seen_at_once(database: Database) -> None:
    names = Names(database)
    for name in ("one", "two", "three"):
        await rename(database, name)
        assert await names.memory.get(WORKSPACE) == name


async def test_a_write_that_fails_costs_only_the_memory(database: Database) -> None:
    names = Names(database)
    await names.memory.get(WORKSPACE)
    with pytest.raises(sa.exc.IntegrityError):
        await rename(database, None)  # type: ignore[arg-type]
    assert await names.memory.get(WORKSPACE) == "Home"


async def test_what_was_read_while_somebody_wrote_is_not_kept(database: Database) -> None:
    names = Names(database)
    load = names.load

    async def overtaken(workspace: str) -> str | None:
        found = await load(workspace)
        await rename(database, "new")
        return found

    memory = Memory(database, overtaken)
    assert await memory.get(WORKSPACE) == "Home"
    assert await memory.get(WORKSPACE) == "new"


async def test_the_journal_does_not_make_it_forget(database: Database) -> None:
    names = Names(database)
    await names.memory.get(WORKSPACE)
    journal = Journal(database, driver="driver-1")
    journal.start()
    await journal.accept(new_execution())
    await journal.close()
    await names.memory.get(WORKSPACE)
    assert names.loads == 1


async def test_where_others_write_too_nothing_is_remembered(database: Database) -> None:
    names = Names(database)
    database.is_sole_writer = False
    for _ in range(3):
        await names.memory.get(WORKSPACE)
    assert names.loads == 3


async def test_memory_has_a_limit(database: Database) -> None:
    async def nothing(key: int) -> None:
        return None

    memory = Memory(database, nothing)
    for key in range(MAX_REMEMBERED + 50):
        await memory.get(key)
    assert len(memory._known) <= MAX_REMEMBERED
