"""What builders in a form send: `rules.<path of the field>.0.left`, `.operator`, `.right`, `.join`; `cron.<path>.time`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from app.describe.cron import posted_choice
from app.describe.rules import MOST_RULES, OPERATORS, Rule, Rules


class Posted(Protocol):
    """A posted name with what stands below it."""

    @property
    def children(self) -> Mapping[str, Posted]: ...
    def rows(self) -> Sequence[Posted]: ...
    def text_of(self, name: str) -> str: ...


def posted_rules(root: Posted, path: str, change: Callable[[list[Rule]], list[Rule]]) -> Rules | None:
    """The rules that were sent for the field at a path, after a press on Add or Remove; None when the form has none for it."""
    node = _at(root, path)
    if node is None:
        return None
    rules = change([_rule(row) for row in node.rows()[:MOST_RULES]])
    return Rules("or" if node.text_of("join") == "or" else "and", tuple(rules) or (Rule(),))


def posted_line(root: Posted, path: str) -> str | None:
    """The cron line that was chosen for the field at a path; None when the form offers no choice for it."""
    node = _at(root, path)
    if node is None:
        return None
    days = node.children.get("days")
    rhythm, step, minute, time, day = (node.text_of(name) for name in ("rhythm", "step", "minute", "time", "day"))
    return posted_choice(rhythm, step, minute, time, list(days.children) if days else [], day).line


def _at(root: Posted, path: str) -> Posted | None:
    node: Posted | None = root
    for part in path.split("."):
        node = node.children.get(part) if node else None
    return node


def _rule(row: Posted) -> Rule:
    operator = row.text_of("operator")
    return Rule(row.text_of("left"), operator if operator in OPERATORS else "eq", row.text_of("right"))
