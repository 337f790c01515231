"""db.postgres against a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.peers.certificates import Authority
from tests.peers.postgres import TcpPostgres, postgres_on_a_port

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[TcpPostgres]:
    with postgres_on_a_port(authority) as running:
        yield running


@pytest.fixture
def ask(server: TcpPostgres, run: Any) -> Any:
    """Run the block with a credential for the database."""

    async def ask(value: Any = None, **config: Any) -> Any:
        credentials = {"SHOP": ("database", {"url": server.address("shop")})}
        return await run("db.postgres", {"credential": "SHOP", **config}, value, credentials=credentials)

    return ask


@pytest.fixture
def fails(server: TcpPostgres, refused: Any) -> Any:
    async def fails(value: Any = None, **config: Any) -> Any:
        url = config.pop("url", server.address("shop"))
        data = {"url": url, **config.pop("data", {})}
        return await refused("db.postgres", {"credential": "SHOP", **config}, value, credentials={"SHOP": ("database", data)})

    return fails


async def test_values_of_every_type_become_plain_json(ask: Any) -> None:
    sql = """SELECT 1::smallint AS small, 9007199254740993 AS big, 12.50::numeric AS price, 123456789012345678.9 AS exact,
        'NaN'::float8 AS nan, date '2026-06-01' AS day, timestamptz '2026-06-01 14:00+02' AS at, interval '90 s' AS span,
        '\\x00ff'::bytea AS raw, ARRAY[1,NULL,3] AS list, '{"a": [1]}'::jsonb AS data, gen_random_uuid() IS NULL AS no,
        'a'::text AS a, 'b'::text AS a, inet '10.0.0.1' AS address, NULL AS nothing"""
    (row,) = (await ask(sql=sql))["rows"]
    assert row["raw"]["base64"] == "AP8="
    del row["raw"]
    assert row == {
        "small": 1, "big": 9007199254740993, "price": 12.5, "exact": "123456789012345678.9", "nan": "nan", "day": "2026-06-01",
        "at": "2026-06-01T12:00:00+00:00", "span": 90.0, "list": [1, None, 3], "data": {"a": [1]}, "no": False,
        "a": "a", "a_2": "b", "address": "10.0.0.1", "nothing": None,
    }  # fmt: skip


async def test_rows_are_added_changed_and_deleted(ask: Any) -> None:
    await ask(sql='CREATE TABLE "Or ders" (id int PRIMARY KEY, "the ""name" text, tags jsonb, total numeric, done bool)')
    table: dict[str, Any] = {"table": "public.Or ders"}
    rows = [{"id": n, 'the "name': "'; DROP TABLE x; --", "tags": {"n": [n]}, "total": 1.25} for n in range(3)]
    assert (await ask(rows, operation="insert", **table))["row_count"] == 3
    changed = [{"id": 2, "done": True}, {"id": 9, "done": False}, {"id": 9, "done": True}]
    upserted = await ask(changed, operation="upsert", match=["id"], returning=True, **table)
    assert [(row["id"], row["done"], row["total"]) for row in upserted["rows"]] == [(2, True, 1.25), (9, True, None)]
    updated = await ask(operation="update", values={"total": "{{ input }}"}, where={"id": [0, 1]}, value="7.5", **table)
    assert updated == {"rows": [], "row_count": 2, "more": False}
    assert (await ask(operation="delete", where={"done": None}, **table))["row_count"] == 2
    assert (await ask(operation="delete", all_rows=True, **table))["row_count"] == 2
    assert await ask(sql='SELECT count(*) FROM "Or ders"') == {"rows": [{"count": 0}], "row_count": 1, "more": False}


async def test_values_never_become_sql(ask: Any) -> None:
    evil = "x' OR '1'='1"
    config = {
        "sql": "SELECT :name::text AS name, ':name' AS text, $$:name$$ AS quoted -- :other",
        "params": {"name": "{{ input }}"},
    }
    assert (await ask(evil, **config))["rows"] == [{"name": evil, "text": ":name", "quoted": ":name"}]


async def test_lists(ask: Any) -> None:
    sql = "SELECT :list::jsonb AS data, 2 = ANY(:numbers) AS found, :things AS things"
    params = {"list": "{{ json(input) }}", "numbers": "{{ input }}", "things": [{"a": 1}]}
    assert (await ask([1, 2], sql=sql, params=params))["rows"] == [{"data": [1, 2], "found": True, "things": [{"a": 1}]}]


async def test_a_template_in_the_sql_is_no_template(fails: Any) -> None:
    assert (await fails("1", sql="SELECT {{ input }}")).code == "SQL_INVALID"


async def test_not_more_rows_than_wanted(ask: Any, fails: Any) -> None:
    assert await ask(sql="SELECT n FROM generate_series(1, 1000000) n", limit=2) == {
        "rows": [{"n": 1}, {"n": 2}], "row_count": 2, "more": True,
    }  # fmt: skip
    error = await fails(sql="SELECT repeat('x', 100000) FROM generate_series(1, 100)")
    assert (error.code, error.retryable) == ("RESULT_TOO_LARGE", False)


async def test_a_transaction_happens_whole_or_not_at_all(ask: Any, fails: Any) -> None:
    await ask(sql="CREATE TABLE money (id int PRIMARY KEY, sum int CHECK (sum >= 0))")
    await ask([{"id": 1, "sum": 10}, {"id": 2, "sum": 0}], operation="insert", table="money")
    steps = [
        {"sql": "UPDATE money SET sum = sum + :n WHERE id = 2", "params": {"n": "{{ input }}"}},
        {"sql": "UPDATE money SET sum = sum - :n WHERE id = 1 RETURNING sum", "params": {"n": "{{ input }}"}},
    ]
    done = await ask(4, operation="transaction", statements=steps)
    assert (done["rows"], [step["row_count"] for step in done["results"]]) == ([{"sum": 6}], [1, 1])
    error = await fails(7, operation="transaction", statements=steps)
    assert (error.code, "money_sum_check" in error.message, "statements.1.sql" in error.message) == ("CONSTRAINT", True, True)
    assert [row["sum"] for row in (await ask(sql="SELECT sum FROM money ORDER BY id"))["rows"]] == [6, 4]


@pytest.mark.parametrize(
    ("config", "code", "words"),
    [
        ({"sql": "SELEKT 1"}, "SQL_INVALID", "syntax error"),
        ({"sql": "SELECT 1; SELECT 2"}, "SQL_INVALID", "multiple commands"),
        ({"sql": "SELECT * FROM nowhere"}, "SQL_INVALID", "nowhere"),
        ({"sql": "SELECT :x"}, "PARAMETER_MISSING", ":x"),
        ({"sql": " "}, "CONFIG_INVALID", "sql"),
        ({"sql": "SELECT :n::int", "params": {"n": "secret-number"}}, "VALUE_INVALID", "type integer"),
        ({"operation": "insert", "table": "t", "rows": [1]}, "ITEMS_INVALID", "row 0"),
        ({"operation": "insert", "rows": {"a": 1}}, "CONFIG_INVALID", "table"),
        ({"operation": "upsert", "table": "t", "rows": {"a": 1}, "match": ["b"]}, "ITEMS_INVALID", "`b`"),
        ({"operation": "delete", "table": "t"}, "CONFIG_INVALID", "all_rows"),
        ({"operation": "transaction"}, "CONFIG_INVALID", "statements"),
    ],
    ids=str,
)
async def test_bad_input_is_named(fails: Any, config: dict[str, Any], code: str, words: str) -> None:
    error = await fails(**config)
    assert (error.code, error.retryable, words in error.message) == (code, False, True), error.message
    assert "secret-number" not in error.message


async def test_it_takes_too_long(fails: Any) -> None:
    error = await fails(sql="SELECT pg_sleep(30)", timeout_ms=300)
    assert (error.code, error.retryable) == ("TIMEOUT", True)


async def test_a_silent_server(fails: Any, silent: int) -> None:
    error = await fails(url=f"postgresql://ada:x@127.0.0.1:{silent}/shop", sql="SELECT 1", timeout_ms=300)
    assert error.code == "TIMEOUT"


async def test_the_wrong_password_and_the_wrong_database(fails: Any, server: TcpPostgres) -> None:
    error = await fails(url=server.address("shop", password="wrong-password"), sql="SELECT 1")
    assert (error.code, error.retryable) == ("LOGIN_REFUSED", False)
    assert "password authentication failed" in error.message and "wrong-password" not in error.message
    assert (await fails(url=server.address("nowhere"), sql="SELECT 1")).code == "LOGIN_REFUSED"


async def test_a_server_that_is_not_there_or_may_not_be_called(fails: Any, refused: Any) -> None:
    assert (await fails(url="postgresql://ada:x@127.0.0.1:1/shop", sql="SELECT 1")).code == "CONNECTION"
    assert (await fails(url="postgresql://ada:x@10.0.0.1/shop", sql="SELECT 1")).code == "EGRESS_REFUSED"
    assert (await fails(url="postgresql://ada:x@/shop?host=/tmp", sql="SELECT 1")).code == "CREDENTIAL_INVALID"
    assert (await fails(url="mysql://ada:x@127.0.0.1/shop", sql="SELECT 1")).code == "CREDENTIAL_INVALID"
    assert (await refused("db.postgres", {"sql": "SELECT 1", "credential": "NO"})).code == "UNKNOWN_CREDENTIAL"
    wrong = {"credential": "A", "sql": "SELECT 1"}
    assert (await refused("db.postgres", wrong, credentials={"A": ("value", {"value": "x"})})).code == "CREDENTIAL_TYPE"


async def test_encryption(ask: Any, run: Any, fails: Any, server: TcpPostgres, authority: Authority) -> None:
    sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    data = {"url": server.address("shop", host="localhost"), "authority": authority.pem}
    named = {"SHOP": ("database", data)}
    assert (await run("db.postgres", {"credential": "SHOP", "sql": sql}, credentials=named))["rows"] == [{"ssl": True}]
    by_address = await fails(sql=sql, data={"authority": authority.pem})
    assert by_address.code == "TLS"
    assert (await fails(sql=sql, url=server.address("shop") + "?sslmode=verify-full")).code == "TLS"


async def test_a_secret_in_a_row_is_masked(ask: Any, run: Any, server: TcpPostgres) -> None:
    credentials = {"SHOP": ("database", {"url": server.address("shop")}), "KEY": ("value", {"value": "s3cret-key"})}
    config = {
        "credential": "SHOP",
        "sql": "SELECT :k AS k, :p AS p, length(:k) AS n",
        "params": {"k": "[secret:0:KEY]", "p": "p:w/d@ä"},
    }
    assert (await run("db.postgres", config, credentials=credentials))["rows"] == [{"k": "***", "p": "***", "n": 10}]


async def test_the_server_goes_away_half_way(fails: Any, server: TcpPostgres) -> None:
    asking = asyncio.create_task(fails(sql="SELECT pg_sleep(30)"))
    while not await asyncio.to_thread(_is_asleep, server):  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    await asyncio.to_thread(server.end)
    try:
        error = await asking
        assert (error.code, error.retryable) == ("CONNECTION", True), error.message
        assert (await fails(sql="SELECT 1")).code == "CONNECTION"
    finally:
        await asyncio.to_thread(server.start)


def _is_asleep(server: TcpPostgres) -> bool:
    return bool(server.tell("SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(30)' AND state = 'active'"))
