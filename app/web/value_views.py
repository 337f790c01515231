"""Values of executions as a page shows them: a tree that opens, a table where there are rows. Pure, and never endless."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.sdk import Json
from app.web.available import type_word
from app.web.form_values import shown

MOST_PARTS: Final = 60
MOST_NODES: Final = 800
MOST_ROWS: Final = 100
MOST_COLUMNS: Final = 12
DEEPEST: Final = 10
LONGEST: Final = 300
LONGEST_CELL: Final = 120


@dataclass(frozen=True, slots=True)
class DataNode:
    """One value of a tree; `more` counts the parts that are left out."""

    label: str
    type: str
    text: str = ""
    children: tuple[DataNode, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class DataTable:
    """A list of objects as rows; `more` counts the rows that are left out."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int


def data_tree(value: Json, label: str = "") -> DataNode:
    """A value as a tree of at most 800 nodes."""
    return _node(label, value, [MOST_NODES], 0)


def data_table(value: Json) -> DataTable | None:
    """A list of objects, or the one list in an object, as a table; None where there are no rows."""
    rows = _rows(value)
    if rows is None:
        return None
    columns = tuple(dict.fromkeys(key for row in rows[:MOST_ROWS] for key in row))[:MOST_COLUMNS]
    cells = tuple(tuple(_cut(shown("text", row.get(column)), LONGEST_CELL) for column in columns) for row in rows[:MOST_ROWS])
    return DataTable(columns, cells, len(rows) - len(cells))


def _rows(value: Json) -> list[Mapping[str, Json]] | None:
    if isinstance(value, dict):
        lists = [inner for inner in value.values() if isinstance(inner, list)]
        return _rows(lists[0]) if len(lists) == 1 else None
    if not isinstance(value, list) or not value or not all(isinstance(row, dict) and row for row in value[:MOST_ROWS]):
        return None
    return [row for row in value if isinstance(row, dict)]


def _node(label: str, value: Json, left: list[int], depth: int) -> DataNode:
    left[0] -= 1
    if not isinstance(value, (dict, list)):
        return DataNode(label, type_word(value), _cut(shown("text", value), LONGEST))
    parts = list(value.items()) if isinstance(value, dict) else [(f"{number + 1}.", one) for number, one in enumerate(value)]
    children = []
    for key, child in parts[:MOST_PARTS] if depth < DEEPEST else ():
        if left[0] <= 0:
            break
        children.append(_node(str(key), child, left, depth + 1))
    return DataNode(label, type_word(value), "", tuple(children), len(parts) - len(children))


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
