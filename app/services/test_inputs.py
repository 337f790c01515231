"""Inputs that are kept to try a workflow with, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from app.db import page_rows as queries
from app.db.page_rows import TestInputRow
from app.db.session import Database
from app.engine.values import decode_stored, encode
from app.sdk import Json
from app.services.actors import Actor
from app.services.errors import invalid, not_found
from app.services.texts import is_line
from app.services.workflow_rows import find_row

MOST = 50
MAX_BYTES = 200_000
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class TestInput:
    """`start_block` is the trigger that it is for; empty for any."""

    __test__ = False  # not for pytest

    id: str
    name: str
    start_block: str
    input: dict[str, Json]


class TestInputs:
    __test__ = False  # not for pytest

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, actor: Actor, id_or_name: str) -> Sequence[TestInput]:
        """By name. They may hold whatever people typed, so that only who may run the workflow sees them."""
        actor.demand("workflows.run")
        async with self._database.read() as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name)
            return [_shown(found) for found in await queries.inputs(connection, actor.workspace_id, row.id)]

    async def put(self, actor: Actor, id_or_name: str, name: str, input: Json, start_block: str = "") -> TestInput:
        """Keep an input under a name, in the place of the one that has it. Raises 400 naming the field."""
        actor.demand("workflows.draft")
        name = name.strip()
        if not 1 <= len(name) <= MAX_NAME or not is_line(name):
            raise _wrong("name", f"must have 1 to {MAX_NAME} printable characters")
        if not isinstance(input, dict):
            raise _wrong("input", "must be an object")
        content = encode(input)
        if len(content) > MAX_BYTES:
            raise _wrong("input", f"may have {MAX_BYTES // 1000} kB")
        async with self._database.write(counts=False) as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name, lock=True)
            others = [one for one in await queries.inputs(connection, actor.workspace_id, row.id) if one.name != name]
            if len(others) >= MOST:
                raise _wrong("name", f"is one too many: a workflow keeps {MOST} inputs")
            now = datetime.now(UTC)
            made = TestInputRow(
                str(uuid4()), actor.workspace_id, row.id, name, start_block[:100], content, actor.user_id, now
            )
            await queries.put_input(connection, made)
        return _shown(made)

    async def delete(self, actor: Actor, id_or_name: str, input_id: str) -> None:
        """Raises 404."""
        actor.demand("workflows.draft")
        async with self._database.write(counts=False) as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name)
            if not await queries.delete_input(connection, actor.workspace_id, row.id, input_id):
                raise not_found("test input", input_id)


def _shown(row: TestInputRow) -> TestInput:
    return TestInput(row.id, row.name, row.start_block, decode_stored(row.input))


def _wrong(field: str, message: str) -> Exception:
    return invalid(f"`{field}` {message}.", [{"field": field, "message": message}])
