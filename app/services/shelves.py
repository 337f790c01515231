"""Where workflows stand on the home page: their group and their tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

from app.db import flows as group_queries
from app.db import page_rows as queries
from app.db.flows import DetailsRow, GroupRow
from app.db.session import Database
from app.services.actors import Actor
from app.services.errors import invalid
from app.services.texts import is_line
from app.services.workflow_rows import find_row

MOST_GROUPS = 500
MOST_TAGS = 20
MAX_TAG = 50
MAX_GROUP = 200


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a list of workflows can be narrowed to, and where each of some workflows stands."""

    groups: Sequence[GroupRow]
    tags: Sequence[str]
    group_of: Mapping[str, str]
    """The name of a workflow's group by the workflow's id."""
    tags_of: Mapping[str, Sequence[str]]


class Shelves:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, actor: Actor, workflow_ids: Sequence[str]) -> Shelf:
        """Groups and tags of the workspace, and those of these workflows."""
        actor.demand("workflows.read")
        workspace = actor.workspace_id
        async with self._database.read() as connection:
            groups, _ = await group_queries.listed_groups(connection, workspace, "", "asc", 0, MOST_GROUPS)
            details = await group_queries.details(connection, workspace, workflow_ids)
            tags = await queries.tags_of(connection, workspace, workflow_ids)
            every = await queries.all_tags(connection, workspace)
        names = {group.id: group.name for group in groups}
        group_of = {id: names[row.group_id] for id, row in details.items() if row.group_id in names}
        return Shelf(groups, every, group_of, tags)

    async def put(self, actor: Actor, id_or_name: str, group: str, tags: Sequence[str]) -> None:
        """Put a workflow into a group, which is made where there is none of that name, and give it these tags."""
        actor.demand("workflows.write")
        wanted = list(dict.fromkeys(tag.strip().lower() for tag in tags if tag.strip()))
        if len(wanted) > MOST_TAGS or any(len(tag) > MAX_TAG or not is_line(tag) for tag in wanted):
            raise _wrong("tags", f"may be {MOST_TAGS} words of {MAX_TAG} letters")
        group = group.strip()
        if len(group) > MAX_GROUP or not is_line(group):
            raise _wrong("group", f"may have {MAX_GROUP} printable characters")
        async with self._database.write(counts=False) as connection:
            row = await find_row(connection, actor.workspace_id, id_or_name, lock=True)
            known, _ = await group_queries.listed_groups(connection, actor.workspace_id, "", "asc", 0, MOST_GROUPS)
            found = next((one for one in known if one.name.lower() == group.lower()), None)
            if group and found is None:
                now = datetime.now(UTC)
                found = GroupRow(str(uuid4()), actor.workspace_id, group, len(known), now, now)
                await group_queries.insert_group(connection, found)
            details = (await group_queries.details(connection, actor.workspace_id, [row.id], with_text=True)).get(row.id)
            details = details or DetailsRow(row.id, actor.workspace_id)
            await group_queries.put_details(connection, replace(details, group_id=found.id if found else None))
            await queries.put_tags(connection, actor.workspace_id, row.id, wanted)


def _wrong(field: str, message: str) -> Exception:
    return invalid(f"`{field}` {message}.", [{"field": field, "message": message}])
