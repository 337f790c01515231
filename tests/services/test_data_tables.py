"""Data tables: typed cells, unique columns, questions, other columns; on SQLite and PostgreSQL alike."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from app.sdk import BlockError, Json, TableFilter, TableQuery
from app.services.data_tables import DataTables
from app.services.errors import ServiceError
from app.services.lent_tables import WorkspaceTables, plain
from app.services.table_queries import read_query
from tests.support.studio import Studio

pytestmark = pytest.mark.anyio

COLUMNS: list[dict[str, Any]] = [
    {"name": "sku", "type": "text", "required": True, "unique": True},
    {"name": "price", "type": "number"},
    {"name": "sold", "type": "boolean", "default": False},
    {"name": "since", "type": "date"},
    {"name": "seen", "type": "datetime"},
    {"name": "more", "type": "json"},
]
GOODS: list[dict[str, Json]] = [
    {"sku": "desk", "price": 349, "sold": True, "since": "2026-01-02", "seen": "2026-06-01T12:00:00+02:00"},
    {"sku": "chair", "price": "129.50", "since": "2025-12-31", "more": {"legs": [4]}},
    {"sku": "Lamp 100%", "price": 20},
]


@pytest.fixture
async def tables(studio: Studio) -> DataTables:
    made = studio.server.surfaces.data_tables
    await made.create(studio.actor, "goods", COLUMNS)
    return made


@pytest.fixture
async def filled(tables: DataTables, studio: Studio) -> DataTables:
    await tables.insert(studio.actor, "goods", GOODS)
    return tables


async def found(tables: DataTables, studio: Studio, *where: dict[str, Json], **more: Json) -> list[str]:
    """The goods that fit, by their names."""
    page = await tables.find(studio.actor, "goods", read_query({"where": list(where), **more}))
    return [str(row.content["sku"]) for row in page.rows]


async def refused(attempt: Any, code: str = "VALIDATION_ERROR") -> str:
    with pytest.raises(ServiceError) as caught:
        await attempt
    assert caught.value.code == code
    return caught.value.message


# -- cells -----------------------------------------------------------------------------------------------------------------


async def test_cells_have_the_type_of_their_column(filled: DataTables, studio: Studio) -> None:
    page = await filled.find(studio.actor, "goods", TableQuery())
    desk, chair, lamp = [plain(row, page.table.columns) for row in page.rows]
    assert desk == {
        "id": 1, "sku": "desk", "price": 349, "sold": True, "since": "2026-01-02", "seen": "2026-06-01T10:00:00.000Z",
        "more": None,
    }  # fmt: skip
    assert (chair["price"], chair["sold"], chair["more"]) == (129.5, False, {"legs": [4]})
    assert (lamp["id"], lamp["since"], page.total, page.table.rows) == (3, None, 3, 3)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({}, "rows[0].sku"),
        ({"sku": ""}, None),
        ({"sku": 5}, "rows[0].sku"),
        ({"sku": "a\0b"}, "rows[0].sku"),
        ({"sku": "a" * 100_001}, "rows[0].sku"),
        ({"sku": "x", "price": "cheap"}, "rows[0].price"),
        ({"sku": "x", "price": True}, "rows[0].price"),
        ({"sku": "x", "price": 10**400}, "rows[0].price"),
        ({"sku": "x", "price": float("inf")}, "rows[0].price"),
        ({"sku": "x", "sold": "perhaps"}, "rows[0].sold"),
        ({"sku": "x", "since": "2026-02-30"}, "rows[0].since"),
        ({"sku": "x", "seen": "now"}, "rows[0].seen"),
        ({"sku": "x", "colour": "red"}, "rows[0].colour"),
        ("desk", "rows[0]"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_does_not_fit_is_named_and_nothing_is_stored(
    tables: DataTables, studio: Studio, wrong: Json, field: str | None
) -> None:
    if field is None:
        await tables.insert(studio.actor, "goods", [wrong])
        return
    with pytest.raises(ServiceError) as caught:
        await tables.insert(studio.actor, "goods", [wrong, {"sku": "good"}])
    assert caught.value.status == 400
    assert caught.value.details[0]["field"] == field
    assert await found(tables, studio) == []


async def test_a_unique_value_is_there_once(filled: DataTables, studio: Studio) -> None:
    actor = studio.actor
    for rows in ([{"sku": "desk"}], [{"sku": "new"}, {"sku": "new"}]):
        assert "`sku`" in await refused(filled.insert(actor, "goods", rows), "NOT_UNIQUE")
    await refused(filled.change_row(actor, "goods", 2, {"sku": "desk"}), "NOT_UNIQUE")
    await filled.change_row(actor, "goods", 1, {"sku": "table"})
    await filled.change_row(actor, "goods", 2, {"sku": "desk", "price": 1})
    await filled.delete_row(actor, "goods", 2)
    await filled.insert(actor, "goods", [{"sku": "desk"}])
    assert await found(filled, studio) == ["table", "Lamp 100%", "desk"]


async def test_many_writers_at_the_same_time_lose_nothing(tables: DataTables, studio: Studio) -> None:
    async def write(number: int) -> bool:
        try:
            await tables.insert(studio.actor, "goods", [{"sku": f"s{number % 10}"}])
        except ServiceError:
            return False
        return True

    assert sum(await asyncio.gather(*(write(number) for number in range(20)))) == 10
    assert (await tables.get(studio.actor, "goods")).rows == 10


async def test_adding_or_changing_by_a_unique_column(filled: DataTables, studio: Studio) -> None:
    done = await filled.upsert(studio.actor, "goods", [{"sku": "new", "price": 7}, {"sku": "desk", "price": 300}], "sku")
    assert [(row.id, row.content["price"], row.content["sold"]) for row in done] == [(4, 7, False), (1, 300, True)]
    for rows, column in (([{"sku": "a"}], "price"), ([{"price": 1}], "sku"), ([{"sku": "a"}, {"sku": "a"}], "sku")):
        await refused(filled.upsert(studio.actor, "goods", rows, column))


async def test_a_row_that_somebody_else_changed_is_not_overwritten(filled: DataTables, studio: Studio) -> None:
    await filled.change_row(studio.actor, "goods", 1, {"price": 1}, if_match=1)
    await refused(filled.change_row(studio.actor, "goods", 1, {"price": 2}, if_match=1), "STALE_REVISION")


# -- questions -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "operator", "value", "names"),
    [
        ("sku", "equals", "desk", ["desk"]),
        ("sku", "not_equals", "desk", ["chair", "Lamp 100%"]),
        ("sku", "contains", "LAMP", ["Lamp 100%"]),
        ("sku", "contains", "0%", ["Lamp 100%"]),
        ("sku", "contains", "_", []),
        ("sku", "starts_with", "ch", ["chair"]),
        ("sku", "one_of", ["desk", "chair"], ["desk", "chair"]),
        ("price", "greater", 129.5, ["desk"]),
        ("price", "at_least", "129.5", ["desk", "chair"]),
        ("price", "less", 100, ["Lamp 100%"]),
        ("price", "equals", 349, ["desk"]),
        ("price", "one_of", [20, 349], ["desk", "Lamp 100%"]),
        ("sold", "equals", True, ["desk"]),
        ("sold", "equals", "no", ["chair", "Lamp 100%"]),
        ("since", "at_most", "2025-12-31", ["chair"]),
        ("since", "empty", None, ["Lamp 100%"]),
        ("since", "equals", None, ["Lamp 100%"]),
        ("seen", "equals", "2026-06-01T10:00:00Z", ["desk"]),
        ("more", "not_empty", None, ["chair"]),
        ("more", "contains", "legs", ["chair"]),
        ("id", "greater", 2, ["Lamp 100%"]),
        ("created_at", "greater", "2020-01-01", ["desk", "chair", "Lamp 100%"]),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_questions(filled: DataTables, studio: Studio, column: str, operator: str, value: Json, names: list[str]) -> None:
    assert await found(filled, studio, {"column": column, "operator": operator, "value": value}) == names


async def test_several_conditions_order_and_parts(filled: DataTables, studio: Studio) -> None:
    cheap, sold = {"column": "price", "operator": "less", "value": 200}, {"column": "sold", "value": True}
    assert await found(filled, studio, cheap, sold) == []
    assert await found(filled, studio, cheap, sold, any=True) == ["desk", "chair", "Lamp 100%"]
    assert await found(filled, studio, sort="price") == ["Lamp 100%", "chair", "desk"]
    assert await found(filled, studio, sort="-price", limit=1, offset=1) == ["chair"]
    assert await found(filled, studio, sort="-since") == ["desk", "chair", "Lamp 100%"], "what has none comes last"


@pytest.mark.parametrize(
    "query",
    [
        {"where": [{"column": "price'); DROP TABLE data_rows; --", "value": 1}]},
        {"where": [{"column": "more", "operator": "equals", "value": "x"}]},
        {"where": [{"column": "price", "operator": "contains", "value": "x"}]},
        {"where": [{"column": "price", "operator": "greater", "value": "x"}]},
        {"where": [{"column": "price", "operator": "like", "value": "x"}]},
        {"where": [{"column": "sku", "operator": "one_of", "value": "desk"}]},
        {"where": [{"column": "sku"}] * 21},
        {"sort": "nothing"},
        {"limit": 0},
        {"offset": -1},
    ],
    ids=lambda query: str(query)[:40],
)
async def test_questions_that_make_no_sense(filled: DataTables, studio: Studio, query: dict[str, Json]) -> None:
    with pytest.raises(ServiceError) as caught:
        await filled.find(studio.actor, "goods", read_query(query))
    assert caught.value.status == 400


async def test_what_fits_is_changed_and_removed(filled: DataTables, studio: Studio) -> None:
    cheap = read_query({"where": [{"column": "price", "operator": "less", "value": 200}]})
    assert await filled.change_found(studio.actor, "goods", cheap, {"sold": True}) == 2
    assert await found(filled, studio, {"column": "sold", "value": True}) == ["desk", "chair", "Lamp 100%"]
    await refused(filled.change_found(studio.actor, "goods", cheap, {"sku": "all the same"}), "NOT_UNIQUE")
    assert await filled.delete_found(studio.actor, "goods", cheap) == 2
    assert (await filled.get(studio.actor, "goods")).rows == 1


# -- columns ---------------------------------------------------------------------------------------------------------------


async def test_columns_are_added_renamed_retyped_and_removed(filled: DataTables, studio: Studio) -> None:
    columns = [COLUMNS[0], {"name": "cost", "type": "text"}, {"name": "colour", "default": "grey"}]
    await refused(filled.change(studio.actor, "goods", columns=columns, renames={"price": "cost"}))
    columns[1] = {"name": "cost", "type": "number"}
    changed = await filled.change(studio.actor, "goods", columns=columns, renames={"price": "cost"})
    assert [column.name for column in changed.columns] == ["sku", "cost", "colour"]
    row = await filled.row(studio.actor, "goods", 1)
    assert dict(row.content) == {"sku": "desk", "cost": 349, "colour": "grey"}
    await refused(filled.insert(studio.actor, "goods", [{"sku": "desk"}]), "NOT_UNIQUE")


async def test_columns_that_the_rows_do_not_fit_are_refused_whole(filled: DataTables, studio: Studio) -> None:
    needed = [*COLUMNS, {"name": "colour", "required": True}]
    assert "row 1" in await refused(filled.change(studio.actor, "goods", columns=needed))
    unique = [COLUMNS[0], {"name": "sold", "type": "boolean", "unique": True}]
    await refused(filled.change(studio.actor, "goods", columns=unique), "NOT_UNIQUE")
    assert len((await filled.get(studio.actor, "goods")).columns) == len(COLUMNS)
    await refused(filled.insert(studio.actor, "goods", [{"sku": "desk"}]), "NOT_UNIQUE")


@pytest.mark.parametrize(
    "columns",
    [
        [],
        "sku",
        [{"name": "1st"}],
        [{"name": "id"}],
        [{"name": "a"}, {"name": "A"}],
        [{"name": "a", "type": "money"}],
        [{"name": "a", "type": "number", "default": "x"}],
        [{"name": "a", "type": "json", "unique": True}],
        [{"name": "a", "unique": True, "default": "x"}],
        [{"name": "a", "size": 5}],
        [{"name": f"c{number}"} for number in range(101)],
    ],
    ids=lambda columns: str(columns)[:40],
)
async def test_columns_that_make_no_sense(studio: Studio, columns: Json) -> None:
    await refused(studio.server.surfaces.data_tables.create(studio.actor, "odd", columns))


# -- workspaces, and executions --------------------------------------------------------------------------------------------


async def test_another_workspace_sees_nothing(filled: DataTables, studio: Studio) -> None:
    stranger = replace(studio.actor, workspace_id="elsewhere")
    id = (await filled.get(studio.actor, "goods")).id
    for table in ("goods", id):
        await refused(filled.get(stranger, table), "TABLE_NOT_FOUND")
        await refused(filled.insert(stranger, table, [{"sku": "x"}]), "TABLE_NOT_FOUND")
        await refused(filled.delete(stranger, table), "TABLE_NOT_FOUND")
    assert await filled.list(stranger) == []


async def test_a_repeated_step_adds_its_rows_once(tables: DataTables, studio: Studio) -> None:
    lent = WorkspaceTables(studio.server.database, studio.actor.workspace_id)
    first = await lent.insert("goods", [{"sku": "a"}, {"sku": "b"}], "run:step:0")
    assert await lent.insert("goods", [{"sku": "a"}, {"sku": "b"}], "run:step:0") == first
    assert (await lent.find("goods", TableQuery((TableFilter("sku", "equals", "a"),)))).total == 1
    with pytest.raises(BlockError) as caught:
        await lent.insert("goods", [{"sku": "a"}], "run:step:1")
    assert (caught.value.code, caught.value.retryable) == ("NOT_UNIQUE", False)


async def test_a_workflow_keeps_a_table(tables: DataTables, studio: Studio) -> None:
    def rows(id: str, **config: Any) -> dict[str, Any]:
        return {"id": id, "type": "table.rows", "config": {"table": "goods", **config}}

    blocks = (
        {"id": "start", "type": "starter"},
        rows("add", operation="insert", rows=[{"sku": "{{ variables.sku }}", "price": 5}, {"sku": "other"}]),
        rows("put", operation="upsert", match_column="sku", rows={"sku": "other", "price": 8}),
        rows("mark", operation="update", values={"sold": True}, filters=[{"column": "price", "operator": "less", "value": 6}]),
        rows("find", filters=[{"column": "sold", "value": True}]),
        rows("drop", operation="delete", filters=[{"column": "sku", "value": "{{ blocks.find.output.rows[0].sku }}"}]),
    )
    order = ["start>add", "add:some>put", "put>mark", "mark>find", "find>drop"]
    workflow = await studio.new(*blocks, edges=order)
    execution = await studio.run(workflow, sku="one")
    detail = await studio.server.services.executions.get(studio.actor, execution)
    assert (detail.summary.status, detail.output) == ("completed", {"rows": [], "count": 1})
    assert await found(tables, studio) == ["other"]
