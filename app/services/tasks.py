"""Which steps of a program are tasks: what starts it, and the gates of `needs_approval`, are not (contract.md G12)."""

from __future__ import annotations

from collections.abc import Iterator

from app.db import executions as queries
from app.db.session import Database
from app.engine.program import Program, Step
from app.formats.tasks import GATE, gate_of
from app.services.actors import Actor
from app.services.errors import not_found
from app.services.lending import Programs


class Tasks:
    def __init__(self, database: Database, programs: Programs) -> None:
        self._database = database
        self._programs = programs

    async def of_execution(self, actor: Actor, execution_id: str) -> frozenset[str]:
        """The tasks of the revision that an execution runs. Raises 404."""
        async with self._database.read() as connection:
            found = await queries.find(connection, actor.workspace_id, execution_id)
        if found is None:
            raise not_found("execution", execution_id)
        return await self.of(found[0].workflow_id, found[0].revision)

    async def of(self, workflow_id: str, revision: int) -> frozenset[str]:
        """The ids of the enabled blocks of a revision that are tasks; empty when it is not there any more."""
        try:
            program = (await self._programs.load(workflow_id, revision)).program
        except LookupError:
            return frozenset()
        steps = {step.id: step for step in _steps(program)}
        gates = {gate for id in steps if (gate := gate_of(id)) in steps and steps[gate].block.type == GATE}
        return frozenset(id for id, step in steps.items() if step.enabled and not step.block.trigger and id not in gates)


def _steps(program: Program) -> Iterator[Step]:
    yield from program.steps
    for body in program.bodies.values():
        yield from _steps(body)
