"""Questions in four languages, and what they must not do."""

from typing import Any

import pytest

from app.sdk import Json

pytestmark = pytest.mark.anyio
DATA = {"orders": [{"id": 1, "total": 250, "by": {"name": "Ada"}}, {"id": 2, "total": 9}], "a/b": {"~": 5}}


@pytest.mark.parametrize(
    ("language", "expression", "wanted"),
    [
        ("jmespath", "orders[?total > `100`].by.name | [0]", "Ada"),
        ("jmespath", "nothing.there", None),
        ("jmespath", "max_by(orders, &total).id", 1),
        ("jsonpath", "$.orders[?@.total < 100].id", [2]),
        ("jsonpath", "$..name", ["Ada"]),
        ("jsonpath", "$.nothing", []),
        ("pointer", "/a~1b/~0", 5),
        ("pointer", "", DATA),
        ("pointer", "/orders/9", None),
    ],
)
async def test_a_question(run: Any, language: str, expression: str, wanted: Json) -> None:
    assert (await run("data.query", {"language": language, "expression": expression}, DATA)).value == wanted


@pytest.mark.parametrize(
    ("language", "expression"),
    [("jmespath", "orders["), ("jmespath", "nofunction(@)"), ("jsonpath", "$..["), ("pointer", "no slash"), ("jmespath", "")],
)
async def test_a_question_that_is_none(refused: Any, language: str, expression: str) -> None:
    error = await refused("data.query", {"language": language, "expression": expression}, DATA)
    assert (error.code, error.retryable, "expression" in error.message) == ("QUERY_INVALID", False, True)


ITEMS = [{"id": 1, "Name": "a", "tags": ["x"]}, {"ID": 2, "name": None, "big": 2**70, "on": True}]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("SELECT id, name FROM items ORDER BY id", [{"id": 1, "Name": "a"}, {"id": 2, "Name": None}]),
        ("SELECT json_extract(tags, '$[0]') AS tag FROM items WHERE tags NOTNULL", [{"tag": "x"}]),
        ('SELECT big, "on" FROM items WHERE id = 2', [{"big": str(2**70), "on": 1}]),
        (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n",
            [{"i": 1}, {"i": 2}, {"i": 3}],
        ),
        ("SELECT count(*) AS n FROM items WHERE id > :least", [{"n": 1}]),
        ("SELECT x'41' AS bytes", [{"bytes": "A"}]),
    ],
)
async def test_sql(run: Any, query: str, wanted: Json) -> None:
    found = (await run("data.sql", {"query": query, "parameters": {"least": 1}}, ITEMS)).value
    assert [list(row.values()) for row in found] == [list(row.values()) for row in wanted]


@pytest.mark.parametrize(
    "query",
    [
        "ATTACH DATABASE '/etc/passwd' AS x",
        "PRAGMA database_list",
        "DELETE FROM items",
        "SELECT load_extension('x')",
        "CREATE TABLE x (a)",
        "SELECT 1; SELECT 2",
        "SELECT nothing FROM items",
        "SELECT * FROM items WHERE id = :unknown",
        "SELECT hex(zeroblob(100000000))",
    ],
)
async def test_sql_that_may_not_be(refused: Any, query: str) -> None:
    error = await refused("data.sql", {"query": query}, ITEMS)
    assert error.code == "SQL_INVALID"


async def test_sql_cannot_hang_or_flood(refused: Any) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT "
    assert (await refused("data.sql", {"query": f"{endless} count(*) FROM n"}, [])).code == "TIME_LIMIT"
    assert (await refused("data.sql", {"query": f"{endless} i FROM n"}, [])).code == "TOO_MANY_ITEMS"


@pytest.mark.parametrize(
    ("config", "value", "code"),
    [
        ({}, [1], "ITEMS_INVALID"),
        ({}, {"a": 1}, "ITEMS_INVALID"),
        ({"tables": {"x": 5}}, [], "ITEMS_INVALID"),
        ({"parameters": [1]}, [], "CONFIG_INVALID"),
        ({}, [{f"c{n}": 1 for n in range(501)}], "TOO_MANY_COLUMNS"),
    ],
    ids=["no objects", "no list", "no table", "no names", "too wide"],
)
async def test_tables_that_are_none(refused: Any, config: dict[str, Json], value: Json, code: str) -> None:
    assert (await refused("data.sql", {"query": "SELECT 1", **config}, value)).code == code


async def test_names_of_tables_and_fields_are_only_names(run: Any) -> None:
    nasty = 'x"; DROP TABLE items; --'
    config = {"query": "SELECT * FROM items", "items": [{nasty: 1, "": 2}], "tables": {nasty: [{"a": 1}], "empty": []}}
    assert (await run("data.sql", config)).value == [{nasty: 1, "": 2}]
