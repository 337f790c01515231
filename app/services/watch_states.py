"""How the triggers that look around by themselves are doing, for people to see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.db import watches as queries
from app.db.session import Database
from app.db.watches import WatchRow
from app.services.actors import Actor
from app.services.watchers import back_off
from app.services.workflow_rows import find_row


@dataclass(frozen=True, slots=True)
class WatchState:
    """`problem` is why the last look failed, empty when it did not; `accepted` counts what has started an execution."""

    block_id: str
    accepted: int
    failures: int
    problem: str
    updated_at: datetime

    @property
    def again_at(self) -> datetime | None:
        """When it looks again, where it has failed."""
        return self.updated_at + timedelta(seconds=back_off(self.failures)) if self.problem else None


class WatchStates:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, actor: Actor, workflow: str) -> Sequence[WatchState]:
        """Those of a workflow that is deployed. Raises 404."""
        actor.demand("workflows.read")
        async with self._database.read() as connection:
            row = await find_row(connection, actor.workspace_id, workflow)
            found = await queries.of_workflow(connection, actor.workspace_id, row.id)
        return [_state(one) for one in found]

    async def at(self, actor: Actor, workflow: str, block_id: str) -> WatchState | None:
        """That of one block, where it watches."""
        return next((one for one in await self.of(actor, workflow) if one.block_id == block_id), None)

    async def in_trouble(self, actor: Actor, workflow_ids: Sequence[str]) -> Mapping[str, str]:
        """What is wrong with a trigger, by workflow; those in which nothing is wrong are left out."""
        actor.demand("workflows.read")
        async with self._database.read() as connection:
            found = await queries.in_trouble(connection, actor.workspace_id, workflow_ids)
        return {one.workflow_id: one.problem for one in found}


def _state(one: WatchRow) -> WatchState:
    return WatchState(one.block_id, one.accepted, one.failures, one.problem, one.updated_at)
