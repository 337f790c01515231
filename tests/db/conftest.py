"""The databases that the product runs on: what holds of one holds of the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.journals import sqlite_url


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Gives the address of another empty database with each call."""
    if request.param == "postgresql":
        new_database: Callable[[], str] = request.getfixturevalue("postgres").new_database
        return new_database

    def new_directory() -> str:
        directory = tmp_path / f"database-{len(list(tmp_path.iterdir()))}"
        directory.mkdir()
        return sqlite_url(directory)

    return new_directory
