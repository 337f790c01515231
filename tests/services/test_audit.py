"""The audit log: a chain that many write at once, each of whom waits until their entry is on disk."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.db.tables import audit
from app.services.actors import Actor
from app.services.audit import Audit
from app.services.errors import ServiceError
from app.services.pages import Paging
from tests.support.journals import opened, sqlite_url

pytestmark = pytest.mark.anyio

ADMIN = Actor("u1", "ada", "a@example.com", "w1", "admin", address="127.0.0.1", request_id="r1")


async def test_many_at_once_make_one_chain_without_a_gap(tmp_path: Path) -> None:
    async with opened(sqlite_url(tmp_path)) as database:
        log = Audit(database)
        await asyncio.gather(*(log.note(ADMIN, "workflows.run", f"number {number}") for number in range(200)))
        async with database.read() as connection:
            numbers = list((await connection.execute(sa.select(audit.c.seq).order_by(audit.c.seq))).scalars())
        assert numbers == list(range(1, 201))
        verdict = await log.verify()
        assert (verdict.rows, verdict.broken_at) == (200, None)


async def test_a_note_that_cannot_be_written_is_an_error_and_the_next_one_is_written(tmp_path: Path) -> None:
    async with opened(sqlite_url(tmp_path)) as database:
        log = Audit(database)
        async with database.write() as connection:
            await connection.execute(sa.text("ALTER TABLE audit RENAME TO elsewhere"))
        with pytest.raises(sa.exc.OperationalError):
            await log.note(ADMIN, "workflows.run", "lost")
        async with database.write() as connection:
            await connection.execute(sa.text("ALTER TABLE elsewhere RENAME TO audit"))
        await log.note(ADMIN, "workflows.run", "kept")
        [entry] = (await log.list(ADMIN, Paging())).items
        assert (entry.target, entry.address, entry.request_id) == ("kept", "127.0.0.1", "r1")


async def test_who_may_not_manage_does_not_read_it_and_other_workspaces_are_not_in_it(tmp_path: Path) -> None:
    async with opened(sqlite_url(tmp_path)) as database:
        log = Audit(database)
        await log.note(ADMIN, "workflows.run", "of the first")
        await log.note(Actor("u2", "bob", "b@example.com", "w2", "admin"), "workflows.run", "of the second")
        assert [entry.target for entry in (await log.list(ADMIN, Paging())).items] == ["of the first"]
        for outsider in (Actor("u3", "eve", "", "w1", "editor"), Actor("u1", "ada", "", "w1", "admin", scopes=frozenset({"kv"}))):
            with pytest.raises(ServiceError, match="needs"):
                await log.list(outsider, Paging())
