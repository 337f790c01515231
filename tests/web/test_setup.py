"""The first account, and the mode without authentication: servers of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.support.command import blockyard
from tests.support.server import OWNER, Client, ServerProcess

PAGE = {"Accept": "text/html"}


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server without any account, reachable from other machines."""
    process = ServerProcess(tmp_path / "data", "--host", "0.0.0.0").start()
    yield process
    process.stop()


def test_the_setup_page_asks_for_the_token_and_makes_one_owner(fresh: ServerProcess) -> None:
    visitor = httpx.Client(base_url=fresh.url, headers=PAGE)
    assert visitor.get("/").headers["location"] == "/setup"
    assert visitor.get("/sign-in").headers["location"] == "/setup"
    page = visitor.get("/setup")
    assert (page.status_code, 'name="token"' in page.text) == (200, True)
    refused = visitor.post("/setup", data=OWNER | {"token": "guess"})
    assert (refused.status_code, "set-cookie" in refused.headers) == (403, False)
    assert "correct horse battery" not in refused.text
    found = re.search(r"Setup token.*: (\S+)", fresh.log.read_text())
    assert found is not None
    weak = visitor.post("/setup", data=OWNER | {"token": found[1], "password": "short"})
    assert weak.status_code == 400
    made = visitor.post("/setup", data=OWNER | {"token": found[1]})
    assert made.status_code == 303
    assert visitor.get("/api/auth/me").json()["user"]["role"] == "admin"
    again = httpx.post(f"{fresh.url}/setup", data=OWNER | {"token": found[1], "email": "second@example.com"}, headers=PAGE)
    assert again.headers["location"] == "/sign-in"
    assert "set-cookie" not in again.headers
    assert httpx.get(f"{fresh.url}/setup", headers=PAGE).headers["location"] == "/sign-in"
    second = {"email": "second@example.com", "password": OWNER["password"]}
    assert httpx.post(f"{fresh.url}/api/auth/login", json=second).status_code == 401


def test_on_loopback_no_token_is_asked_and_setup_is_possible_once(own_server: ServerProcess) -> None:
    assert "Setup token" not in own_server.log.read_text()
    answer = httpx.post(f"{own_server.url}/setup", data=OWNER | {"email": "thief@example.com", "username": "thief"}, headers=PAGE)
    assert answer.headers["location"] == "/sign-in"
    assert Client(own_server.url).sign_in().get("/api/auth/me").json()["user"]["email"] == OWNER["email"]


def test_guessing_the_setup_token_is_slowed_down(fresh: ServerProcess) -> None:
    statuses = [
        httpx.post(f"{fresh.url}/setup", data=OWNER | {"token": f"guess {n}"}, headers=PAGE).status_code for n in range(7)
    ]
    assert (statuses[0], statuses[-1]) == (403, 429)


def test_the_secret_key_and_the_data_belong_to_the_owner_alone(own_server: ServerProcess) -> None:
    assert own_server.data.stat().st_mode & 0o777 == 0o700
    assert (own_server.data / "secret.key").stat().st_mode & 0o777 == 0o600


def refusal(*arguments: str, data: Path) -> str:
    ended = blockyard("server", *arguments, data=data)
    assert ended.returncode == 2
    return ended.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "studio.example.com"])
def test_without_authentication_only_loopback_is_served(tmp_path: Path, host: str) -> None:
    assert "loopback" in refusal("--no-auth", "--host", host, data=tmp_path / "data")


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("open") / "data", "--no-auth").start()
    yield process
    process.stop()


def test_without_authentication_everybody_on_the_machine_may_work(open_server: ServerProcess) -> None:
    made = httpx.post(f"{open_server.url}/api/workflows", json={"name": "Open"})
    assert made.status_code == 201
    page = httpx.get(f"{open_server.url}/", headers=PAGE)
    assert (page.status_code, "Authentication is off" in page.text) == (200, True)
    assert "Authentication is OFF" in open_server.log.read_text()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "192.168.1.5", "127.0.0.1.evil.example", "", "[evil"])
def test_without_authentication_a_foreign_host_name_is_refused(open_server: ServerProcess, host: str) -> None:
    """A site whose name points to 127.0.0.1 must not be able to read or change anything."""
    for method, path in (
        ("GET", "/api/workflows"),
        ("POST", "/api/workflows"),
        ("GET", "/"),
        ("GET", "/healthz"),
        ("POST", f"/api/webhooks/{uuid4()}"),
    ):
        answer = httpx.request(
            method, f"{open_server.url}{path}", headers={"Host": host}, json={"name": "x"} if method == "POST" else None
        )
        assert answer.status_code in (400, 403)
    assert "x" not in {workflow["name"] for workflow in httpx.get(f"{open_server.url}/api/workflows").json()["workflows"]}


def test_without_authentication_another_site_cannot_write(open_server: ServerProcess) -> None:
    answer = httpx.post(f"{open_server.url}/api/workflows", json={"name": "x"}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
