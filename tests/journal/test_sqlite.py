"""The journal in a SQLite file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from app.db.session import Database
from app.journal.transactions import _connect
from tests.journal.suite import JournalSuite
from tests.support.journals import opened, sqlite_url


class TestSqlite(JournalSuite):
    @pytest.fixture
    async def database(self, tmp_path: Path) -> AsyncIterator[Database]:
        async with opened(sqlite_url(tmp_path)) as database:
            yield database

    def test_what_the_journal_commits_is_flushed_to_the_disk(self, tmp_path: Path) -> None:
        with closing(_connect(str(tmp_path / "journal.db"))) as connection:
            pragmas = [connection.execute(f"PRAGMA {pragma}").fetchone()[0] for pragma in ("journal_mode", "synchronous")]
        assert pragmas == ["wal", 2]
