"""Migrations: from an empty database to the tables of today, and back to nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

import app.db.session
from app.db.session import Database
from app.db.tables import metadata
from tests.support.journals import opened

pytestmark = pytest.mark.anyio

MIGRATIONS = Path(app.db.session.__file__).parent / "migrations"
INDEXES = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'",
}


def tables(connection: sa.Connection) -> set[str]:
    return set(sa.inspect(connection).get_table_names())


def indexes(connection: sa.Connection) -> dict[str, object]:
    """The definition of every index, as the database itself has it."""
    return {name: " ".join(sql.split()) for name, sql in connection.execute(sa.text(INDEXES[connection.dialect.name]))}


async def test_the_migrated_tables_are_the_declared_ones(new_url: Callable[[], str]) -> None:
    def differences(connection: sa.Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))

    async with opened(new_url()) as database, database.write() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_migrated_indexes_are_the_declared_ones(new_url: Callable[[], str]) -> None:
    declared = Database(new_url())
    async with declared.write() as connection:
        await connection.run_sync(metadata.create_all)
        wanted = await connection.run_sync(indexes)
    await declared.close()
    async with opened(new_url()) as database, database.read() as connection:
        assert await connection.run_sync(indexes) == wanted


async def test_migrating_twice_changes_nothing(new_url: Callable[[], str]) -> None:
    async with opened(new_url()) as database:
        async with database.read() as connection:
            before = await connection.run_sync(tables)
        await database.migrate()
        async with database.read() as connection:
            assert await connection.run_sync(tables) == before


async def test_the_way_back_ends_with_an_empty_database(new_url: Callable[[], str]) -> None:
    def down(connection: sa.Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, "base")

    database = Database(new_url())
    await database.migrate()
    async with database.write() as connection:
        await connection.run_sync(down)
        assert await connection.run_sync(tables) == {"alembic_version"}
    await database.migrate()
    async with database.read() as connection:
        assert "executions" in await connection.run_sync(tables)
    await database.close()
