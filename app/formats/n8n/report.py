"""What became of the nodes of an imported workflow."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Literal

from app.formats.n8n.node import Mapped, Node
from app.sdk import Json

LONGEST = 6_000


@dataclass(frozen=True, slots=True)
class NodeReport:
    """One node: the block that it became, and what somebody should look at."""

    node: str
    type: str
    block_id: str
    outcome: str
    notes: tuple[str, ...] = ()


@dataclass
class Report:
    nodes: list[NodeReport] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def number(self, outcome: Literal["mapped", "placeholder"]) -> int:
        """How many nodes ended so."""
        return sum(node.outcome == outcome for node in self.nodes)

    def as_json(self) -> dict[str, Json]:
        return {
            "mapped": self.number("mapped"),
            "placeholders": self.number("placeholder"),
            "notes": list(self.notes),
            "nodes": [
                {"node": one.node, "type": one.type, "block_id": one.block_id, "outcome": one.outcome, "notes": list(one.notes)}
                for one in self.nodes
            ],
        }


def placeholder(node: Node) -> Mapped:
    """A block that does nothing, with all that the node said in its notes."""
    said = json.dumps(node.params, ensure_ascii=False, indent=1)
    node.notes.append(f"There is no block for this yet.\nIts settings were:\n{said[:LONGEST]}")
    return Mapped("flow.noop", passes=True, takes_many=True)
