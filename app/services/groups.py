"""Folders for workflows (contract.md A089-A092, G8)."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.db import flows as queries
from app.db.flows import GroupRow
from app.db.session import Database
from app.services.actors import Actor
from app.services.errors import ServiceError, invalid, not_found
from app.services.pages import Page, Paging
from app.services.refusals import is_uuid
from app.services.texts import is_line

Group = GroupRow

MAX_NAME = 200
MAX_POSITION = 1_000_000


class Groups:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, actor: Actor, paging: Paging) -> Page[GroupRow]:
        """In the order of their index."""
        actor.demand("workflows.read")
        asked = paging.checked("index")
        async with self._database.read() as connection:
            rows, total = await queries.listed_groups(
                connection, actor.workspace_id, asked.q, paging.order or "asc", asked.page * asked.size, asked.size
            )
        return Page(rows, total, asked.page, asked.size)

    async def create(self, actor: Actor, name: str, position: int) -> GroupRow:
        """Raises 409 when the name is taken."""
        actor.demand("workflows.write")
        now = datetime.now(UTC)
        row = GroupRow(str(uuid4()), actor.workspace_id, _name(name), _position(position), now, now)
        async with self._database.write() as connection:
            try:
                await queries.insert_group(connection, row)
            except IntegrityError:
                raise _taken(row.name) from None
        return row

    async def update(self, actor: Actor, group_id: str, name: str | None, position: int | None) -> GroupRow:
        actor.demand("workflows.write")
        values: dict[str, object] = {"updated_at": datetime.now(UTC)}
        values |= {} if name is None else {"name": _name(name)}
        values |= {} if position is None else {"position": _position(position)}
        async with self._database.write() as connection:
            await _find(connection, actor, group_id)
            try:
                await queries.update_group(connection, group_id, **values)
            except IntegrityError:
                raise _taken(str(name)) from None
            return await _find(connection, actor, group_id)

    async def delete(self, actor: Actor, group_id: str, move_to: str | None) -> None:
        """Raises 409 when workflows stand in it and nobody says where they go; `move_to` empty: into no folder."""
        actor.demand("workflows.write")
        async with self._database.write() as connection:
            row = await _find(connection, actor, group_id)
            if move_to:
                await _find(connection, actor, move_to)
            if move_to == row.id:
                raise invalid("`move_to` must be another group.", [{"field": "move_to", "message": "must be another group"}])
            members = await queries.count_members(connection, row.id)
            if members and move_to is None:
                message = f"{members} workflows stand in this group; say with `move_to` where they go."
                raise ServiceError("GROUP_NOT_EMPTY", message, 409)
            await queries.delete_group(connection, row.id, move_to or None)


async def _find(connection: AsyncConnection, actor: Actor, group_id: str) -> GroupRow:
    row = await queries.group(connection, actor.workspace_id, group_id.lower()) if is_uuid(group_id) else None
    if row is None:
        raise not_found("group", group_id)
    return row


def _name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= MAX_NAME or not is_line(name):
        message = f"must have 1 to {MAX_NAME} printable characters"
        raise invalid(f"`name` {message}.", [{"field": "name", "message": message}])
    return name


def _position(position: int) -> int:
    if abs(position) > MAX_POSITION:
        raise invalid("`index` is out of range.", [{"field": "index", "message": "is out of range"}])
    return position


def _taken(name: str) -> ServiceError:
    return ServiceError("NAME_TAKEN", f"There is already a group named `{name}`.", 409)
