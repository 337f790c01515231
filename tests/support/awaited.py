"""Signals straight in the database: what steps wait for, and answering it as the services do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.db import signals as table
from app.db.session import Database
from app.db.tables import signals
from app.engine.values import encode
from app.sdk import Json
from tests.support.journals import WORKSPACE


async def rows(database: Database, execution_id: str) -> list[Any]:
    """All signals of an execution in the order of their parkings."""
    query = sa.select(signals).where(signals.c.execution_id == execution_id).order_by(signals.c.seq)
    async with database.read() as connection:
        return list((await connection.execute(query)).all())


async def answer(database: Database, signal_id: str, payload: Json, now: datetime) -> table.SignalRow | None:
    """Answer a signal that still waits; what was answered, or None when it was too late."""
    async with database.write() as connection:
        row = await table.find(connection, signal_id, kind="event", workspace_id=WORKSPACE)
        if row is None or not row.is_open(now) or not await table.answer(connection, row, encode(payload), now):
            return None
        return row
