"""db.sqlite against real files."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from app.services.workspace_files import FileStore

pytestmark = pytest.mark.anyio


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    opened = tmp_path / "opened"
    opened.mkdir()
    return FileStore(tmp_path / "data", {"shared": str(opened)}, 10)


@pytest.fixture
def ask(run: Any, store: FileStore) -> Any:
    async def ask(value: Any = None, **config: Any) -> Any:
        return await run("db.sqlite", {"path": "a/shop.db", "make": True, **config}, value, files=store.of("workspace"))

    return ask


@pytest.fixture
def fails(refused: Any, store: FileStore) -> Any:
    async def fails(value: Any = None, **config: Any) -> Any:
        return await refused("db.sqlite", {"path": "a/shop.db", **config}, value, files=store.of("workspace"))

    return fails


async def test_rows_are_added_changed_and_deleted(ask: Any) -> None:
    await ask(sql='CREATE TABLE "or ders" (id INTEGER PRIMARY KEY, name TEXT, tags, total REAL)')
    rows = [{"id": n, "name": "'; DROP TABLE x; --", "tags": {"n": [n]}, "total": 1.25} for n in range(3)]
    assert (await ask(rows, operation="insert", table="or ders"))["row_count"] == 3
    changed = await ask([{"id": 2, "total": 3}, {"id": 9}], operation="upsert", match=["id"], table="or ders", returning=True)
    assert [(row["id"], row["total"]) for row in changed["rows"]] == [(2, 3.0), (9, None)]
    assert (await ask("7", operation="update", values={"total": "{{ input }}"}, where={"id": [0, 1]}, table="or ders"))[
        "row_count"
    ] == 2
    assert (await ask(operation="delete", where={"total": None}, table="or ders"))["row_count"] == 1
    found = await ask(sql="SELECT name, tags, x'00ff' AS raw FROM \"or ders\" WHERE id = :id", params={"id": 2})
    assert found["rows"][0]["raw"]["base64"] == "AP8="
    assert (found["rows"][0]["name"], found["rows"][0]["tags"]) == (rows[0]["name"], '{"n": [2]}')
    assert (await ask(sql='SELECT id FROM "or ders"', limit=1))["more"] is True


async def test_a_transaction_happens_whole_or_not_at_all(ask: Any, fails: Any) -> None:
    await ask(sql="CREATE TABLE t (id INTEGER PRIMARY KEY)")
    steps = [{"sql": "INSERT INTO t VALUES (1)"}, {"sql": "INSERT INTO t VALUES (:n)", "params": {"n": 1}}]
    assert (await fails(operation="transaction", statements=steps)).code == "CONSTRAINT"
    assert (await ask(sql="SELECT count(*) AS n FROM t"))["rows"] == [{"n": 0}]


@pytest.mark.parametrize(
    "sql",
    ["ATTACH '/tmp/x' AS x", "PRAGMA journal_mode = WAL", "SELECT load_extension('x')", "VACUUM INTO '/tmp/x'", "COMMIT",
     "SELECT 1; SELECT 2", "PRAGMA writable_schema = 1", "CREATE VIRTUAL TABLE f USING fts5(x)", "SELEKT 1"],
)  # fmt: skip
async def test_what_reaches_beyond_the_file_is_refused(ask: Any, fails: Any, sql: str) -> None:
    await ask(sql="SELECT 1")
    error = await fails(sql=sql)
    assert (error.code in ("SQL_REFUSED", "SQL_INVALID"), error.retryable) == (True, False), error.message


async def test_what_is_no_database_and_what_lies_elsewhere(fails: Any, store: FileStore, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    (opened / "text.db").write_text("no database" * 100)
    sqlite3.connect(tmp_path / "outside.db").execute("CREATE TABLE t (x)").connection.close()
    os.symlink(tmp_path / "outside.db", opened / "link.db")
    os.symlink(tmp_path, opened / "folder")
    shared: dict[str, Any] = {"folder": "shared", "sql": "SELECT 1 FROM sqlite_master"}
    assert (await fails(path="text.db", **shared)).code == "FILE_INVALID"
    for path in ("link.db", "folder/outside.db", "../outside.db", "/etc/passwd", "nothing.db"):
        assert (await fails(path=path, **shared)).code in (
            "NOT_A_FILE", "PATH_INVALID", "CONFIG_INVALID", "FILE_NOT_FOUND", "FILE_REFUSED", "NOT_A_FOLDER",
        )  # fmt: skip
    assert (await fails(path="x.db", folder="unknown", sql="SELECT 1")).code == "FOLDER_UNKNOWN"


async def test_limits(ask: Any, fails: Any) -> None:
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
    await ask(sql="SELECT 1")
    assert (await fails(sql=endless, timeout_ms=300)).code == "TIMEOUT"
    assert (await fails(sql="SELECT length(zeroblob(100000000))")).code == "SQL_INVALID"
    assert (await fails(sql="SELECT zeroblob(5000000) AS x")).code == "RESULT_TOO_LARGE"


async def test_two_at_the_same_time(ask: Any, fails: Any, store: FileStore, tmp_path: Path) -> None:
    await ask(sql="CREATE TABLE t (n INTEGER)")
    await asyncio.gather(*(ask({"n": number}, operation="insert", table="t") for number in range(10)))
    assert (await ask(sql="SELECT count(*) AS n FROM t"))["rows"] == [{"n": 10}]
