"""ssh.exec and sftp.transfer against a real OpenSSH."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.peers.openssh import OpenSsh, openssh

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server() -> Iterator[OpenSsh]:
    with openssh() as running:
        yield running


@pytest.fixture
def login(server: OpenSsh) -> dict[str, str]:
    return server.login()


@pytest.fixture
def command(run: Any, login: dict[str, str]) -> Any:
    async def command(command: str, *arguments: str, data: dict[str, str] | None = None, value: Any = None, **config: Any) -> Any:
        config = {"credential": "SSH", "command": command, "arguments": list(arguments), **config}
        return await run("ssh.exec", config, value, credentials={"SSH": ("ssh", data or login)})

    return command


@pytest.fixture
def sftp(run: Any, login: dict[str, str]) -> Any:
    async def sftp(operation: str, path: str = "", value: Any = None, **config: Any) -> Any:
        config = {"credential": "SSH", "operation": operation, "path": path, **config}
        return await run("sftp.transfer", config, value, credentials={"SSH": ("ssh", login)})

    return sftp


@pytest.fixture
def fails(refused: Any, login: dict[str, str]) -> Any:
    async def fails(data: dict[str, str] | None = None, block: str = "ssh.exec", **config: Any) -> Any:
        usual = {"credential": "SSH", **({"command": "true"} if block == "ssh.exec" else {}), **config}
        return await refused(block, usual, "x", credentials={"SSH": ("ssh", data or login)})

    return fails


async def test_a_command(command: Any) -> None:
    told = await command("cat; echo wrong >&2; echo", "$(id)", "a'b; {{ input }}", value="`x`", stdin="Hällo\n")
    assert told == {
        "exit_status": 0, "signal": None, "stdout": "Hällo\n$(id) a'b; `x`\n", "stderr": "wrong\n", "complete": True,
    }  # fmt: skip
    assert (await command("echo '{{ input }}'"))["stdout"] == "{{ input }}\n"


async def test_a_command_that_fails(command: Any, fails: Any) -> None:
    error = await fails(command="echo the reason >&2; exit 3")
    assert (error.code, error.details, "the reason" in error.message) == ("COMMAND_FAILED", {"exit_status": 3}, True)
    assert (await command("exit 3", check=False))["exit_status"] == 3
    assert (await command("kill -TERM $$", check=False))["signal"] == "TERM"


async def test_a_command_that_says_too_much(command: Any) -> None:
    told = await command("head -c 2000000 /dev/zero | tr '\\0' x")
    assert (len(told["stdout"]), told["complete"]) == (500_000, False)


async def test_files_go_there_and_back(sftp: Any, server: OpenSsh) -> None:
    await sftp("make_folder", "größe")
    file = {"filename": "a.bin", "content_type": "x/y", "size": 2, "base64": "AP8="}
    await sftp("put", "größe/a b.bin", file)
    await sftp("put", "größe/a b.bin", file)
    assert [found.name for found in (server.files / "größe").iterdir()] == ["a b.bin"]
    got = await sftp("get", "größe/a b.bin")
    assert (got["file"]["base64"], got["file"]["filename"]) == ("AP8=", "a b.bin")
    await sftp("put", "text", "Hällo")
    listed = (await sftp("list"))["entries"]
    assert [(one["name"], one["type"], one["size"]) for one in listed] == [("größe", "folder", None), ("text", "file", 6)]
    assert (await sftp("list", limit=1))["more"] is True
    assert (await sftp("rename", "text", target="größe/text"))["path"] == "größe/text"
    for path in ("größe/text", "größe/a b.bin", "größe"):
        await sftp("delete", path)
    assert (await sftp("list"))["entries"] == []


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"operation": "get", "path": "nothing"}, "FILE_REFUSED"),
        ({"operation": "get", "path": "/dev/zero"}, "FILE_TOO_LARGE"),
        ({"operation": "put", "path": "no/where"}, "FILE_REFUSED"),
        ({"operation": "get", "path": ""}, "CONFIG_INVALID"),
        ({"operation": "delete", "path": "a\nb"}, "CONFIG_INVALID"),
    ],
    ids=str,
)
async def test_bad_paths_are_named(fails: Any, config: dict[str, Any], code: str) -> None:
    error = await fails(block="sftp.transfer", **config)
    assert (error.code, error.retryable) == (code, False), error.message


async def test_the_machine_must_be_the_right_one(fails: Any, login: dict[str, str], server: OpenSsh) -> None:
    stranger = (server.place / "stranger.pub").read_text()
    assert (await fails({**login, "host_key": stranger})).code == "HOST_KEY_WRONG"
    assert (await fails({**login, "host_key": login["host_key"].replace("localhost", "elsewhere")})).code == "HOST_KEY_WRONG"
    unknown = await fails({**login, "host_key": ""})
    assert (unknown.code, unknown.retryable) == ("HOST_KEY_UNKNOWN", False)
    shown = (server.place / "host.pub").read_text().split()[1]
    assert shown in unknown.message
    assert (await fails({**login, "host_key": "nonsense"})).code in ("CREDENTIAL_INVALID", "HOST_KEY_WRONG")


async def test_keys(command: Any, fails: Any, login: dict[str, str], server: OpenSsh) -> None:
    locked = {**login, "private_key": (server.place / "locked").read_text()}
    assert (await command("true", data={**locked, "passphrase": "open sesame"}))["exit_status"] == 0
    assert (await command("true", data={**login, "host_key": (server.place / "host.pub").read_text()}))["exit_status"] == 0
    assert (await fails({**locked, "passphrase": "wrong"})).code == "CREDENTIAL_INVALID"
    assert (await fails({**login, "private_key": "nonsense"})).code == "CREDENTIAL_INVALID"
    wrong = await fails({**login, "private_key": (server.place / "stranger").read_text()})
    assert (wrong.code, wrong.retryable) == ("LOGIN_REFUSED", False)


async def test_what_is_not_there_and_what_takes_too_long(fails: Any, login: dict[str, str], silent: int) -> None:
    assert (await fails({**login, "port": "1"})).code == "CONNECTION"
    assert (await fails({**login, "host": "10.0.0.1"})).code == "EGRESS_REFUSED"
    assert (await fails({**login, "port": str(silent)}, timeout_ms=300)).code == "TIMEOUT"
    assert (await fails(command="sleep 30", timeout_ms=700)).code == "TIMEOUT"
    assert (await fails(command=" ")).code == "CONFIG_INVALID"


async def test_the_machine_goes_away_half_way(fails: Any, server: OpenSsh) -> None:
    asking = asyncio.create_task(fails(command=f"touch {server.files}/began; sleep 30"))
    while not (server.files / "began").exists():  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    await asyncio.to_thread(server.run, "sh", "-c", f"pkill -9 -P $(cat {server.place}/pid)")
    error = await asking
    assert (error.code, error.retryable) == ("CONNECTION", True), error.message
