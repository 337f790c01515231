"""A revision's graph as it is stored: secrets of blocks sealed beside it (contract.md C31)."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator
from dataclasses import replace
from uuid import UUID, uuid4

from app.adapters.vault import Vault
from app.catalog import Catalog
from app.describe import palette_entry, validate_config
from app.engine.config import Path, texts
from app.engine.graph import Graph, GraphBlock, Problem, dump_graph, parse_graph
from app.engine.references import check_sources
from app.engine.validate import too_large, validate
from app.engine.values import decode_stored, encode
from app.sdk import Json
from app.services.credential_access import uses_of
from app.services.schedule_times import schedule_problem

MASK = "***"


class Graphs:
    """Reads, checks, stores and masks graphs with the block types of one catalog."""

    def __init__(self, catalog: Catalog, vault: Vault) -> None:
        self._catalog = catalog
        self._vault = vault

    def parse(self, raw: Json) -> tuple[Graph, list[Problem]]:
        """The graph in a request and everything that forbids saving it."""
        sizes = [len(raw[key]) if isinstance(raw, dict) and isinstance(raw.get(key), list) else 0 for key in ("blocks", "edges")]
        if problems := too_large(*sizes):
            return Graph(), problems
        graph, problems = parse_graph(raw, self.canonical)
        found = self.check(graph)
        ids_lost = any(problem.block_id for problem in problems)
        if ids_lost:
            found = [problem for problem in found if problem.code != "UNKNOWN_BLOCK"]
        return graph, [*problems, *found]

    def canonical(self, type: str) -> str:
        """The name of a block type that was given by an alias; unknown types stay as they are."""
        return self._catalog.canonical(type) or type

    def check(self, graph: Graph) -> list[Problem]:
        """Everything that forbids saving a graph of the right form."""
        return [*validate(graph, self._catalog), *self._repeated_addresses(graph)]

    def readiness(self, graph: Graph) -> list[Problem]:
        """What still has to be filled in or repaired before the graph can run, and warnings."""
        found = [problem for block in graph.blocks if block.enabled for problem in self._config_problems(block)]
        found += check_sources(graph, self._catalog)
        found += [problem for block in graph.blocks if (problem := schedule_problem(block)) is not None]
        return found + list(self._warnings(graph))

    def _config_problems(self, block: GraphBlock) -> Iterator[Problem]:
        declared = self._catalog.get(block.type)
        for problem in validate_config(declared, block.config) if declared else ():
            yield Problem("CONFIG_INVALID", problem.message, block.id, problem.field, "incomplete")

    def _warnings(self, graph: Graph) -> Iterator[Problem]:
        triggers = {block.id for block in graph.blocks if (declared := self._catalog.get(block.type)) and declared.trigger}
        reached_by_edge = {edge.target for edge in graph.edges}
        for block in graph.blocks:
            if triggers and block.id not in triggers and block.id not in reached_by_edge:
                yield Problem("NOT_CONNECTED", "Nothing leads to this block, so it will not run.", block.id, None, "warning")
        for block in self.webhook_blocks(graph):
            if not block.config.get("webhook_secret"):
                message = "This webhook has no secret, so every call is refused."
                yield Problem("WEBHOOK_WITHOUT_SECRET", message, block.id, "webhook_secret", "warning")

    def webhook_blocks(self, graph: Graph) -> list[GraphBlock]:
        return [block for block in graph.blocks if block.type == "webhook"]

    def trigger_count(self, graph: Graph) -> int:
        """How many enabled blocks an execution can start at."""
        return sum(
            block.enabled and bool((declared := self._catalog.get(block.type)) and declared.trigger) for block in graph.blocks
        )

    def webhook_ids(self, graph: Graph) -> list[tuple[str, str]]:
        """`(address, block id)` of every webhook, and of every trigger with a page of its own, whose address is a UUID."""
        pairs = ((_uuid(block.config.get(self.address_field(block))), block.id) for block in graph.blocks)
        return [(address, block_id) for address, block_id in pairs if address]

    def address_field(self, block: GraphBlock) -> str:
        """The field that holds the address at which a block is called from outside; empty where there is none."""
        declared = self._catalog.get(block.type) if block.type == "webhook" or block.type in self._catalog.paged else None
        return "" if declared is None else "page_id" if "page_id" in declared.config.model_fields else "webhook_id"

    def _repeated_addresses(self, graph: Graph) -> Iterator[Problem]:
        seen: set[str] = set()
        for block in graph.blocks:
            field = self.address_field(block)
            address = _uuid(block.config.get(field))
            if address in seen:
                yield Problem("DUPLICATE_WEBHOOK_ID", f"Block `{block.id}` has the webhook id of another block.", block.id, field)
            if address:
                seen.add(address)

    def store(self, graph: Graph, workflow_id: str) -> bytes:
        """The stored form: the graph without secrets, and the sealed secrets with their places."""
        sealed: list[Json] = []
        blocks = []
        for block in graph.blocks:
            config = block.config
            for path, text in self._secrets(block):
                config = _replaced(config, path, "")
                sealed.append([block.id, list(path), base64.b64encode(self._vault.seal(text, workflow_id)).decode()])
            blocks.append(replace(block, config=config))
        return encode({"graph": dump_graph(replace(graph, blocks=tuple(blocks))), "secrets": sealed})

    def restore(self, stored: bytes, workflow_id: str) -> Graph:
        """The graph of a stored revision, secrets included."""
        content = decode_stored(stored)
        graph, _ = parse_graph(content["graph"], lambda type: type)
        opened: dict[str, list[tuple[Path, str]]] = {}
        for block_id, path, text in content["secrets"]:
            opened.setdefault(block_id, []).append((tuple(path), self._vault.unseal(base64.b64decode(text), workflow_id)))
        if not opened:
            return graph
        blocks = []
        for block in graph.blocks:
            config = block.config
            for place, secret in opened.get(block.id, ()):
                config = _replaced(config, place, secret)
            blocks.append(replace(block, config=config))
        return replace(graph, blocks=tuple(blocks))

    def masked(self, graph: Graph) -> Graph:
        """The graph for those who may not see secrets."""
        blocks = []
        for block in graph.blocks:
            config = block.config
            for path, _ in self._secrets(block):
                config = _replaced(config, path, MASK)
            blocks.append(replace(block, config=config))
        return replace(graph, blocks=tuple(blocks))

    def with_secrets_of(self, graph: Graph, old: Graph) -> Graph:
        """The graph with the secrets of `old` in the places that are masked; without one there, the place is left empty."""
        before = {block.id: dict(self._secrets(block)) for block in old.blocks}
        blocks = []
        for block in graph.blocks:
            config = block.config
            for path, text in self._secrets(block):
                if text == MASK:
                    config = _replaced(config, path, before.get(block.id, {}).get(path, ""))
            blocks.append(replace(block, config=config))
        return replace(graph, blocks=tuple(blocks))

    def minted(self, graph: Graph) -> Graph:
        """The graph with new ids and secrets wherever a block mints its own; for copies and templates."""
        blocks = []
        for block in graph.blocks:
            declared = self._catalog.get(block.type)
            fresh = {field: str(uuid4()) for field in palette_entry(declared)["mint"]} if declared else {}
            blocks.append(replace(block, config=block.config | fresh))
        return replace(graph, blocks=tuple(blocks))

    def uses_of(self, graph: Graph, credentials: Collection[str]) -> list[Problem]:
        """Every place of a graph that names one of these credentials."""
        return uses_of(graph, self._catalog, credentials)

    def seal(self, text: str, workflow_id: str) -> bytes:
        """A text that may hold secrets of this workflow's blocks, as it is stored."""
        return self._vault.seal(text, workflow_id)

    def unseal(self, sealed: bytes, workflow_id: str) -> str:
        """Raises VaultError when the text was sealed with another key or for another workflow."""
        return self._vault.unseal(sealed, workflow_id)

    def _secrets(self, block: GraphBlock) -> Iterator[tuple[Path, str]]:
        declared = self._catalog.get(block.type)
        for path, text, kinds in texts(declared, block.config) if declared else ():
            if "secret" in kinds and text:
                yield path, text


def _uuid(value: Json) -> str | None:
    try:
        return str(UUID(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def _replaced(tree: Json, path: Path, value: Json) -> Json:
    """A copy of `tree` with the value at `path` replaced."""
    if not path:
        return value
    copy = tree.copy()
    copy[path[0]] = _replaced(copy[path[0]], path[1:], value)
    return copy
