"""A revision ready to run: its plan and, for every block, declaration, compiled configuration and policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.engine.config import (
    CompiledConfig,
    check_source,
    compile_config,
    source_references,
    sources,
)
from app.engine.graph import Graph, GraphBlock, OnError, Problem
from app.engine.plan import Plan, compile_plan
from app.engine.validate import BlockTypes
from app.sdk import ERROR_PORT, Block


@dataclass(frozen=True, slots=True)
class Step:
    """One block of a program, by its number in the plan."""

    number: int
    id: str
    name: str
    block: Block
    config: CompiledConfig
    enabled: bool
    timeout: float
    """Seconds for one attempt."""
    on_error: OnError
    error_connected: bool
    first_port: tuple[str, ...]
    """The port that a disabled block, or one that continues after failing, takes."""


@dataclass(frozen=True, slots=True)
class Program:
    plan: Plan
    steps: tuple[Step, ...]

    @property
    def triggers(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.block.trigger)

    def entries(self, start_block: str | None) -> tuple[int, ...]:
        """The numbers of the blocks at which an execution enters. Raises LookupError with the reason.

        Without a name: the starter, else the only trigger, else (in a graph without triggers) all first blocks.
        """
        triggers = [step for step in self.triggers if step.enabled]
        if start_block is not None:
            for step in triggers:
                if step.id == start_block:
                    return (step.number,)
            raise LookupError(f"Block `{start_block}` is not an enabled block at which an execution can start.")
        if not self.triggers:
            return self.plan.roots
        starters = [step for step in triggers if step.block.type == MANUAL_START]
        chosen = starters or triggers
        if len(chosen) == 1:
            return (chosen[0].number,)
        if not chosen:
            raise LookupError("Every block at which this workflow could start is disabled.")
        names = ", ".join(f"`{step.id}`" for step in chosen)
        raise LookupError(f"This workflow can start at {names}: name one as `start_block`.")


MANUAL_START = "starter"


def compile_program(graph: Graph, types: BlockTypes) -> Program:
    """Compile a graph that has passed validation."""
    plan = compile_plan(graph)
    blocks = {block.id: block for block in graph.blocks}
    steps = []
    for number, block_id in enumerate(plan.ids):
        drawn = blocks[block_id]
        block = types.get(drawn.type)
        if block is None:
            raise LookupError(f"Unknown block type `{drawn.type}`")
        timeout_ms = drawn.policy.timeout_ms or block.timeout_ms
        ports = block.ports(drawn.config)
        steps.append(
            Step(
                number,
                block_id,
                drawn.name or block.title,
                block,
                compile_config(block, drawn.config),
                drawn.enabled,
                timeout_ms / 1000,
                drawn.policy.on_error,
                ERROR_PORT.name in plan.outgoing[number],
                (ports[0].name,) if ports else (),
            )
        )
    return Program(plan, tuple(steps))


BUILT_IN_NAMES = frozenset({"variables", "blocks", "item", "index", "input", "execution", "workflow", "secrets"})


def check_sources(graph: Graph, types: BlockTypes) -> list[Problem]:
    """Expressions that do not compile, and references to blocks that are gone or do not come before."""
    plan = compile_plan(graph)
    names = {block.id: block.name or block.id for block in graph.blocks}
    return [problem for block in graph.blocks for problem in _check_block(block, plan, names, types)]


def _check_block(block: GraphBlock, plan: Plan, names: dict[str, str], types: BlockTypes) -> Iterator[Problem]:
    declared = types.get(block.type)
    if declared is None or not block.enabled:
        return
    before: frozenset[str] | None = None
    for source in sources(declared, block.config):
        if source.is_condition and not source.text.strip():
            yield Problem("EXPRESSION_EMPTY", "The condition is empty.", block.id, source.place, "incomplete")
            continue
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
            before = plan.ancestors(block.id) if before is None else before
            if referenced not in before:
                message = f"Block `{names[referenced]}` does not come before this block, so its output is not known here."
                yield Problem("REFERENCE_NOT_BEFORE", message, block.id, source.place, "incomplete")
