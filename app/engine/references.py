"""What the expressions of a graph name: whether they compile, and whether the blocks they name come before."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app.engine.config import Source, check_source, source_references, sources
from app.engine.graph import Graph, GraphBlock, Problem
from app.engine.plan import compile_plan
from app.engine.regions import around
from app.engine.registry import BlockTypes

BUILT_IN_NAMES = frozenset({"variables", "blocks", "item", "index", "input", "execution", "workflow", "secrets"})


def check_sources(graph: Graph, types: BlockTypes) -> list[Problem]:
    """Expressions that do not compile, and references to blocks that are gone or do not come before."""
    plan = compile_plan(graph)
    containers = around(graph, types)
    names = {block.id: block.name or block.id for block in graph.blocks}

    def before_of(block: GraphBlock) -> Callable[[], frozenset[str]]:
        """What has an output when the block runs; a container has none while its body runs."""
        return lambda: plan.ancestors(block.id) - containers.get(block.id, frozenset())

    return [problem for block in graph.blocks for problem in _check_block(block, before_of(block), names, types)]


def _check_block(
    block: GraphBlock, before_it: Callable[[], frozenset[str]], names: dict[str, str], types: BlockTypes
) -> Iterator[Problem]:
    declared = types.get(block.type)
    if declared is None or not block.enabled:
        return
    found = list(sources(declared, block.config))
    if block.policy.run_if:
        found.append(Source(("policy", "run_if"), block.policy.run_if, True))
    before: frozenset[str] | None = None
    for source in found:
        if source.is_condition and not source.text.strip():
            continue  # whether it may be empty is for the configuration to say
        error = check_source(source)
        if error is not None:
            yield Problem(error.code, error.message, block.id, source.place, "incomplete")
            continue
        for path in source_references(source):
            referenced = path[1] if path[0] == "blocks" and len(path) > 1 else path[0]
            if path[0] != "blocks" and (referenced in BUILT_IN_NAMES or referenced not in names):
                continue
            if referenced not in names:
                yield Problem("UNKNOWN_REFERENCE", f"There is no block `{referenced}`.", block.id, source.place, "incomplete")
                continue
            before = before_it() if before is None else before
            if referenced not in before:
                message = f"Block `{names[referenced]}` does not come before this block, so its output is not known here."
                yield Problem("REFERENCE_NOT_BEFORE", message, block.id, source.place, "incomplete")
