"""Migrations: from an empty database to the tables of today, and back to nothing."""

from __future__ import annotations

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
from tests.support.journals import opened, sqlite_url

pytestmark = pytest.mark.anyio

MIGRATIONS = Path(app.db.session.__file__).parent / "migrations"


def tables(connection: sa.Connection) -> set[str]:
    return set(sa.inspect(connection).get_table_names())


def indexes(connection: sa.Connection) -> dict[str, object]:
    """The definition of every index, as the database itself has it."""
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    return {name: " ".join(sql.split()) for name, sql in connection.execute(sa.text(query))}


async def test_the_migrated_tables_are_the_declared_ones(tmp_path: Path) -> None:
    def differences(connection: sa.Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))

    async with opened(sqlite_url(tmp_path)) as database, database.write() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_migrated_indexes_are_the_declared_ones(tmp_path: Path) -> None:
    (tmp_path / "declared").mkdir()
    declared = Database(sqlite_url(tmp_path / "declared"))
    async with declared.write() as connection:
        await connection.run_sync(metadata.create_all)
        wanted = await connection.run_sync(indexes)
    await declared.close()
    async with opened(sqlite_url(tmp_path)) as database, database.read() as connection:
        assert await connection.run_sync(indexes) == wanted


async def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    async with opened(sqlite_url(tmp_path)) as database:
        async with database.read() as connection:
            before = await connection.run_sync(tables)
        await database.migrate()
        async with database.read() as connection:
            assert await connection.run_sync(tables) == before


async def test_the_way_back_ends_with_an_empty_database(tmp_path: Path) -> None:
    def down(connection: sa.Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, "base")

    database = Database(sqlite_url(tmp_path))
    await database.migrate()
    async with database.write() as connection:
        await connection.run_sync(down)
        assert await connection.run_sync(tables) == {"alembic_version"}
    await database.migrate()
    async with database.read() as connection:
        assert "executions" in await connection.run_sync(tables)
    await database.close()
