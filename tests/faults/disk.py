"""The truth after a crash: what the database file says, asked without the server."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import Any

from tests.support.server import ServerProcess

TERMINAL = ("completed", "failed", "cancelled", "timed_out")


def query(server: ServerProcess, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(server.data / "blockyard.db")) as connection:
        return connection.execute(sql, parameters).fetchall()


def statuses(server: ServerProcess) -> dict[str, str]:
    """The status of every execution."""
    return dict(query(server, "SELECT id, status FROM executions"))


def wait_until_all_ended(server: ServerProcess, seconds: float = 15) -> dict[str, str]:
    """The statuses once every execution has a terminal one."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = statuses(server)
        if all(status in TERMINAL for status in found.values()):
            return found
        time.sleep(0.05)
    raise AssertionError(f"these have not ended: { ({id: s for id, s in found.items() if s not in TERMINAL}) }")
