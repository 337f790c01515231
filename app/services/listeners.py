"""Where deployed workflows start by themselves when something happens or fails."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from app.db import listeners as queries
from app.db import triggers
from app.db.memory import Memory
from app.db.session import Database
from app.db.workflows import WorkflowRow
from app.engine.program import Step
from app.engine.values import decode_stored
from app.hosts.handles import WorkflowBroken
from app.services.lending import Programs

logger = logging.getLogger(__name__)

ERROR, EVENT = TRIGGERS = ("trigger.error", "trigger.event")
QUIET_ENDS = ("run.completed", "run.cancelled")
"""Ends that are followed up only where somebody listens for them; of failures somebody always may."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A block at which a workflow starts; `step` None: as it does when somebody runs it."""

    workflow: WorkflowRow
    revision: int
    step: Step | None


class Listeners:
    def __init__(self, database: Database, programs: Programs) -> None:
        self._database = database
        self._programs = programs
        self._known = Memory(database, self._find)
        self._standing = Memory(database, self._find_standing)
        self._ends_heard: dict[str, bool] = {}
        self._heard_as_of = b""

    async def of(self, workspace_id: str, trigger: str) -> Sequence[Listener]:
        """The enabled blocks of this type in the deployed revisions of a workspace's workflows."""
        found = await self._known.get(workspace_id)
        return [one for one in found if one.step is not None and one.step.block.type == trigger]

    async def standing(self, workspace_id: str) -> Sequence[tuple[str, Listener]]:
        """The event triggers that stand beside workflows, each with the names of the events that it waits for."""
        return await self._standing.get(workspace_id)

    async def _find_standing(self, workspace_id: str) -> Sequence[tuple[str, Listener]]:
        async with self._database.read() as connection:
            rows = await triggers.listening(connection, workspace_id)
        return [
            (str(decode_stored(trigger.config).get("event")), Listener(row, row.deployed_revision or row.revision, None))
            for trigger, row in rows
        ]

    async def of_workflow(self, row: WorkflowRow, revision: int, *triggers: str) -> Sequence[Listener]:
        """The enabled blocks of these types in one revision."""
        program = (await self._programs.load(row.id, revision)).program
        return [Listener(row, revision, step) for step in program.triggers if step.enabled and step.block.type in triggers]

    def may_hear_of_ends(self, workspace_id: str) -> bool:
        """Whether somebody may listen for how executions end; also true when that is not known for certain."""
        is_known = self._heard_as_of == self._database.changes.mark and self._database.is_sole_writer
        return not is_known or self._ends_heard.get(workspace_id, True)

    async def look_around(self) -> None:
        """Find out where somebody listens for how executions end."""
        as_of = self._database.changes.mark
        if self._heard_as_of == as_of:
            return
        async with self._database.read() as connection:
            workspaces = await queries.workspaces(connection)
        self._ends_heard = {workspace_id: await self._hears_of_ends(workspace_id) for workspace_id in workspaces}
        self._heard_as_of = as_of

    async def _hears_of_ends(self, workspace_id: str) -> bool:
        patterns = [str(found.step.config.raw.get("event")) for found in await self.of(workspace_id, EVENT) if found.step]
        patterns += [pattern for pattern, _ in await self.standing(workspace_id)]
        return any(fnmatchcase(name, pattern) for name in QUIET_ENDS for pattern in patterns)

    async def _find(self, workspace_id: str) -> Sequence[Listener]:
        async with self._database.read() as connection:
            rows = await queries.deployed(connection, workspace_id)
        mentioned = [row for row, graph in rows if any(trigger.encode() in graph for trigger in TRIGGERS)]
        return [found for row in mentioned for found in await self._readable(row)]

    async def _readable(self, row: WorkflowRow) -> Sequence[Listener]:
        """Nothing of a revision that cannot be read any more: it must not keep the others from being told."""
        try:
            return await self.of_workflow(row, row.deployed_revision or row.revision, *TRIGGERS)
        except WorkflowBroken:
            logger.exception("a deployed workflow cannot be read, so it hears of nothing", extra={"workflow_id": row.id})
            return ()
