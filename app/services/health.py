"""Whether this server can do its work."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from app.db.session import Database
from app.services.errors import ServiceError


class Health:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def ready(self) -> None:
        """Raises 503 when the database does not answer."""
        try:
            async with self._database.read() as connection:
                await connection.execute(sa.text("SELECT 1"))
        except (SQLAlchemyError, OSError):
            raise ServiceError("NOT_READY", "The database does not answer.", 503) from None
