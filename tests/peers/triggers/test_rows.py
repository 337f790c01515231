"""trigger.postgres against a real PostgreSQL: rows in order, each once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.peers.certificates import Authority
from tests.peers.postgres import TcpPostgres, postgres_on_a_port
from tests.peers.triggers.triggering import Trigger, dies_once

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def database(authority: Authority) -> Iterator[TcpPostgres]:
    with postgres_on_a_port(authority) as running:
        yield running


async def test_rows_start_a_workflow_in_order_and_once(
    trigger: Trigger, database: TcpPostgres, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = {"SHOP": ("database", {"url": database.address("shop")})}

    async def do(sql: str) -> None:
        await run("db.postgres", {"credential": "SHOP", "sql": sql}, credentials=credentials)

    await do("CREATE TABLE orders (id serial PRIMARY KEY, total numeric, at timestamptz DEFAULT now())")
    await do("INSERT INTO orders (total) SELECT 5 FROM generate_series(1, 5)")
    sql = "SELECT id, total FROM orders WHERE id > :cursor ORDER BY id"
    data = {"url": database.address("shop")}
    one = await trigger("trigger.postgres", "database", data, sql=sql, start=2, limit=2, interval_seconds=1)
    dies_once(monkeypatch)
    one.start()
    await one.comes("id", 3, 4, 5)
    await one.restart()
    await do("INSERT INTO orders (total) VALUES (7.5)")
    await one.comes("id", 3, 4, 5, 6)
    assert (await one.heard("total"))[-1] == 7.5
    await do("DROP TABLE orders")
    assert "SQL_INVALID" in await one.troubled()


async def test_a_column_that_is_not_there(trigger: Trigger, database: TcpPostgres) -> None:
    data = {"url": database.address("shop")}
    one = await trigger("trigger.postgres", "database", data, sql="SELECT 1 AS n WHERE 0 <= :cursor", interval_seconds=1)
    one.start()
    assert "cursor_column" in await one.troubled()
