"""ftp.transfer against a real vsftpd."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.peers.certificates import Authority
from tests.peers.vsftpd import Vsftpd, vsftpd

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[Vsftpd]:
    with vsftpd(authority) as running:
        yield running


@pytest.fixture
def login(server: Vsftpd, authority: Authority) -> dict[str, str]:
    return server.login(authority)


@pytest.fixture
def ftp(run: Any, login: dict[str, str]) -> Any:
    async def ftp(operation: str, path: str = "", value: Any = None, data: dict[str, str] | None = None, **config: Any) -> Any:
        config = {"credential": "FTP", "operation": operation, "path": path, **config}
        return await run("ftp.transfer", config, value, credentials={"FTP": ("ftp", data or login)})

    return ftp


@pytest.fixture
def fails(refused: Any, login: dict[str, str]) -> Any:
    async def fails(operation: str = "list", path: str = "", data: dict[str, str] | None = None, **config: Any) -> Any:
        config = {"credential": "FTP", "operation": operation, "path": path, **config}
        return await refused("ftp.transfer", config, "x", credentials={"FTP": ("ftp", data or login)})

    return fails


async def test_files_go_there_and_back(ftp: Any, fails: Any, server: Vsftpd) -> None:
    await ftp("make_folder", "in/größe")
    file = {"filename": "a.bin", "content_type": "x/y", "size": 2, "base64": "AP8="}
    assert (await ftp("put", "in/größe/a b.bin", file))["path"] == "in/größe/a b.bin"
    assert (server.files / "in" / "größe" / "a b.bin").read_bytes() == b"\0\xff"
    got = await ftp("get", "in/größe/a b.bin")
    assert (got["file"]["base64"], got["file"]["filename"]) == ("AP8=", "a b.bin")
    await ftp("put", "in/text", "Hällo")
    listed = (await ftp("list", "in"))["entries"]
    assert [(one["name"], one["type"], one["size"]) for one in listed] == [("größe", "folder", None), ("text", "file", 6)]
    assert listed[1]["path"] == "in/text"
    assert (await ftp("rename", "in/text", target="in/other"))["path"] == "in/other"
    assert (await ftp("delete", "in/other"))["path"] == "in/other"
    assert (await fails("delete", "in/größe")).code == "FILE_REFUSED"
    await ftp("delete", "in/größe/a b.bin")
    await ftp("delete", "in/größe")
    assert await ftp("list", "in") == {"path": "in", "entries": [], "more": False, "file": None}
    assert [one["name"] for one in (await ftp("list"))["entries"]] == ["in"]


async def test_limits(ftp: Any, fails: Any, server: Vsftpd) -> None:
    for number in range(3):
        (server.files / "in" / str(number)).write_bytes(b"x")
    listed = await ftp("list", "in", limit=2)
    assert (len(listed["entries"]), listed["more"]) == (2, True)
    (server.files / "in" / "large").write_bytes(b"x" * 1_500_000)
    error = await fails("get", "in/large")
    assert (error.code, error.retryable) == ("FILE_TOO_LARGE", False)


@pytest.mark.parametrize(
    ("operation", "path", "code"),
    [
        ("get", "", "CONFIG_INVALID"), ("get", "a\r\nDELE b", "CONFIG_INVALID"), ("get", "nothing", "FILE_REFUSED"),
        ("put", "not-allowed", "FILE_REFUSED"), ("rename", "in/0", "CONFIG_INVALID"),
    ],
)  # fmt: skip
async def test_bad_input_is_named(fails: Any, operation: str, path: str, code: str) -> None:
    error = await fails(operation, path)
    assert (error.code, error.retryable) == (code, False), error.message


async def test_security(ftp: Any, fails: Any, login: dict[str, str]) -> None:
    assert (await fails(data={**login, "authority": ""})).code == "TLS"
    assert (await fails(data={**login, "host": "127.0.0.1"})).code == "TLS"
    assert (await ftp("list", data={**login, "security": "none"}))["entries"]


async def test_who_may_not_come_in_and_what_is_not_there(fails: Any, login: dict[str, str], silent: int) -> None:
    wrong = await fails(data={**login, "password": "wrong-password"})
    assert (wrong.code, wrong.retryable, "wrong-password" in wrong.message) == ("LOGIN_REFUSED", False, False), wrong.message
    assert (await fails(data={**login, "port": "1"})).code == "CONNECTION"
    assert (await fails(data={**login, "host": "10.0.0.1"})).code == "EGRESS_REFUSED"
    assert (await fails(data={**login, "port": str(silent)}, timeout_ms=300)).code == "TIMEOUT"


async def test_the_server_goes_away_half_way(fails: Any, login: dict[str, str], server: Vsftpd) -> None:
    """Everything passes through a door that is shut in the middle of the login."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inside, out = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(await inside.readline())
        out.write(await reader.readline())
        writer.close()
        out.close()

    door = await asyncio.start_server(serve, "127.0.0.1", 0)
    error = await fails(data={**login, "security": "none", "port": str(door.sockets[0].getsockname()[1])})
    door.close()
    assert (error.code, error.retryable) == ("CONNECTION", True), error.message
