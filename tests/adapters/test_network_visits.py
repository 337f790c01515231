"""Connections that are no web calls keep to the same addresses, and their failures are told in words."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence

import pytest

from app.adapters.network_visits import EgressNetwork, Reach
from app.sdk import BlockError, Login, Reached

pytestmark = pytest.mark.anyio


async def reached(host: str, port: int = 5432, allow: tuple[str, ...] = (), found: Sequence[str] = ()) -> Reached:
    async def resolve(host: str, port: int) -> Sequence[str]:
        if not found:
            raise OSError
        return found

    async def talk(reach: Reach) -> Reached:
        return await reach(host, port)

    return await EgressNetwork(allow, resolve).visit(talk, 5)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "fd00::1", "0.0.0.0"]
)
async def test_private_addresses_are_refused(address: str) -> None:
    with pytest.raises(BlockError) as caught:
        await reached("db.example.com", found=[address])
    assert caught.value.code == "EGRESS_REFUSED"
    with pytest.raises(BlockError):
        await reached("db.example.com", found=["93.184.216.34", address])


async def test_the_address_that_was_checked_is_the_one_that_is_called() -> None:
    assert await reached("db.example.com", found=["93.184.216.34"]) == Reached("db.example.com", "93.184.216.34", 5432)
    assert (await reached("db.example.com", allow=("10.0.0.0/8",), found=["10.1.2.3"])).address == "10.1.2.3"
    assert (await reached("db.example.com", allow=("db.example.com",), found=["10.1.2.3"])).address == "10.1.2.3"


async def test_of_several_addresses_one_that_answers_is_taken() -> None:
    listening = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.2", 0)
    port = listening.sockets[0].getsockname()[1]
    found = await reached("db.example.com", port, ("127.0.0.0/8",), ["127.0.0.3", "127.0.0.2", "127.0.0.4"])
    listening.close()
    assert found.address == "127.0.0.2"


async def test_names_and_ports_that_are_none() -> None:
    with pytest.raises(BlockError, match="has no address"):
        await reached("nowhere.example.com")
    with pytest.raises(BlockError, match="is not a port"):
        await reached("db.example.com", 70_000, found=["93.184.216.34"])


class LibraryError(Exception):
    """What client libraries make of failures."""


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (ConnectionRefusedError(), "CONNECTION"),
        (ConnectionResetError(), "CONNECTION"),
        (asyncio.IncompleteReadError(b"", 4), "CONNECTION"),
        (OSError("no route"), "CONNECTION"),
        (TimeoutError(), "TIMEOUT"),
        (ssl.SSLCertVerificationError(), "TLS"),
        (ssl.SSLError(), "TLS"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("wrapped", [False, True])
async def test_failures_are_told_in_words(cause: Exception, code: str, wrapped: bool) -> None:
    async def talk(reach: Reach) -> None:
        await reach("93.184.216.34", 5432)
        try:
            raise cause
        except Exception as error:
            if wrapped:
                raise LibraryError("s3cret") from error
            raise

    with pytest.raises(BlockError) as caught:
        await EgressNetwork().visit(talk, 5)
    assert (caught.value.code, "93.184.216.34:5432" in caught.value.message, "s3cret" in caught.value.message) == (
        code,
        True,
        False,
    )


async def test_a_mistake_in_a_block_is_no_failure_of_the_network() -> None:
    async def talk(reach: Reach) -> None:
        raise LookupError("mistake")

    with pytest.raises(LookupError):
        await EgressNetwork().visit(talk, 5)


async def test_what_takes_too_long_is_stopped() -> None:
    stopped = asyncio.Event()

    async def talk(reach: Reach) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()

    with pytest.raises(BlockError) as caught:
        await EgressNetwork().visit(talk, 0.05)
    assert (caught.value.code, stopped.is_set()) == ("TIMEOUT", True)


@pytest.mark.parametrize(
    "url",
    ["postgresql:///shop", "mysql://host/x", "postgresql://host:port/x", "", "postgresql://[::1/x", "postgresql://?host=/tmp"],
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(BlockError) as caught:
        Login("DB", "database", {"url": url}).address("postgresql")
    assert (caught.value.code, "`DB`" in caught.value.message) == ("CREDENTIAL_INVALID", True)


def test_an_address_and_its_secret() -> None:
    login = Login("DB", "database", {"url": "postgresql://ada:p%3Aw@host:1/my%20shop?sslmode=require"})
    address = login.address("postgresql")
    assert (address.host, address.port, address.username, address.password, address.path) == ("host", 1, "ada", "p:w", "my shop")
    assert (address.options, login.secrets()) == ({"sslmode": "require"}, {"p%3Aw", "p:w"})
    assert "p:w" not in repr(login)
