"""How the triggers that look around by themselves are doing, for people to see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.db import watches as queries
from app.db.session import Database
from app.services.actors import Actor
from app.services.workflow_rows import find_row


@dataclass(frozen=True, slots=True)
class WatchState:
    """`problem` is why the last look failed, empty when it did not; `accepted` counts what has started an execution."""

    block_id: str
    accepted: int
    failures: int
    problem: str
    updated_at: datetime


class WatchStates:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, actor: Actor, workflow: str) -> Sequence[WatchState]:
        """Those of a workflow that is deployed. Raises 404."""
        actor.demand("workflows.read")
        async with self._database.read() as connection:
            row = await find_row(connection, actor.workspace_id, workflow)
            found = await queries.of_workflow(connection, actor.workspace_id, row.id)
        return [WatchState(one.block_id, one.accepted, one.failures, one.problem, one.updated_at) for one in found]
