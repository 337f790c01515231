"""When deployed workflows run by themselves in the next days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.db import schedules as queries
from app.db import workflows as workflow_queries
from app.db.session import Database
from app.services.actors import Actor
from app.services.graphs import Graphs
from app.services.schedule_times import Schedule, next_run, schedule_of
from app.services.workflow_rows import load_graph

DAYS = 7
OFTEN = timedelta(minutes=59)
MOST_PER_SCHEDULE = 400
MOST_SCHEDULES = 500


@dataclass(frozen=True, slots=True)
class Planned:
    """One schedule of a deployed workflow. `moments` are empty where it runs more often than hourly: `every` says how often."""

    workflow_id: str
    workflow_name: str
    block_name: str
    timezone: str
    next_run_at: datetime | None
    moments: Sequence[datetime]
    every: timedelta | None = None


class Calendar:
    def __init__(self, database: Database, graphs: Graphs) -> None:
        self._database = database
        self._graphs = graphs

    async def planned(self, actor: Actor, now: datetime | None = None) -> Sequence[Planned]:
        """The schedules of the workspace with their runs in the next seven days, by workflow name."""
        actor.demand("workflows.read")
        moment = now or datetime.now(UTC)
        found: list[Planned] = []
        async with self._database.read() as connection:
            for row in await queries.of_workspace(connection, actor.workspace_id, MOST_SCHEDULES):
                workflow = await workflow_queries.get(connection, row.workflow_id)
                if workflow is None:
                    continue
                graph = await load_graph(connection, self._graphs, workflow, row.revision)
                block = next((one for one in graph.blocks if one.id == row.block_id), None)
                schedule = schedule_of(block) if block else None
                if block is None or schedule is None:
                    continue
                moments = _moments(schedule, row.anchor, row.runs, moment)
                every = moments[1] - moments[0] if len(moments) > 1 else None
                often = every is not None and every <= OFTEN
                found.append(
                    Planned(
                        workflow.id,
                        workflow.name,
                        block.name or block.id,
                        schedule.timezone,
                        row.next_run_at,
                        () if often else moments,
                        every if often else None,
                    )
                )
        return sorted(found, key=lambda one: one.workflow_name.lower())


def _moments(schedule: Schedule, anchor: datetime, runs: int, now: datetime) -> list[datetime]:
    until = now + timedelta(days=DAYS)
    found: list[datetime] = []
    while len(found) < MOST_PER_SCHEDULE:
        following = next_run(schedule, found[-1] if found else now, anchor, runs + len(found))
        if following is None or following > until:
            break
        found.append(following)
        if len(found) == 2 and found[1] - found[0] <= OFTEN:
            break
    return found
