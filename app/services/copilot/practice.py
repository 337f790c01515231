"""Trying a workflow out for the copilot: on the last real input where there is one, with what the model may see of it."""

from __future__ import annotations

from collections.abc import Sequence

from app.engine.graph import Graph, Problem
from app.sdk import Json
from app.services.actors import Actor
from app.services.copilot.build_tools import told
from app.services.copilot.data import lines, seen
from app.services.copilot.rehearsal import Rehearsals, Rehearsed
from app.services.executions import Executions
from app.services.pages import Paging
from app.services.workflows import Workflow

LOOKED_AT = 10
"""How many executions are looked through for a real one."""


class Practice:
    def __init__(self, executions: Executions, rehearsals: Rehearsals) -> None:
        self._executions = executions
        self._rehearsals = rehearsals

    async def rehearsed(
        self,
        actor: Actor,
        found: Workflow,
        graph: Graph,
        problems: Sequence[Problem],
        given: Json,
        credentials: Sequence[str],
    ) -> tuple[Rehearsed, str]:
        """How a graph does with an input, None for the last real one; and in words where that came from."""
        missing = [problem for problem in problems if problem.severity == "incomplete"]
        if missing:
            where = f" (block `{missing[0].block_id}`)" if missing[0].block_id else ""
            return Rehearsed("not_run", error=f"It is not ready: {missing[0].message.rstrip('.')}{where}."), "none"
        if not graph.blocks:
            return Rehearsed("not_run", error="There are no blocks yet."), "none"
        source, start = "the sample that you gave", None
        if given is None:
            given, source, start = await self._last_input(actor, found)
        there = start if start in {block.id for block in graph.blocks if block.enabled} else None
        about = {"id": found.id, "name": found.name, "revision": found.revision}
        result = await self._rehearsals.run(graph, given, start_block=there, workflow=about, credentials=credentials)
        return result, source

    async def _last_input(self, actor: Actor, found: Workflow) -> tuple[Json, str, str | None]:
        """The input of the last real execution and where it began, else the sample."""
        if actor.allows("executions.read"):
            page = await self._executions.list(actor, Paging(0, LOOKED_AT), "", found.id)
            real = next((one for one in page.items if one.mode == "live"), None)
            if real is not None:
                detail = await self._executions.get(actor, real.id)
                known = {block.id for block in found.graph.blocks}
                first = next((step.block_id for step in detail.steps if step.block_id in known), None)
                return detail.input, f"the last real input (execution {real.id})", first if _starts(found, first) else None
        if isinstance(found.sample, dict):
            return found.sample, "the workflow's sample", None
        return {}, "an empty input", None


def shown_to_model(result: Rehearsed, shares_values: bool) -> dict[str, Json]:
    """A simulation as the model sees it."""
    found = told(result)
    for step in found["steps"]:
        step["output"] = seen(step["output"], shares_values)
        step["log"] = lines(step["log"], shares_values)
    return {**found, "output": seen(found["output"], shares_values)}


def _starts(found: Workflow, block_id: str | None) -> bool:
    """Whether nothing leads to a block, so that an execution may have begun there."""
    return block_id is not None and all(edge.target != block_id for edge in found.graph.edges)
