"""db.mysql against a real MariaDB."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.peers.certificates import Authority
from tests.peers.mariadb import MariaDb, mariadb

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[MariaDb]:
    with mariadb(authority) as running:
        yield running


@pytest.fixture
def ask(server: MariaDb, run: Any) -> Any:
    """Run the block with a credential for the database."""

    async def ask(value: Any = None, **config: Any) -> Any:
        data = {"url": server.address(), **config.pop("data", {})}
        return await run("db.mysql", {"credential": "SHOP", **config}, value, credentials={"SHOP": ("database", data)})

    return ask


@pytest.fixture
def fails(server: MariaDb, refused: Any) -> Any:
    async def fails(value: Any = None, **config: Any) -> Any:
        data = {"url": config.pop("url", server.address()), **config.pop("data", {})}
        return await refused("db.mysql", {"credential": "SHOP", **config}, value, credentials={"SHOP": ("database", data)})

    return fails


async def test_values_of_every_type_become_plain_json(ask: Any) -> None:
    sql = """SELECT 9007199254740993 AS big, 18446744073709551615 AS huge, 12.50 AS price, DATE '2026-06-01' AS day,
        TIMESTAMP '2026-06-01 12:00:00.5' AS at, TIME '01:00:30' AS span, X'00ff' AS raw, JSON_OBJECT('a', 1) AS data,
        'a%s' AS a, 'ü€😀' AS a, NULL AS nothing, 1.5e0 AS half"""
    (row,) = (await ask(sql=sql))["rows"]
    assert row.pop("raw")["base64"] == "AP8="
    assert row == {
        "big": 9007199254740993, "huge": "18446744073709551615", "price": 12.5, "day": "2026-06-01", "half": 1.5,
        "at": "2026-06-01T12:00:00.500000", "span": 3630.0, "data": '{"a": 1}', "a": "a%s", "a_2": "ü€😀", "nothing": None,
    }  # fmt: skip


async def test_rows_are_added_changed_and_deleted(ask: Any) -> None:
    await ask(sql="CREATE TABLE `or ``d%ers` (id int PRIMARY KEY, name text, tags json, total decimal(9,2), done bool)")
    table = {"table": "or `d%ers"}
    rows = [{"id": n, "name": "\\'; DROP TABLE x; -- %s", "tags": {"n": [n]}, "total": 1.25} for n in range(3)]
    assert (await ask(rows, operation="insert", **table))["row_count"] == 3
    await ask([{"id": 2, "done": True}, {"id": 9, "done": False}], operation="upsert", match=["id"], **table)
    found = (await ask(sql="SELECT * FROM `or ``d%ers` WHERE id >= :id ORDER BY id", params={"id": 2}))["rows"]
    assert found[0] == {"id": 2, "name": rows[0]["name"], "tags": '{"n": [2]}', "total": 1.25, "done": 1}
    assert found[1]["done"] == 0
    updated = await ask("7.5", operation="update", values={"total": "{{ input }}"}, where={"id": [0, 1]}, **table)
    assert updated == {"rows": [], "row_count": 2, "more": False}
    assert (await ask(operation="delete", where={"done": None}, **table))["row_count"] == 2


@pytest.mark.parametrize("mode", ["", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES"])
async def test_values_never_become_sql(ask: Any, server: MariaDb, mode: str) -> None:
    server.tell(f"SET GLOBAL sql_mode = '{mode}'")
    for evil in ("\\' OR 1 = 1 -- ", "' OR 1 = 1 -- ", "\\", "%s", "\\%"):
        sql = "SELECT :name AS name, 'it''s :name' AS text /* :x */ -- :y"
        assert (await ask(evil, sql=sql, params={"name": "{{ input }}"}))["rows"] == [{"name": evil, "text": "it's :name"}]


async def test_not_more_rows_than_wanted(ask: Any, fails: Any) -> None:
    assert await ask(sql="SELECT seq FROM seq_1_to_20000", limit=2) == {
        "rows": [{"seq": 1}, {"seq": 2}], "row_count": 2, "more": True,
    }  # fmt: skip
    assert (await fails(sql="SELECT repeat('x', 100000) AS x FROM seq_1_to_100")).code == "RESULT_TOO_LARGE"


async def test_a_transaction_happens_whole_or_not_at_all(ask: Any, fails: Any) -> None:
    await ask(sql="CREATE TABLE money (id int PRIMARY KEY, sum int CHECK (sum >= 0)) ENGINE=InnoDB")
    await ask([{"id": 1, "sum": 10}, {"id": 2, "sum": 0}], operation="insert", table="money")
    steps = [
        {"sql": "UPDATE money SET sum = sum + :n WHERE id = 2", "params": {"n": "{{ input }}"}},
        {"sql": "UPDATE money SET sum = sum - :n WHERE id = 1", "params": {"n": "{{ input }}"}},
    ]
    done = await ask(4, operation="transaction", statements=steps)
    assert [step["row_count"] for step in done["results"]] == [1, 1]
    error = await fails(7, operation="transaction", statements=steps)
    assert (error.code, "statements.1.sql" in error.message) == ("CONSTRAINT", True), error.message
    assert [row["sum"] for row in (await ask(sql="SELECT sum FROM money ORDER BY id"))["rows"]] == [6, 4]


@pytest.mark.parametrize(
    ("config", "code", "words"),
    [
        ({"sql": "SELEKT 1"}, "SQL_INVALID", "SQL syntax"),
        ({"sql": "SELECT 1; SELECT 2"}, "SQL_INVALID", "SQL syntax"),
        ({"sql": "SELECT * FROM nowhere"}, "SQL_INVALID", "nowhere"),
        ({"sql": "SELECT :x"}, "PARAMETER_MISSING", ":x"),
        ({"sql": "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE shop.x"}, "SQL_INVALID", ""),
    ],
    ids=str,
)
async def test_bad_input_is_named(fails: Any, config: dict[str, Any], code: str, words: str) -> None:
    error = await fails(**config)
    assert (error.code, error.retryable, words in error.message) == (code, False, True), error.message


async def test_it_takes_too_long(fails: Any, silent: int) -> None:
    assert (await fails(sql="SELECT sleep(30)", timeout_ms=400)).code == "TIMEOUT"
    assert (await fails(url=f"mysql://ada:x@127.0.0.1:{silent}/shop", sql="SELECT 1", timeout_ms=300)).code == "TIMEOUT"


async def test_who_may_not_come_in_and_what_is_not_there(fails: Any, server: MariaDb) -> None:
    error = await fails(url=server.address(password="wrong-password"), sql="SELECT 1")
    assert (error.code, error.retryable, "wrong-password" in error.message) == ("LOGIN_REFUSED", False, False)
    assert (await fails(url=server.address("nowhere"), sql="SELECT 1")).code == "LOGIN_REFUSED"
    assert (await fails(url="mysql://ada:x@127.0.0.1:1/shop", sql="SELECT 1")).code == "CONNECTION"
    assert (await fails(url="mysql://ada:x@10.0.0.1/shop", sql="SELECT 1")).code == "EGRESS_REFUSED"


async def test_encryption(ask: Any, fails: Any, server: MariaDb, authority: Authority) -> None:
    data = {"url": server.address(host="localhost"), "authority": authority.pem}
    (row,) = (await ask(sql="SHOW STATUS LIKE 'Ssl_cipher'", data=data))["rows"]
    assert row["Value"]
    assert (await fails(sql="SELECT 1", data={"authority": authority.pem})).code == "TLS"


async def test_encryption_that_is_not_offered(fails: Any, authority: Authority) -> None:
    """The server says that it cannot encrypt: then it must not even learn the password."""
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        can = 0xFFFF & ~0x0800
        greeting = b"\x0a5.5.5\0" + bytes(4) + b"saltsalt\0" + can.to_bytes(2, "little") + b"\x2d\x02\0\x0f\x80\x15" + bytes(10)
        greeting += b"saltsaltsalt\0mysql_native_password\0"
        writer.write(len(greeting).to_bytes(3, "little") + b"\0" + greeting)
        await heard.put(await reader.read(1000))
        writer.close()

    door = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = door.sockets[0].getsockname()[1]
    for data in ({"authority": authority.pem}, {"url": f"mysql://ada:x@localhost:{port}/shop?sslmode=require"}):
        error = await fails(sql="SELECT 1", data={"url": f"mysql://ada:x@localhost:{port}/shop", **data})
        assert error.code == "TLS"
    async with asyncio.timeout(10):
        assert [await heard.get(), await heard.get()] == [b"", b""]
    door.close()


async def test_the_server_goes_away_half_way(fails: Any, server: MariaDb) -> None:
    asking = asyncio.create_task(fails(sql="SELECT sleep(30)"))
    while "SELECT sleep(30)" not in await asyncio.to_thread(server.tell, "SHOW PROCESSLIST"):  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    await asyncio.to_thread(server.end)
    error = await asking
    assert (error.code, error.retryable) == ("CONNECTION", True), error.message
