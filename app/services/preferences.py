"""What people choose for themselves: the language that they read."""

from __future__ import annotations

from app.db import page_rows as queries
from app.db.session import Database
from app.services.actors import Actor
from app.services.errors import invalid


class Preferences:
    """`languages` are those that there are."""

    def __init__(self, database: Database, languages: tuple[str, ...] = ("en", "de")) -> None:
        self._database = database
        self._languages = languages

    async def language(self, actor: Actor) -> str:
        """The language that somebody has chosen; empty where their browser decides."""
        actor.demand("account.read")
        async with self._database.read() as connection:
            return await queries.language(connection, actor.user_id)

    async def choose_language(self, actor: Actor, language: str) -> None:
        """Raises 400 for a language that there is not."""
        actor.demand("account.write")
        if language and language not in self._languages:
            raise invalid("`language` is not one of those that there are.", [{"field": "language", "message": "is not known"}])
        async with self._database.write(counts=False) as connection:
            await queries.put_language(connection, actor.user_id, language)
