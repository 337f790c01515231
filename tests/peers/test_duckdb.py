"""db.duckdb over real files: tables out of CSV, JSON and Parquet, and nothing else within reach."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from app.sdk import File, Json
from app.services.workspace_files import FileStore

pytestmark = pytest.mark.anyio

ORDERS = "customer,total,day\nAda,5,2026-01-02\nBo,7.5,2026-01-03\nAda,2,2026-01-04\n"


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    opened = tmp_path / "opened"
    opened.mkdir()
    return FileStore(tmp_path / "data", {"shared": str(opened)}, 100)


@pytest.fixture
def ask(run: Any, store: FileStore) -> Any:
    async def ask(sql: str, *files: Json, value: Any = None, **config: Any) -> Any:
        config = {"sql": sql, "files": list(files) or [{"name": "orders", "content": ORDERS}], **config}
        return await run("db.duckdb", config, value, files=store.of("workspace"))

    return ask


@pytest.fixture
def fails(refused: Any, store: FileStore) -> Any:
    async def fails(sql: str, *files: Json, **config: Any) -> Any:
        config = {"sql": sql, "files": list(files) or [{"name": "orders", "content": ORDERS}], **config}
        return await refused("db.duckdb", config, None, files=store.of("workspace"))

    return fails


async def test_files_of_every_kind_are_joined(ask: Any, store: FileStore, tmp_path: Path) -> None:
    files = store.of("workspace")
    await files.write("", "in/orders.csv", ORDERS.encode(), "create")
    people = "SELECT 'Ada' AS name, {'city': 'Ulm'} AS home"
    duckdb.execute(f"COPY ({people}) TO '{tmp_path}/people.parquet' (FORMAT parquet)")
    await files.write("", "people.parquet", (tmp_path / "people.parquet").read_bytes(), "create")
    cities = b'{"name": "Ulm", "people": 128000}\n{"name": "Bonn", "people": 330000}\n'
    await files.write("shared", "cities.jsonl", cities, "create")
    found = await ask(
        "SELECT customer, total, day, people.home, cities.people AS inhabitants, extra.n, sheet.a FROM orders"
        " JOIN people ON people.name = customer JOIN cities ON cities.name = people.home.city, extra, sheet"
        " WHERE total > $least ORDER BY total",
        {"name": "orders", "path": "in/orders.csv"},
        {"name": "people", "path": "people.parquet"},
        {"name": "cities", "path": "cities.jsonl", "folder": "shared"},
        {"name": "extra", "content": [{"n": 7}]},
        {"name": "sheet", "content": File("x.tsv", "text/plain", b"a\tb\n1\t2\n").value()},
        params={"least": 2.5, "unused": 1},
    )
    row = {"customer": "Ada", "total": 5, "day": "2026-01-02", "home": {"city": "Ulm"}, "inhabitants": 128000, "n": 7, "a": 1}
    assert found == {"rows": [row], "row_count": 1, "more": False}


async def test_a_large_file_is_read_in_parts_and_a_huge_one_is_refused(
    ask: Any, fails: Any, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = store.of("workspace")
    for start in (0, 100_000, 200_000):
        lines = "".join(f"{number}\n" for number in range(start, start + 100_000))
        await files.write("", "big.csv", (("n\n" if start == 0 else "") + lines).encode(), "append")
    big = {"name": "big", "path": "big.csv"}
    assert (await ask("SELECT count(*) AS c, max(n) AS m FROM big", big))["rows"] == [{"c": 300_000, "m": 299_999}]
    monkeypatch.setattr("blocks.db.duckdb.MAX_BYTES", 1_500_000)
    assert (await fails("SELECT 1", big)).code == "FILE_TOO_LARGE"


async def test_values_and_limits(ask: Any) -> None:
    found = await ask("SELECT 1.50::DECIMAL(9,2) AS d, 'ab'::BLOB AS b, uuid() IS NULL AS u, 1 AS n, 2 AS n, 'NaN'::DOUBLE AS x")
    (row,) = found["rows"]
    assert (row["d"], row["b"]["base64"], row["u"], row["n"], row["n_2"], row["x"]) == (1.5, "YWI=", False, 1, 2, "nan")
    some = await ask("SELECT * FROM range(100)", limit=3)
    assert ([row["range"] for row in some["rows"]], some["more"]) == ([0, 1, 2], True)
    hostile = "x' OR '1'='1"
    assert (await ask("SELECT * FROM orders WHERE customer = $who", params={"who": hostile}))["rows"] == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM read_csv('http://127.0.0.1:1/x.csv')",
        "COPY orders TO '/tmp/blockyard-duckdb.csv'",
        "ATTACH '/tmp/blockyard-duckdb.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
        "EXPORT DATABASE '/tmp/blockyard-duckdb'",
        "SELECT 1; SELECT 2",
        "SELECT nothing FROM orders",
        "SELECT $missing",
    ],
)
async def test_nothing_else_is_within_reach_and_bad_questions_are_told(fails: Any, sql: str) -> None:
    error = await fails(sql)
    assert error.code in ("SQL_INVALID", "CONFIG_INVALID")
    assert "root:" not in error.message
    assert [name for name in os.listdir("/tmp") if name.startswith("blockyard-duckdb")] == []


async def test_a_question_that_never_ends_is_stopped(fails: Any) -> None:
    error = await fails("SELECT count(*) FROM range(1000000000000) a, range(1000000) b", timeout_ms=500)
    assert error.code == "TIME_LIMIT"


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ({"name": "t", "path": "nowhere.csv"}, "FILE_NOT_FOUND"),
        ({"name": "t", "path": "../../etc/passwd"}, "PATH_INVALID"),
        ({"name": "t", "content": "no parquet", "format": "parquet"}, "FILE_INVALID"),
        ({"name": "t", "content": "{broken", "format": "json"}, "FILE_INVALID"),
        ({"name": "t"}, "CONFIG_INVALID"),
        ({"name": "t", "content": 7}, "FILE_INVALID"),
    ],
    ids=["missing", "outside", "no parquet", "no json", "nothing", "a number"],
)
async def test_files_that_cannot_be_tables(fails: Any, file: Json, code: str) -> None:
    assert (await fails("SELECT * FROM t", file)).code == code
