"""Workflows of other systems, taken in as workflows of this one: so far those of n8n."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.catalog import Catalog
from app.engine.graph import Graph, dump_graph
from app.sdk import Json
from app.sdk.lazy import lazy
from app.services.actors import Actor
from app.services.errors import invalid
from app.services.flows import Flow, Flows
from app.services.graphs import Graphs
from app.services.refusals import graph_refused

if TYPE_CHECKING:
    from app.formats.n8n import reading as n8n
    from app.formats.n8n.reading import Imported
    from app.formats.n8n.report import Report
else:
    n8n = lazy("app.formats.n8n.reading")

ROUNDS = 5
MAX_TOLD = 12
NOTE = {"width": 420, "height": 260}


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A new flow, and for one of another system what became of its parts."""

    flow: Flow
    report: Report | None = None


class Foreign:
    def __init__(self, flows: Flows, graphs: Graphs, catalog: Catalog) -> None:
        self._flows = flows
        self._graphs = graphs
        self._catalog = catalog

    async def take_in(self, actor: Actor, content: dict[str, Json]) -> TakenIn:
        """A new flow from an export of this system or of another. Raises 400 for anything else."""
        if not n8n.is_n8n(content):
            return TakenIn(await self._flows.take_in(actor, content))
        actor.demand("workflows.write")
        try:
            imported = await asyncio.to_thread(n8n.read_n8n, content, lambda type: self._catalog.get(type) is not None)
        except n8n.NotN8n as error:
            details = [{"field": "nodes", "message": str(error)}]
            raise invalid(f"This workflow of n8n cannot be imported: {error}", details) from None
        graph = self._repaired(imported)
        name = " ".join("".join(mark if mark.isprintable() and mark != "/" else " " for mark in imported.name).split())
        flow = await self._flows.take_in(actor, {"name": name or "Imported from n8n", **dump_graph(graph)})
        return TakenIn(flow, imported.report)

    def _repaired(self, imported: Imported) -> Graph:
        """The graph without connections that cannot be, such as those into the middle of a loop; each is reported."""
        told = {**imported.graph, "annotations": [*imported.graph["annotations"], _summary(imported)]}
        graph, problems = self._graphs.parse(told)
        for _ in range(ROUNDS):
            if not problems:
                return graph
            wrong = {problem.block_id for problem in problems if problem.block_id}
            kept = tuple(edge for edge in graph.edges if not {edge.source, edge.target} & wrong)
            if len(kept) == len(graph.edges):
                break
            names = ", ".join(sorted(block.name for block in graph.blocks if block.id in wrong)[:5])
            imported.report.notes.append(f"Connections of {names} were left out, as they cannot be here: {problems[0].message}")
            graph = replace(graph, edges=kept)
            problems = self._graphs.check(graph)
        if problems:
            raise graph_refused(problems)
        return graph


def _summary(imported: Imported) -> dict[str, Json]:
    """A note on the canvas that says what to look at."""
    report = imported.report
    lines = [f"{report.number('mapped')} of {len(report.nodes)} nodes of n8n became blocks."]
    lines += [f"{one.node}: {one.notes[0].splitlines()[0][:200]}" for one in report.nodes if one.notes][:MAX_TOLD]
    text = "\n".join([*lines, *report.notes])[:10_000]
    place = {"x": 80, "y": -260}
    return {"id": "import_report", "kind": "note", "text": text, "colour": "blue", "position": place, "size": NOTE}
