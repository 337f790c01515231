"""Rows of data tables are found by the same conditions in every database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.db.session import Database
from app.sdk import Json
from app.services.actors import Actor
from app.services.data_tables import DataTables
from app.services.table_queries import read_query
from tests.support.journals import USER, WORKSPACE, opened

pytestmark = pytest.mark.anyio

ACTOR = Actor(USER, "ada", "", WORKSPACE, "admin")
COLUMNS: list[dict[str, Any]] = [
    {"name": "word", "unique": True},
    {"name": "number", "type": "number"},
    {"name": "flag", "type": "boolean"},
    {"name": "day", "type": "date"},
    {"name": "more", "type": "json"},
]
ROWS: list[dict[str, Json]] = [
    {"word": "Äpfel 5%", "number": 10, "flag": True, "day": "2026-01-10", "more": {"a": ["deep"]}},
    {"word": "b_c", "number": 9.5, "flag": False, "day": "2026-01-09", "more": None},
    {"word": "", "number": None, "flag": None, "day": None, "more": 'quote " and \\'},
]
QUESTIONS: list[tuple[str, str, Json, list[int]]] = [
    ("word", "equals", "b_c", [2]),
    ("word", "not_equals", "b_c", [1, 3]),
    ("word", "contains", "%", [1]),
    ("word", "contains", "_", [2]),
    ("word", "starts_with", "B", [2]),
    ("word", "one_of", ["b_c", "Äpfel 5%"], [1, 2]),
    ("word", "empty", None, [3]),
    ("number", "greater", 9, [1, 2]),
    ("number", "at_most", 9.5, [2]),
    ("number", "equals", 10, [1]),
    ("number", "one_of", [10, 9.5], [1, 2]),
    ("flag", "equals", True, [1]),
    ("flag", "not_equals", True, [2, 3]),
    ("flag", "one_of", [False], [2]),
    ("day", "less", "2026-01-10", [2]),
    ("more", "empty", None, [2]),
    ("more", "contains", "deep", [1]),
    ("id", "at_least", 2, [2, 3]),
    ("updated_at", "greater", "2999-01-01", []),
]


async def ids(tables: DataTables, **query: Json) -> list[int]:
    return [row.id for row in (await tables.find(ACTOR, "things", read_query(query))).rows]


async def test_every_condition_and_order(new_url: Callable[[], str]) -> None:
    async with opened(new_url()) as database:
        tables = await filled(database)
        for column, operator, value, expected in QUESTIONS:
            asked = {"column": column, "operator": operator, "value": value}
            assert await ids(tables, where=[asked]) == expected, asked
        assert await ids(tables, sort="number") == [2, 1, 3]
        assert await ids(tables, sort="-number", offset=1) == [2, 3]
        assert await ids(tables, sort="-id", limit=2) == [3, 2]


async def test_writing(new_url: Callable[[], str]) -> None:
    async with opened(new_url()) as database:
        tables = await filled(database)
        await tables.upsert(ACTOR, "things", [{"word": "b_c", "number": 1}, {"word": "new"}], "word")
        few = read_query({"where": [{"column": "number", "operator": "less", "value": 5}]})
        assert await tables.change_found(ACTOR, "things", few, {"flag": True, "more": [1, {"b": None}]}) == 1
        assert dict((await tables.row(ACTOR, "things", 2)).content) == {
            "word": "b_c", "number": 1, "flag": True, "day": "2026-01-09", "more": [1, {"b": None}],
        }  # fmt: skip
        await tables.change(ACTOR, "things", columns=[{"name": "text"}, COLUMNS[2]], renames={"word": "text"})
        assert await tables.delete_found(ACTOR, "things", read_query({"where": [{"column": "flag", "value": True}]})) == 2
        assert await ids(tables) == [3, 4]
        await tables.delete(ACTOR, "things")
        assert await tables.list(ACTOR) == []


async def filled(database: Database) -> DataTables:
    tables = DataTables(database)
    await tables.create(ACTOR, "things", COLUMNS, rows=ROWS)
    return tables
