"""Lists of executions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.db import executions as queries
from app.journal.journal import Journal
from tests.support.journals import WORKSPACE, new_execution, opened, sqlite_url

pytestmark = pytest.mark.anyio

ALL: dict[str, Any] = {"status": "", "workflow_id": "", "q": "", "order": "desc"}


async def test_very_many_are_counted_no_further_than_is_of_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MAX_COUNTED", 4)
    async with opened(sqlite_url(tmp_path)) as database:
        journal = Journal(database, "driver")
        totals = []
        for _ in range(6):
            async with database.write() as connection:
                await journal.accept_within(connection, new_execution())
                page, total = await queries.listed(connection, WORKSPACE, **ALL, offset=0, limit=2)
            totals.append((total, len(page)))
        assert totals == [(1, 1), (2, 2), (3, 2), (4, 2), (4, 2), (4, 2)]
        async with database.read() as connection:
            later, _ = await queries.listed(connection, WORKSPACE, **ALL, offset=4, limit=25)
        assert len(later) == 2, "and can be paged to nevertheless"
