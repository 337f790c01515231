"""The journal in a PostgreSQL database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.db.session import Database
from tests.journal.suite import JournalSuite
from tests.support.journals import opened
from tests.support.postgres import PostgresServer


class TestPostgreSQL(JournalSuite):
    @pytest.fixture
    async def database(self, postgres: PostgresServer) -> AsyncIterator[Database]:
        async with opened(postgres.new_database()) as database:
            yield database
