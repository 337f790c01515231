"""Signing in and out, sessions, CSRF, foreign sites."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.data import rows
from tests.support.graphs import block, webhook
from tests.support.hooks import call_hook
from tests.support.server import OWNER, Client, ServerProcess

PAGE = {"Accept": "text/html"}


@pytest.fixture
def visitor(server: ServerProcess) -> Client:
    """Somebody without a session."""
    return Client(server.url)


def login(visitor: httpx.Client, **body: Any) -> httpx.Response:
    return visitor.post("/api/auth/login", json=body)


@pytest.mark.parametrize(
    "name",
    [{"email": OWNER["email"]}, {"username": OWNER["username"]}, {"email": "OWNER@Example.COM"}, {"username": OWNER["email"]}],
)
def test_e_mail_or_username_signs_in(visitor: Client, name: dict[str, str]) -> None:
    answer = login(visitor, **name, password=OWNER["password"])
    assert answer.status_code == 200
    assert answer.json()["user"]["username"] == "owner"
    assert set(answer.json()) == {"user", "csrf_token"}
    assert visitor.get("/api/auth/me").json() == answer.json()


def test_the_cookie_is_kept_from_scripts_and_other_sites(visitor: Client) -> None:
    answer = login(visitor, email=OWNER["email"], password=OWNER["password"])
    [cookie] = answer.headers.get_list("set-cookie")
    parts = {part.strip().lower() for part in cookie.split(";")}
    assert {"httponly", "samesite=lax", "path=/"} <= parts
    assert not any(part.startswith("domain") for part in parts)
    token = visitor.cookies["blockyard_session"]
    assert len(token) >= 40
    assert token not in answer.text


def test_over_https_the_cookie_is_secure_and_bound_to_the_host(tmp_path: Any) -> None:
    behind = ServerProcess(tmp_path / "data", environment={"BLOCKYARD_BASE_URL": "https://studio.example.com"}).start()
    try:
        answer = httpx.post(f"{behind.url}/setup", data=OWNER | {"token": ""}, headers={"Host": "studio.example.com"})
        [cookie] = answer.headers.get_list("set-cookie")
        assert cookie.startswith("__Host-blockyard_session=")
        assert "secure" in cookie.lower()
    finally:
        behind.stop()


def test_the_session_is_stored_as_a_hash_only(server: ServerProcess, visitor: Client) -> None:
    visitor.sign_in()
    token = visitor.cookies["blockyard_session"]
    stored = rows(server, "SELECT token_hash FROM sessions")
    assert all(token.encode() not in row[0] for row in stored)


def test_every_sign_in_makes_a_new_session_and_ignores_a_given_one(visitor: Client, server: ServerProcess) -> None:
    planted = "a" * 43
    visitor.cookies.set("blockyard_session", planted)
    login(visitor, email=OWNER["email"], password=OWNER["password"])
    other = Client(server.url)
    other.cookies.set("blockyard_session", planted)
    assert other.get("/api/auth/me").status_code == 401


def test_after_signing_out_the_session_is_dead(visitor: Client, server: ServerProcess) -> None:
    visitor.sign_in()
    token = visitor.cookies["blockyard_session"]
    thief = Client(server.url)
    thief.cookies.set("blockyard_session", token)
    assert thief.get("/api/auth/me").status_code == 200
    assert visitor.post("/api/auth/logout").json() == {"ok": True}
    assert visitor.cookies.get("blockyard_session") is None
    assert thief.get("/api/auth/me").status_code == 401


def test_signing_in_and_out_by_the_pages(visitor: Client) -> None:
    answer = visitor.post("/sign-in", data={"login": "owner", "password": OWNER["password"], "next": "/executions"}, headers=PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/executions")
    page = visitor.get("/executions", headers=PAGE)
    assert page.status_code == 200
    csrf = visitor.get("/api/auth/me").json()["csrf_token"]
    assert visitor.post("/sign-out", data={}, headers=PAGE).status_code == 403
    assert visitor.post("/sign-out", data={"_csrf": csrf}, headers=PAGE).status_code == 303
    assert visitor.get("/executions", headers=PAGE).headers["location"].startswith("/sign-in?next=")


def test_an_unknown_user_and_a_wrong_password_look_the_same(own_server: ServerProcess) -> None:
    answers = [
        httpx.post(f"{own_server.url}/api/auth/login", json={"email": email, "password": "wrong password"})
        for email in (OWNER["email"], "nobody@example.com")
    ]
    known, unknown = ({**answer.json(), "request_id": ""} for answer in answers)
    assert known == unknown
    assert [answer.status_code for answer in answers] == [401, 401]
    assert "set-cookie" not in answers[0].headers


def test_guessing_is_slowed_down(own_server: ServerProcess) -> None:
    tries = [
        httpx.post(f"{own_server.url}/api/auth/login", json={"email": OWNER["email"], "password": f"guess {n}"}) for n in range(7)
    ]
    assert [answer.status_code for answer in tries[:5]] == [401] * 5
    throttled = tries[6]
    assert (throttled.status_code, throttled.json()["error"]) == (429, "TOO_MANY_TRIES")
    assert int(throttled.headers["retry-after"]) >= 1
    right = httpx.post(f"{own_server.url}/api/auth/login", json={"email": OWNER["email"], "password": OWNER["password"]})
    assert right.status_code == 429, "even the right password has to wait"
    page = httpx.post(f"{own_server.url}/sign-in", data={"login": "owner", "password": "x"}, headers=PAGE)
    assert page.status_code == 429


@pytest.mark.parametrize(
    "body",
    [{"email": "owner@example.com"}, {"password": "x"}, {"email": 1, "password": "x"}, {"email": "a", "password": None}, []],
)
def test_a_login_without_its_fields_is_400(visitor: Client, body: Any) -> None:
    assert visitor.post("/api/auth/login", json=body).status_code == 400


def test_flow8_s_login_without_a_content_type_is_read(visitor: Client) -> None:
    answer = visitor.post(
        "/api/auth/login",
        content=f'{{"email": "{OWNER["email"]}", "password": "{OWNER["password"]}"}}',
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("token", ["", "wrong", "é", None])
def test_an_unsafe_request_needs_the_csrf_token(client: Client, server: ServerProcess, kept: str, token: str | None) -> None:
    thief = httpx.Client(base_url=server.url, cookies=client.cookies)
    headers = {} if token is None else {b"X-CSRF-Token": token.encode()}
    for method, path in (
        ("PUT", f"/api/workflows/{kept}/graph"),
        ("POST", f"/api/workflows/{kept}/deploy"),
        ("DELETE", f"/api/workflows/{kept}"),
    ):
        answer = thief.request(method, path, json={}, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (403, "CSRF")
    assert thief.get(f"/api/workflows/{kept}").status_code == 200


def test_the_token_of_another_session_does_not_count(client: Client, server: ServerProcess, kept: str) -> None:
    other = Client(server.url).sign_in()
    answer = client.post(f"/api/workflows/{kept}/arm", headers={"X-CSRF-Token": other.headers["X-CSRF-Token"]})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[evil"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://127.0.0.1:1"},
    ],
    ids=str,
)
def test_a_page_of_another_site_cannot_change_anything(
    client: Client, visitor: Client, kept: str, headers: dict[str, str]
) -> None:
    answer = client.put(f"/api/workflows/{kept}/graph", json={"blocks": [], "edges": []}, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (403, "FOREIGN_ORIGIN")
    refused = visitor.post("/api/auth/login", json={"email": OWNER["email"], "password": OWNER["password"]}, headers=headers)
    assert (refused.status_code, "set-cookie" in refused.headers) == (403, False)


def test_the_own_origin_may(client: Client, server: ServerProcess) -> None:
    assert client.post("/api/workflows", json={"name": f"Own {uuid4().hex}"}, headers={"Origin": server.url}).status_code == 201


def test_a_webhook_may_be_called_from_anywhere(client: Client, server: ServerProcess) -> None:
    hook = webhook()
    client.deployed(hook, block("end", "response"), edges=["hook>end"])
    assert call_hook(server, hook, headers={"Origin": "https://shop.example"}).status_code == 200


@pytest.mark.parametrize("token", ["", "x", "a" * 5000, "../../etc", "é"])
def test_a_made_up_session_is_none(server: ServerProcess, token: str) -> None:
    answer = httpx.get(f"{server.url}/api/auth/me", headers={b"Cookie": f"blockyard_session={token}".encode()})
    assert answer.status_code == 401
    page = httpx.get(f"{server.url}/", headers={b"Accept": b"text/html", b"Cookie": f"blockyard_session={token}".encode()})
    assert page.headers["location"].startswith("/sign-in")


def test_no_answer_allows_other_origins(client: Client, kept: str) -> None:
    for path in ("/api/workflows", f"/api/workflows/{kept}", "/healthz", "/"):
        answer = client.get(path, headers={"Origin": "https://evil.example"})
        assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil",
        "javascript:alert(1)",
        "/ok\r\nSet-Cookie: a=b",
        "/%0d%0aX: 1",
        "",
    ],
)
def test_signing_in_never_leads_elsewhere(server: ServerProcess, target: str) -> None:
    visitor = Client(server.url)
    answer = visitor.post("/sign-in", data={"login": "owner", "password": OWNER["password"], "next": target}, headers=PAGE)
    location = answer.headers["location"]
    assert answer.status_code == 303
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
    assert "\n" not in location
    shown = visitor.get("/sign-in", params={"next": target}, headers=PAGE).text
    assert "evil" not in shown or 'value="/' in shown
