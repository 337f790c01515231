"""Client libraries that are not installed: the block says what to install when it runs, and not before."""

from __future__ import annotations

import sys

import pytest

from app.catalog import Catalog
from app.sdk import BlockError, library

pytestmark = pytest.mark.anyio

LIBRARIES = {
    "blocks.db._memcached_client": ("aiomcache", "memcached"),
    "blocks.db._mysql_client": ("aiomysql", "mysql"),
    "blocks.db._postgres_client": ("psycopg", "postgres"),
    "blocks.db._redis_client": ("redis", "redis"),
    "blocks.messaging._amqp_client": ("aiormq", "amqp"),
    "blocks.messaging._mqtt_work": ("paho", "mqtt"),
    "blocks.messaging._nats_client": ("nats", "nats"),
    "blocks.messaging._smtp_client": ("aiosmtplib", "mail"),
    "blocks.net._dns_client": ("dns", "dns"),
    "blocks.net._websocket_client": ("websockets", "websocket"),
    "blocks.transfer._ssh_client": ("asyncssh", "ssh"),
}


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    name = LIBRARIES[module][0]
    for known in list(sys.modules):
        if known == module or known.partition(".")[0] == name:
            monkeypatch.delitem(sys.modules, known)
    monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.parametrize("module", LIBRARIES)
@pytest.mark.usefixtures("missing")
async def test_what_is_missing_is_named(module: str) -> None:
    with pytest.raises(BlockError) as caught:
        await library(module, LIBRARIES[module][1])
    assert (caught.value.code, caught.value.retryable) == ("NOT_INSTALLED", False)
    assert f"pip install 'blockyard[{LIBRARIES[module][1]}]'" in caught.value.message


@pytest.mark.parametrize("module", LIBRARIES)
@pytest.mark.usefixtures("missing")
def test_the_catalog_does_without(module: str) -> None:
    extra = LIBRARIES[module][1]
    needing = [block.type for block in Catalog.load() if f"blockyard[{extra}]" in block.documentation.replace("\n", " ")]
    assert needing, f"no block says that it needs {extra}"


async def test_a_mistake_of_our_own_is_no_missing_library() -> None:
    with pytest.raises(ModuleNotFoundError):
        await library("blocks.db._no_such_module", "x")
