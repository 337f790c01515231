"""The server's own database, for moments and secrets that no API shows."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.server import ServerProcess


def database(server: ServerProcess) -> Path:
    return server.data / "blockyard.db"


def change(server: ServerProcess, statement: str, *values: Any) -> None:
    """Run one writing statement beside the running server."""
    with closing(sqlite3.connect(database(server), timeout=10)) as connection, connection:
        connection.execute(statement, values)


def rows(server: ServerProcess, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database(server), timeout=10)) as connection:
        return connection.execute(query, values).fetchall()


def set_armed_until(server: ServerProcess, workflow: str, moment: datetime) -> None:
    """Move the end of an armed window; moments are stored as microseconds."""
    stored = int(moment.astimezone(UTC).timestamp() * 1_000_000)
    change(server, "UPDATE workflows SET armed_until = ? WHERE id = ?", stored, workflow)


def github_webhooks() -> list[dict[str, Any]]:
    """Bodies that GitHub has really sent: `[{"event", "payload"}]`."""
    found: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "data" / "github_webhooks.json").read_text())
    return found
