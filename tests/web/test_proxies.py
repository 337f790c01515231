"""A proxy before the server: it is believed only when the operator has named it. And callers who are slow on purpose."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from app.web.proxies import Proxies
from tests.support.graphs import block, webhook
from tests.support.hooks import call_hook, hook_url
from tests.support.server import OWNER, Client, ServerProcess
from tests.support.sockets import cookies, opened

SLOW_SECONDS = 2


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that trusts a proxy on its own machine and in one other network."""
    environment = {"BLOCKYARD_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8", "BLOCKYARD_SLOW_SECONDS": str(SLOW_SECONDS)}
    process = ServerProcess(tmp_path_factory.mktemp("behind") / "data", environment=environment).start()
    Client(process.url).set_up()
    yield process
    process.stop()


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.5", "203.0.113.5"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.5, 10.1.2.3", "203.0.113.5"),
        ("::ffff:127.0.0.1", "203.0.113.5:4711", "203.0.113.5"),
        ("127.0.0.1", '"[2001:db8::7]:4711"', "2001:db8::7"),
        ("127.0.0.1", "10.1.2.3, 10.1.2.4", "10.1.2.3"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.5, unknown", "unknown"),
        ("192.0.2.1", "203.0.113.5", "192.0.2.1"),
    ],
)
def test_the_last_place_that_no_trusted_proxy_is_at(peer: str, forwarded: str | None, address: str) -> None:
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    assert Proxies(["127.0.0.1", "10.0.0.0/8"]).address(peer, headers) == address
    assert Proxies().address(peer, headers) == peer


def test_sessions_and_lock_outs_go_by_the_address_that_the_proxy_tells(behind: ServerProcess) -> None:
    owner = Client(behind.url)
    owner.headers["X-Forwarded-For"] = "1.1.1.1, 203.0.113.5"
    owner.sign_in()
    addresses = [session["address"] for session in owner.get("/api/auth/sessions").json()["sessions"]]
    assert "203.0.113.5" in addresses

    def guess(name: str, address: str) -> int:
        body = {"username": name, "password": "wrong-password"}
        return httpx.post(f"{behind.url}/api/auth/login", json=body, headers={"X-Forwarded-For": address}).status_code

    assert [guess(f"nobody{n}", f"{n}.9.9.9, 198.51.100.1") for n in range(6)][-1] == 429
    assert guess("somebody", "198.51.100.2") == 401


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("peer", "scheme", "address"), [("10.1.2.3", "https", "203.0.113.5"), ("192.0.2.1", "http", "192.0.2.1")]
)
async def test_who_is_no_proxy_changes_neither_address_nor_encryption(peer: str, scheme: str, address: str) -> None:
    seen: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope["scheme"], scope["client"][0]))

    headers = [(b"x-forwarded-proto", b"https"), (b"x-forwarded-for", b"203.0.113.5")]
    scope: Any = {"type": "http", "scheme": "http", "client": (peer, 4711), "headers": headers}
    await Proxies(["10.0.0.0/8"]).wrap(application)(scope, None, None)  # type: ignore[arg-type]
    assert seen == [(scheme, address)]


def test_a_proxy_that_speaks_https_makes_the_cookie_secure(behind: ServerProcess) -> None:
    login = {"email": OWNER["email"], "password": OWNER["password"]}
    secure = httpx.post(f"{behind.url}/api/auth/login", json=login, headers={"X-Forwarded-Proto": "https"})
    [cookie] = secure.headers.get_list("set-cookie")
    assert (cookie.startswith("__Host-blockyard_session="), "secure" in cookie.lower()) == (True, True)


def test_an_unnamed_proxy_is_not_believed(server: ServerProcess) -> None:
    login = {"email": OWNER["email"], "password": OWNER["password"]}
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.99"}
    answer = httpx.post(f"{server.url}/api/auth/login", json=login, headers=headers)
    assert not answer.headers["set-cookie"].startswith("__Host-")
    owner = Client(server.url).sign_in()
    assert "203.0.113.99" not in owner.get("/api/auth/sessions").text


def test_the_addresses_of_a_webhook_hold_behind_the_proxy(behind: ServerProcess) -> None:
    owner = Client(behind.url).sign_in()
    hook = webhook(allowed_addresses=["203.0.113.0/24"])
    owner.deployed(hook)
    for forwarded, status in [("203.0.113.5", 200), ("203.0.113.5, 10.0.0.1", 200), ("203.0.113.5, 198.51.100.1", 403)]:
        assert call_hook(behind, hook, headers={"X-Forwarded-For": forwarded}).status_code == status
    assert call_hook(behind, hook).status_code == 403


def sent(server: ServerProcess, *pieces: bytes) -> bytes:
    """What the server says to a caller who sends these pieces and then no more, until it hangs up."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as caller:
        for piece in pieces:
            caller.sendall(piece)
        with caller.makefile("rb") as answer:
            return answer.read()


def executions(owner: Client, workflow: str) -> int:
    found: list[Any] = owner.get("/api/executions", params={"workflow_id": workflow}).json()["executions"]
    return len(found)


@pytest.mark.parametrize("path", ["/api/webhooks/5f0f5a0c-3f0e-4b7e-9a53-0b7c1c6f2d11", "/api/auth/login"])
def test_who_does_not_send_on_is_hung_up_on(behind: ServerProcess, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n".encode()
    with ThreadPoolExecutor(3) as pool:
        in_head, in_body, nothing = pool.map(lambda pieces: sent(behind, *pieces), [[head], [head + b"\r\n{"], []])
    assert in_head.startswith(b"HTTP/1.1 408 ")
    assert in_body.startswith(b"HTTP/1.1 408 ")
    assert nothing == b""


def test_half_a_call_runs_nothing(behind: ServerProcess) -> None:
    owner = Client(behind.url).sign_in()
    hook = webhook()
    workflow = owner.deployed(hook)
    path = hook_url(behind, hook).removeprefix(behind.url)
    head = f"POST {path}?token={hook['config']['webhook_secret']} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
    half = head.encode() + b"Content-Length: 9\r\n\r\nhalf"
    assert sent(behind, half).startswith(b"HTTP/1.1 408 ")
    with socket.create_connection(("127.0.0.1", behind.port), timeout=30) as caller:
        caller.sendall(half)
    assert call_hook(behind, hook).status_code == 200
    assert executions(owner, workflow) == 1


def steadily(began: float) -> Iterator[bytes]:
    """A body that takes its time, with more bytes a second than are asked for."""
    yield b'{"text": "'
    while time.monotonic() - began < SLOW_SECONDS + 0.5:
        time.sleep(0.1)
        yield b"x" * 1_000
    yield b'"}'


def test_who_is_slow_but_does_what_was_promised_is_served(behind: ServerProcess) -> None:
    """A socket that says nothing, an answer that takes long, and a body that comes steadily."""
    owner = Client(behind.url).sign_in()
    hook = webhook()
    owner.deployed(hook, block("wait", "flow.wait", {"seconds": SLOW_SECONDS + 0.5}), edges=["hook>wait"])
    with opened(behind.url, "/api/ws", cookies(owner)) as listening, ThreadPoolExecutor(1) as pool:
        uploading = pool.submit(httpx.post, hook_url(behind, hook), content=steadily(time.monotonic()), timeout=30)
        assert call_hook(behind, hook).status_code == 200
        assert uploading.result().status_code == 401, "it was read to its end, and has no secret"
        assert listening.ping().wait(10)
