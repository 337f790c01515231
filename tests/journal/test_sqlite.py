"""The journal in a SQLite file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.db.session import Database
from tests.journal.suite import JournalSuite
from tests.support.journals import opened, sqlite_url


class TestSqlite(JournalSuite):
    @pytest.fixture
    async def database(self, tmp_path: Path) -> AsyncIterator[Database]:
        async with opened(sqlite_url(tmp_path)) as database:
            yield database
