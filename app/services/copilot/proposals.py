"""A proposal: operations, the difference in words, what to look at before accepting it, and how each change stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Literal
from urllib.parse import urlsplit

from app.catalog import Catalog
from app.describe import palette_entry
from app.engine.graph import Graph, GraphBlock, Problem
from app.engine.operations import OPERATIONS, AddBlock, Conflict, Drawing, Operation, RenameWorkflow, SetBlock, SetField
from app.engine.values import decode, encode
from app.sdk import Json
from app.services.copilot.drafting import Draft, names_credentials
from app.services.copilot.standing import added, conflict_words, fitting, stale
from app.services.operation_words import Words
from app.services.revisions import dumped

ChangeState = Literal["open", "accepted", "rejected", "stale"]
CLOSED = ("accepted", "rejected")
OTHERS = "Small changes beside"
ADDRESSES = ("url", "base_url", "host", "server")
"""Fields that say where a block goes."""


@dataclass(frozen=True, slots=True)
class ProposedChange:
    """One thing that would change; `operations` are numbers into those of the proposal, `reason` says why it is stale."""

    id: int
    text: str
    block_id: str | None
    operations: tuple[int, ...]
    state: ChangeState = "open"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is kept of a proposal, sealed. `later`: numbers of edges that wait for a block whose change is not accepted yet."""

    summary: str
    operations: tuple[Operation, ...]
    changes: tuple[ProposedChange, ...]
    problems: tuple[Problem, ...] = ()
    cautions: tuple[str, ...] = ()
    simulation: Json = None
    later: tuple[int, ...] = field(default=())
    name: str = ""
    """What the workflow was called in the state that it was made for."""

    @property
    def state(self) -> str:
        """How all of it stands: open while anything can still be decided."""
        states = {change.state for change in self.changes}
        if states & {"open", "stale"}:
            return "open"
        return "mixed" if len(states) > 1 else next(iter(states), "rejected")

    def stored(self) -> bytes:
        """The form in which it is kept."""
        return encode(self.as_json() | {"later": list(self.later), "name": self.name})

    def as_json(self) -> dict[str, Json]:
        return {
            "summary": self.summary,
            "operations": dumped(self.operations),
            "changes": [asdict(change) | {"operations": list(change.operations)} for change in self.changes],
            "problems": [asdict(problem) for problem in self.problems],
            "cautions": list(self.cautions),
            "simulation": self.simulation,
        }

    def with_states(self, states: dict[int, tuple[ChangeState, str]]) -> Proposal:
        """The same with other states of some changes."""
        changes = tuple(
            replace(change, state=states[change.id][0], reason=states[change.id][1]) if change.id in states else change
            for change in self.changes
        )
        return replace(self, changes=changes)


def read_proposal(stored: str) -> Proposal:
    """From the form in which it is kept."""
    raw = decode(stored)
    return Proposal(
        raw["summary"],
        tuple(OPERATIONS.validate_python(raw["operations"])),
        tuple(ProposedChange(**{**change, "operations": tuple(change["operations"])}) for change in raw["changes"]),
        tuple(Problem(**problem) for problem in raw["problems"]),
        tuple(raw["cautions"]),
        raw["simulation"],
        tuple(raw["later"]),
        raw.get("name", ""),
    )


class Proposals:
    """Makes proposals of drafts."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._words = Words(catalog)

    def made(
        self, summary: str, before: Graph, draft: Draft, problems: Sequence[Problem], simulation: Json, name: str = ""
    ) -> Proposal:
        """A proposal for this graph of the workflow with this name."""
        return Proposal(
            " ".join(summary.split())[:300],
            draft.operations,
            tuple(self._changes(before, draft.operations)),
            tuple(problems)[:50],
            tuple(self._cautions(before, draft)),
            simulation,
            name=name,
        )

    def _changes(self, before: Graph, operations: Sequence[Operation]) -> Iterable[ProposedChange]:
        """What the words tell; an operation that several changes share, or none, belongs to one of them."""
        told = self._words.changes(before, operations)
        claimed: set[int] = set()
        found: list[ProposedChange] = []
        for change in told:
            own = tuple(number for number in change.operations if number not in claimed)
            if not own and found:
                found[-1] = replace(found[-1], text=f"{found[-1].text}; {change.text}")
                continue
            claimed.update(own)
            found.append(ProposedChange(len(found), change.text, change.block_id, own))
        left = tuple(number for number in range(len(operations)) if number not in claimed)
        if left and found:
            found[-1] = replace(found[-1], operations=tuple(sorted((*found[-1].operations, *left))))
        elif left:
            found.append(ProposedChange(0, OTHERS, None, left))
        return found

    def _cautions(self, before: Graph, draft: Draft) -> Iterable[str]:
        """What a person should look at: effects on the world, credentials that come into use, doors that change."""
        old = {block.id: block for block in before.blocks}
        touched = _touched(draft.operations)
        for block in draft.after.blocks:
            if block.id in touched:
                yield from self._caution(old.get(block.id), block)
        for operation in draft.operations:
            if isinstance(operation, SetField) and self._is_door(old.get(operation.block_id)):
                yield f"“{old[operation.block_id].name}”: how it may be called from outside would change."
            if isinstance(operation, RenameWorkflow):
                yield "Whoever calls this workflow by its name has to use the new one."

    def _is_door(self, block: GraphBlock | None) -> bool:
        """Whether others reach the workflow through a block."""
        declared = self._catalog.get(block.type) if block else None
        return declared is not None and declared.trigger and bool(palette_entry(declared)["mint"])

    def _caution(self, before: GraphBlock | None, block: GraphBlock) -> Iterable[str]:
        declared = self._catalog.get(block.type)
        place = _host(block)
        if declared is not None and declared.effect == "write":
            yield f"“{block.name}” ({declared.title}) acts outside this workflow when it runs{f': {place}' if place else ''}."
        elif declared is not None and declared.effect == "read" and place:
            yield f"“{block.name}” ({declared.title}) asks {place} when it runs."
        for name in sorted(names_credentials(block) - (names_credentials(before) if before else set())):
            yield f"“{block.name}” would use the credential {name}."


def _touched(operations: Iterable[Operation]) -> set[str]:
    changed = {operation.block_id for operation in operations if isinstance(operation, (SetField, SetBlock))}
    return changed | {str(operation.block["id"]) for operation in operations if isinstance(operation, AddBlock)}


def _host(block: GraphBlock) -> str:
    """Where a block goes, as far as its configuration tells."""
    given = next((text for name in ADDRESSES if isinstance(text := block.config.get(name), str) and text.strip()), "")
    try:
        named = urlsplit(given.strip() if "//" in given else f"//{given.strip()}").hostname or ""
    except ValueError:
        named = ""
    return "an address that the data decides" if "{{" in (named or given) else named


def rebased(proposal: Proposal, base: Graph, newest: Graph, name: str = "") -> Proposal:
    """The proposal with the standing of each open change on top of the newest graph; `name`: what the workflow is called now."""
    open_changes = [change for change in proposal.changes if change.state in ("open", "stale")]
    coming = added(proposal.operations[number] for change in open_changes for number in change.operations)
    before, now = Drawing(base, proposal.name), Drawing(newest, name or proposal.name)
    states: dict[int, tuple[ChangeState, str]] = {}
    for change in open_changes:
        if change.state == "stale":
            continue  # what it was compared with is not the base any more
        operations = [proposal.operations[number] for number in change.operations]
        reason = stale(before, now, operations, coming) or _conflict(newest, proposal, change)
        states[change.id] = ("stale", reason) if reason else ("open", "")
    return proposal.with_states(states)


def _conflict(newest: Graph, proposal: Proposal, change: ProposedChange) -> str:
    try:
        fitting(newest, [(number, proposal.operations[number]) for number in change.operations])
    except Conflict as conflict:
        # What builds on a block of another change fits once that one is accepted.
        return "" if conflict.block_id in added(proposal.operations) else conflict_words(conflict)
    return ""


def chosen(proposal: Proposal, newest: Graph, wanted: Iterable[int]) -> tuple[list[Operation], tuple[int, ...]]:
    """The operations of some changes as they are done to the newest graph, and the numbers of the edges that wait on.

    Raises Conflict when they do not fit.
    """
    picked = {number for change in proposal.changes if change.id in set(wanted) for number in change.operations}
    numbers = sorted(picked | set(proposal.later))
    operations, later = fitting(newest, [(number, proposal.operations[number]) for number in numbers])
    return operations, tuple(later)
