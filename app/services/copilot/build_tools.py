"""Tools for building and looking, offered by both doors: to agents that connect by MCP, and to the copilot.

None of them changes, deploys or runs anything: a simulation acts on nothing and is recorded nowhere.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict

from app.catalog import Catalog
from app.engine.graph import dump_graph
from app.engine.messages import iso
from app.sdk import Block, Json
from app.services.actors import Actor
from app.services.agent_tools import AgentTool
from app.services.copilot.rehearsal import Rehearsals, Rehearsed
from app.services.copilot.search_words import ranked
from app.services.errors import invalid
from app.services.executions import STATUSES, Executions
from app.services.flows import Flows
from app.services.gallery import Gallery, GalleryTemplate
from app.services.graphs import Graphs
from app.services.pages import Paging
from app.services.refusals import problem_json

MOST_FOUND = 12
TEXT: dict[str, Json] = {"type": "string", "maxLength": 200}


class BuildTools:
    def __init__(
        self, flows: Flows, executions: Executions, gallery: Gallery, graphs: Graphs, catalog: Catalog, rehearsals: Rehearsals
    ) -> None:
        self._flows = flows
        self._executions = executions
        self._gallery = gallery
        self._graphs = graphs
        self._catalog = catalog
        self._rehearsals = rehearsals

    def list(self) -> Sequence[AgentTool]:
        flow: dict[str, Json] = {"type": "string", "description": "The flow's id or name."}
        things: dict[str, Json] = {"type": "array", "items": {"type": "object"}}
        simulated = {"blocks": things, "edges": things, "input": {"type": "object"}, "startBlock": TEXT}
        return [
            _tool("search_block_types", "Block types that fit some words.", "blocks.read", self._types, {"q": TEXT}, "q"),
            _tool("search_templates", "Ready-made workflows for some words.", "blocks.read", self._templates, {"q": TEXT}, "q"),
            _tool(
                "list_executions",
                "The newest executions of a flow, with how they ended.",
                "executions.read",
                self._list_executions,
                {"flowId": flow, "status": {"enum": list(STATUSES)}},
                "flowId",
            ),
            _tool(
                "simulate_graph",
                "Runs blocks and edges with an input; blocks that would act on anything answer a sample instead.",
                "workflows.run",
                self._simulate,
                simulated,
                "blocks",
                "edges",
            ),
        ]

    async def _types(self, actor: Actor, given: Mapping[str, Json]) -> Json:
        return {"types": [told_type(block) for block in self.types(given["q"])]}

    def types(self, words: str, most: int = MOST_FOUND) -> Sequence[Block]:
        """The block types that fit some words, the best first."""
        return ranked(words, self._catalog, _texts_of)[:most]

    async def _templates(self, actor: Actor, given: Mapping[str, Json]) -> Json:
        found = [
            {
                "name": template.name,
                "title": template.title,
                "description": template.description,
                "needs": list(template.needs),
                **dump_graph(self._graphs.masked(template.graph)),
            }
            for template in self.templates(given["q"], 3)
        ]
        return {"templates": found}

    def templates(self, words: str, most: int = MOST_FOUND) -> Sequence[GalleryTemplate]:
        """The templates that fit some words, the best first."""
        return ranked(words, self._gallery.list(), self._words_of)[:most]

    def _words_of(self, template: GalleryTemplate) -> Sequence[tuple[str, int]]:
        declared = [self._catalog.get(block.type) for block in template.graph.blocks]
        titles = " ".join(block.title for block in declared if block)
        return (template.title, 5), (template.description, 3), (titles, 1)

    async def _list_executions(self, actor: Actor, given: Mapping[str, Json]) -> Json:
        found = (await self._flows.get(actor, given["flowId"])).workflow
        page = await self._executions.list(actor, Paging(0, 10), given.get("status", ""), found.id)
        executions = [
            {
                "id": one.id,
                "status": one.status,
                "mode": one.mode,
                "trigger": one.trigger,
                "revision": one.revision,
                "createdAt": iso(one.created_at),
                "durationMs": one.duration_ms,
            }
            for one in page.items
        ]
        return {"executions": executions, "total": page.total, "newestRevision": found.revision}

    async def _simulate(self, actor: Actor, given: Mapping[str, Json]) -> Json:
        actor.demand("workflows.run")
        graph, problems = self._graphs.parse({"blocks": given["blocks"], "edges": given["edges"]})
        problems = problems or [one for one in self._graphs.readiness(graph) if one.severity == "incomplete"]
        if problems:
            raise invalid("The graph cannot run: " + problems[0].message, [problem_json(one) for one in problems[:20]])
        return told(await self._rehearsals.run(graph, given.get("input", {}), start_block=given.get("startBlock")))


def told(found: Rehearsed) -> dict[str, Json]:
    """A simulation as agents read it."""
    return {
        "status": found.status,
        "output": found.output,
        "error": found.error,
        "failedBlock": found.failed_block,
        "steps": [asdict(step) | {"ports": list(step.ports), "log": list(step.log)} for step in found.steps[:100]],
    }


def told_type(block: Block) -> dict[str, Json]:
    """A block type in a list."""
    return {
        "type": block.type,
        "title": block.title,
        "description": block.description,
        "outputs": [port.name for port in block.outputs],
        "starts": block.trigger,
        "acts": block.effect == "write",
    }


def _texts_of(block: Block) -> Sequence[tuple[str, int]]:
    first = block.documentation.strip().partition("\n\n")[0]
    names = " ".join((block.type.replace(".", " ").replace("_", " "), *block.aliases))
    return (f"{block.title} {names}", 5), (block.description, 3), (block.category, 2), (first, 1)


def _tool(
    name: str,
    words: str,
    action: str,
    call: Callable[[Actor, Mapping[str, Json]], Awaitable[Json]],
    fields: Mapping[str, Json],
    *needed: str,
) -> AgentTool:
    schema: dict[str, Json] = {
        "type": "object", "properties": dict(fields), "required": list(needed), "additionalProperties": False,
    }  # fmt: skip
    return AgentTool(name, words, schema, action, call, reads_only=True)
