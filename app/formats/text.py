"""A text that was read: its value, the place of every part of it, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from app.sdk import Json

Place = tuple[str | int, ...]
"""The way to a value: names of fields and numbers of list entries."""


@dataclass(frozen=True, slots=True)
class TextProblem:
    """One finding about a text; `path` is dotted, `line` counts from 1."""

    path: str
    line: int
    message: str


class NotReadable(Exception):
    """The text cannot be read as it is; every problem found, the first one as the message."""

    def __init__(self, problems: list[TextProblem]) -> None:
        super().__init__(f"Line {problems[0].line}: {problems[0].message}")
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Read:
    """A text's value, and the line at which the value at each place begins."""

    value: Json
    lines: dict[Place, int]

    def problem(self, place: Place, message: str) -> TextProblem:
        """A problem at a place; where the place itself is missing, the line of what is round it."""
        around = place
        while around and around not in self.lines:
            around = around[:-1]
        return TextProblem(".".join(str(part) for part in place), self.lines.get(around, 1), message)
