"""Data tables of the workspace, as blocks use them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from app.sdk.config import Json

TableOperator = Literal[
    "equals", "not_equals", "greater", "at_least", "less", "at_most", "contains", "starts_with", "one_of", "empty", "not_empty"
]
TableRow = dict[str, Json]
"""`id` and the value of every column; null where there is none."""


@dataclass(frozen=True, slots=True)
class TableFilter:
    """One condition on a column. `one_of` takes a list, `empty` and `not_empty` take nothing."""

    column: str
    operator: TableOperator = "equals"
    value: Json = None


@dataclass(frozen=True, slots=True)
class TableQuery:
    """Which rows: all conditions hold, or with `any_of` at least one. Without `sort` the oldest come first."""

    filters: tuple[TableFilter, ...] = ()
    any_of: bool = False
    sort: str = ""
    descending: bool = False
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True, slots=True)
class TableRows:
    """One part of what fits a query; `total` counts all of it."""

    rows: Sequence[TableRow]
    total: int


class Tables(Protocol):
    """The tables of the workspace, by name or id. Every call is one transaction; BlockError names what does not fit."""

    async def find(self, table: str, query: TableQuery) -> TableRows: ...

    async def insert(self, table: str, rows: Sequence[Mapping[str, Json]], key: str) -> Sequence[TableRow]:
        """Add rows. The same key finds again what was added, so that a repeated step adds nothing."""

    async def upsert(self, table: str, rows: Sequence[Mapping[str, Json]], column: str) -> Sequence[TableRow]:
        """Change the rows that have these values in a unique column, add the others."""

    async def update(self, table: str, query: TableQuery, values: Mapping[str, Json]) -> int:
        """Change every row that fits; how many."""

    async def delete(self, table: str, query: TableQuery) -> int:
        """Remove every row that fits; how many."""
