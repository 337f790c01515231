"""Runs that differ from an ordinary one: a part of the workflow, with pinned outputs, or as a simulation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.engine.program import Program
from app.sdk import Json
from app.services.errors import ServiceError, invalid
from app.services.reuse import Past, is_reached, place, settled, whole

MODES = ("live", "simulation")
TEXTS = ("start_block", "until", "only", "from_execution")


@dataclass(frozen=True, slots=True)
class RunOptions:
    """`until`: the last block to run; `only`: the one block to run; what comes before is taken from `from_execution`."""

    start_block: str | None = None
    until: str | None = None
    only: str | None = None
    from_execution: str | None = None
    use_pins: bool = False
    mode: str = "live"

    @property
    def target(self) -> str | None:
        return self.only if self.only is not None else self.until


def read_options(body: Mapping[str, Json]) -> RunOptions:
    """The options in a request to run. Raises 400 naming the field."""
    for name in TEXTS:
        if body.get(name) is not None and not isinstance(body[name], str):
            raise _wrong(name, "must be a text")
    use_pins, mode = body.get("use_pins", False), body.get("mode", "live")
    if not isinstance(use_pins, bool):
        raise _wrong("use_pins", "must be true or false")
    if mode not in MODES:
        raise _wrong("mode", f"must be {' or '.join(MODES)}")
    options = RunOptions(**{name: body.get(name) for name in TEXTS}, use_pins=use_pins, mode=mode)
    if options.only is not None and options.until is not None:
        raise _wrong("only", "cannot be given together with `until`")
    if options.from_execution is not None and options.target is None:
        raise _wrong("from_execution", "needs `until` or `only`")
    return options


@dataclass(frozen=True, slots=True)
class Part:
    """What of a program is to run: where it begins, the blocks that may run, and those whose record is taken over."""

    start_block: str | None
    only: frozenset[str] | None
    kept: frozenset[str]


def part_of(program: Program, options: RunOptions, past: Past | None) -> Part:
    """Raises 400 for a block that is not there, 409 for one that the earlier execution has not come to."""
    if options.target is None:
        return Part(options.start_block, None, frozenset())
    name = "only" if options.only is not None else "until"
    try:
        target = place(program, options.target)
    except LookupError as error:
        raise invalid(str(error.args[0]), [{"field": name, "message": "is not in this workflow"}]) from None
    before = program.plan.ancestors(target)
    start_block = options.start_block or _start(program, before | {target})
    known = {} if past is None else {block_id: ports for block_id, ports in settled(program, past).items() if block_id in before}
    if options.only is None:
        return Part(start_block, whole(program, before | {target}), whole(program, known))
    _check_reached(program, start_block, known, target, past)
    return Part(start_block, whole(program, [target]), whole(program, known))


def _start(program: Program, blocks: frozenset[str]) -> str | None:
    """The one trigger that leads to a block, when there is just one."""
    leading = [step.id for step in program.triggers if step.enabled and step.id in blocks]
    return leading[0] if len(leading) == 1 else None


def _check_reached(
    program: Program, start_block: str | None, known: dict[str, tuple[str, ...]], target: str, past: Past | None
) -> None:
    try:
        entries = program.entries(start_block)
    except LookupError as error:
        raise invalid(str(error.args[0])) from None
    if is_reached(program, entries, known, target):
        return
    if past is None:
        raise _wrong("from_execution", f"is needed: what comes before block `{target}` has to be taken from an execution")
    message = f"The other execution has not come to block `{target}`, so there is nothing to give it."
    raise ServiceError("BLOCK_NOT_REACHED", message, 409)


def _wrong(name: str, message: str) -> ServiceError:
    return invalid(f"`{name}` {message}.", [{"field": name, "message": message}])
