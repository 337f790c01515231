"""Who may use a credential: everybody of its workspace, or its owner with the workflows and people that it is shared with.

A workflow may use a restricted credential when it is named itself, or when whoever wrote the revision that runs may. So
nobody else can change what is done with it, and whoever is no longer named takes its use along.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.catalog import Catalog
from app.engine.config import source_references, sources, texts
from app.engine.expressions import ExpressionError
from app.engine.graph import Graph, GraphBlock, Problem
from app.services.actors import Actor

MOST_NAMED = 200


@dataclass(frozen=True, slots=True)
class Sharing:
    """`workflows` and `people` are ids; they count only when the credential is restricted."""

    restricted: bool = False
    workflows: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Access:
    """A credential's sharing and its owner."""

    owner: str
    sharing: Sharing

    def lets_person(self, user_id: str | None) -> bool:
        """Whether a person may use it in workflows that they write."""
        return not self.sharing.restricted or (user_id is not None and user_id in {self.owner, *self.sharing.people})

    def lets(self, workflow_id: str, author_id: str | None) -> bool:
        """Whether a workflow may use it whose revision this person wrote."""
        return workflow_id in self.sharing.workflows or self.lets_person(author_id)

    def lets_change(self, actor: Actor) -> bool:
        """Whether somebody may change, share or delete it."""
        return not self.sharing.restricted or actor.user_id == self.owner or actor.may("admin")

    def is_seen_by(self, actor: Actor) -> bool:
        return self.lets_change(actor) or self.lets_person(actor.user_id)


def not_shared(name: str) -> str:
    return f"the credential `{name}` is not shared with this workflow, nor with whoever wrote it"


def withheld_names(access: Mapping[str, Access], workflow_id: str, author_id: str) -> frozenset[str]:
    """The credentials, by name, that a workflow may not use when this person writes it."""
    return frozenset(name for name, one in access.items() if not one.lets(workflow_id, author_id))


def uses_of(graph: Graph, catalog: Catalog, names: Collection[str]) -> list[Problem]:
    """Every place of a graph that names one of these credentials."""
    return [problem for block in graph.blocks for problem in _uses(block, catalog, names)] if names else []


def _uses(block: GraphBlock, catalog: Catalog, names: Collection[str]) -> Iterator[Problem]:
    declared = catalog.get(block.type)
    if declared is None:
        return
    found: dict[str, str] = {}
    for path, text, kinds in texts(declared, block.config):
        if "credential" in kinds and text in names:
            found.setdefault(text, ".".join(str(part) for part in path))
    for source in sources(declared, block.config):
        try:
            references = source_references(source)
        except ExpressionError:
            continue
        for name in _secrets_in(references, names):
            found.setdefault(name, source.place)
    for name, place in found.items():
        message = not_shared(name)
        yield Problem("CREDENTIAL_NOT_SHARED", f"Block `{block.id}`: {message}.", block.id, place)


def _secrets_in(references: Iterable[tuple[str, ...]], names: Collection[str]) -> list[str]:
    return [path[1] for path in references if len(path) > 1 and path[0] == "secrets" and path[1] in names]
