"""A revision ready to run: its plan and, for every block, declaration, compiled configuration and policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from app.engine.config import CompiledConfig, compile_config, names_secret
from app.engine.graph import Graph, GraphBlock, Policy
from app.engine.plan import Plan, compile_plan
from app.engine.regions import Body, cut
from app.engine.registry import BlockTypes
from app.sdk import ERROR_PORT, Block, BlockError


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
    policy: Policy
    error_connected: bool
    first_port: tuple[str, ...]
    """The port that a disabled block, or one that continues after failing, takes."""
    is_plain: bool
    """Nothing but its time limit stands between the step and its block."""

    @property
    def goes_on(self) -> bool:
        """Whether an execution goes on after this step has failed."""
        return self.error_connected or self.policy.on_error == "continue"


@dataclass(frozen=True)
class Program:
    plan: Plan
    steps: tuple[Step, ...]
    bodies: Mapping[str, Program] = field(default_factory=dict)
    """The program of each container's body, by the container's id."""
    container: str = ""
    """The container whose body this is."""
    doors: frozenset[int] = frozenset()
    """The blocks directly behind the container's body port: they get what the round is given."""

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The name of every block by its id, bodies included."""
        inner = {block_id: name for body in self.bodies.values() for block_id, name in body.names.items()}
        return {step.id: step.name for step in self.steps} | inner

    @cached_property
    def triggers(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.block.trigger)

    @cached_property
    def uses_secrets(self) -> bool:
        """Whether an execution could need a credential: a block reaches out, or a text names a secret."""
        here = any(step.block.needs & REACHING_OUT or names_secret(step.config) for step in self.steps)
        return here or any(body.uses_secrets for body in self.bodies.values())

    @cached_property
    def is_light(self) -> bool:
        """Whether all blocks only compute: nothing waits, reaches out, is tried again or kept for the next execution."""
        return not self.uses_secrets and all(_is_light(step) for step in self.steps)

    def step(self, block_id: str) -> Step:
        """The step of a block, wherever it is. Raises LookupError."""
        number = self.plan.number.get(block_id)
        if number is not None:
            return self.steps[number]
        for body in self.bodies.values():
            if block_id in body.names:
                return body.step(block_id)
        raise LookupError(f"There is no block `{block_id}`.")

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
        chosen = [step for step in triggers if step.block.type in MANUAL_STARTS] or triggers
        if len(chosen) == 1:
            return (chosen[0].number,)
        if not chosen:
            raise LookupError("Every block at which this workflow could start is disabled.")
        raise LookupError(f"This workflow can start at {_listed(chosen)}: name one as `start_block`.")

    def called_at(self) -> str | None:
        """The block at which an execution enters that another one starts; None: where it does when a person runs it.

        Raises LookupError with the reason when it can enter nowhere.
        """
        called = [step for step in self.triggers if step.enabled and step.block.type in CALLED_STARTS]
        if len(called) > 1:
            raise LookupError(f"Another workflow can start it at {_listed(called)}: only one of them may be enabled.")
        start_block = called[0].id if called else None
        self.entries(start_block)
        return start_block


def _is_light(step: Step) -> bool:
    block, policy = step.block, step.policy
    acts = block.effect != "none" or block.waits or bool(block.body) or not block.needs <= {"sandbox"}
    return not acts and policy.retry.attempts == 1 and policy.cache_ttl_ms is None


MANUAL_STARTS = ("starter",)
CALLED_STARTS = ("trigger.workflow",)
REACHING_OUT = frozenset({"http", "models", "blocks", "network"})


def _listed(steps: list[Step]) -> str:
    return ", ".join(f"`{step.id}`" for step in steps)


def compile_program(graph: Graph, types: BlockTypes) -> Program:
    """Compile a graph that has passed validation, the bodies of its containers included."""
    return _compile(Body(graph, frozenset()), "", types)


def _compile(body: Body, container: str, types: BlockTypes) -> Program:
    regions = cut(body.graph, types)
    declared = {block.id: _declaration(block, types) for block in regions.outer.blocks}
    joins_any = [block.id for block in regions.outer.blocks if _joins_any(declared[block.id], block)]
    plan = compile_plan(regions.outer, joins_any)
    blocks = {block.id: block for block in regions.outer.blocks}
    steps = tuple(
        _step(number, blocks[block_id], declared[block_id], ERROR_PORT.name in plan.outgoing[number])
        for number, block_id in enumerate(plan.ids)
    )
    bodies = {inner: _compile(part, inner, types) for inner, part in regions.bodies.items()}
    return Program(plan, steps, bodies, container, frozenset(plan.number[block_id] for block_id in body.doors))


def _declaration(block: GraphBlock, types: BlockTypes) -> Block:
    declared = types.get(block.type)
    if declared is None:
        raise LookupError(f"Unknown block type `{block.type}`")
    return declared


def _joins_any(declared: Block, block: GraphBlock) -> bool:
    if isinstance(declared.join, str):
        return declared.join == "any"
    field_name, value = declared.join
    return bool(block.config.get(field_name, declared.config.model_fields[field_name].default) == value)


def _step(number: int, block: GraphBlock, declared: Block, error_connected: bool) -> Step:
    ports = [port.name for port in declared.ports(block.config) if port.name != declared.body]
    timeout_ms = block.policy.timeout_ms or declared.timeout_ms
    return Step(
        number,
        block.id,
        block.name or declared.title,
        declared,
        compile_config(declared, block.config),
        block.enabled,
        timeout_ms / 1000,
        block.policy,
        error_connected,
        tuple(ports[:1]),
        _is_plain(block.policy) and not declared.body,
    )


def _is_plain(policy: Policy) -> bool:
    special = (policy.run_if or None, policy.pinned, policy.cache_ttl_ms, policy.total_timeout_ms)
    return all(value is None for value in special)


def is_repeatable(error: BlockError, step: Step) -> bool:
    """Whether the policy allows to try again after this error. A container is not: the blocks in its body are."""
    return error.retryable and error.code not in step.policy.retry.never_for and not step.block.body
