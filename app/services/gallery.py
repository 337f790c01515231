"""Ready-made workflows to begin with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.engine.graph import Graph, parse_graph
from app.engine.values import decode
from app.sdk import Json
from app.services.actors import Actor
from app.services.errors import not_found
from app.services.graphs import Graphs
from app.services.workflows import Workflow, Workflows


@dataclass(frozen=True, slots=True)
class GalleryTemplate:
    """`needs` names what it cannot run without: network or model."""

    name: str
    title: str
    description: str
    needs: Sequence[str]
    order: int
    sample: Json
    graph: Graph


class Gallery:
    def __init__(self, directory: Path, workflows: Workflows, graphs: Graphs) -> None:
        self._templates = {template.name: template for template in _load(directory)}
        self._workflows = workflows
        self._graphs = graphs

    def list(self) -> Sequence[GalleryTemplate]:
        return sorted(self._templates.values(), key=lambda template: (template.order, template.title))

    def get(self, name: str) -> GalleryTemplate:
        """Raises 404."""
        template = self._templates.get(name)
        if template is None:
            raise not_found("template", name)
        return template

    async def use(self, actor: Actor, name: str) -> Workflow:
        """A new workflow made from a template, with webhook ids and secrets of its own."""
        actor.require("editor")
        template = self.get(name)
        free = await self._workflows.free_name(actor, template.title)
        return await self._workflows.create(
            actor, free, template.description, self._graphs.minted(template.graph), template.sample
        )


def _load(directory: Path) -> Sequence[GalleryTemplate]:
    found = []
    for path in sorted(directory.glob("*.json")):
        content = decode(path.read_bytes())
        graph, problems = parse_graph(content["graph"], lambda type: type)
        if problems:
            raise ValueError(f"{path.name}: {problems[0].message}")
        found.append(
            GalleryTemplate(
                path.stem,
                content["title"],
                content["description"],
                tuple(content["needs"]),
                content["order"],
                content["sample"],
                graph,
            )
        )
    return found
