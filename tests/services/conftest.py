"""A studio for tests of services that need a database and executions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.studio import Studio, opened_studio


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    async with opened_studio(tmp_path) as studio:
        yield studio
