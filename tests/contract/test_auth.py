"""Who may call: keys, tokens, sessions, roles (contract.md A002-A009, A054-A057, A068-A073, A178-A187)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.data import rows
from tests.support.graphs import block
from tests.support.keys import bearer, new_key
from tests.support.people import join
from tests.support.server import OWNER, Client, ServerProcess

PASSWORD = OWNER["password"]


def login_token(server: ServerProcess, **name: str) -> str:
    answer = httpx.post(f"{server.url}/auth/login", json={**name, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])


def test_a002_a_key_opens_rest_and_mcp(client: Client, server: ServerProcess) -> None:
    program = bearer(server, new_key(client, "flows:read", "executions:read"))
    assert program.get("/api/workflows").status_code == 200
    assert program.get("/api/executions").status_code == 200
    assert program.get("/api/auth/me").json()["user"]["username"] == "owner"


def test_a003_a_key_is_a_prefix_and_forty_random_characters(client: Client) -> None:
    assert re.fullmatch(r"by_live_[A-Za-z0-9]{40}", new_key(client, "flows:read"))
    assert new_key(client, "flows:read") != new_key(client, "flows:read")


def test_a004_a_key_does_only_what_its_scopes_say(client: Client, server: ServerProcess) -> None:
    reader = bearer(server, new_key(client, "flows:read"))
    assert reader.get("/api/workflows").status_code == 200
    for method, path in (
        ("POST", "/api/workflows"),
        ("POST", "/api/workflows/x/execute"),
        ("GET", "/api/executions"),
        ("GET", "/api/auth/api-keys"),
        ("GET", "/api/v1/audit"),
        ("GET", "/api/v1/credentials"),
        ("POST", "/api/auth/logout"),
    ):
        refused = reader.request(method, path, json={})
        assert (refused.status_code, refused.json()["error"]) == (403, "FORBIDDEN"), path


def test_a005_a_key_is_shown_once(client: Client, server: ServerProcess) -> None:
    made = client.post("/api/auth/api-keys", json={"name": "Once", "scopes": ["flows:read"]})
    token = made.json()["token"]
    assert made.status_code == 201
    assert token not in client.get("/api/auth/api-keys").text
    assert all(token.encode() not in row[0] for row in rows(server, "SELECT token_hash FROM api_keys"))


def test_a006_without_a_key_the_answer_is_401(server: ServerProcess) -> None:
    answer = httpx.get(f"{server.url}/api/workflows")
    assert (answer.status_code, answer.json()["error"]) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize("token", ["x", "by_live_", "by_live_" + "a" * 40, "eyJhbGciOiJub25lIn0.e30.", "é" * 20, "a" * 5000])
def test_a007_an_invalid_key_is_401(server: ServerProcess, token: str) -> None:
    answer = httpx.get(f"{server.url}/api/workflows", headers={b"Authorization": f"Bearer {token}".encode()})
    assert answer.status_code == 401


def test_a008_the_developer_surface_speaks_json_below_api_v1(client: Client, server: ServerProcess) -> None:
    program = bearer(server, new_key(client, "credentials:write", "executions:read"))
    for path in ("/api/v1/credentials", "/api/v1/approvals", "/api/v1/nothing"):
        assert program.get(path).headers["content-type"] == "application/json"


def test_a009_a_key_reaches_its_own_workspace_only(client: Client, server: ServerProcess) -> None:
    mine = client.new(block("start", "starter"))
    stranger = join(server, f"stranger-{uuid4().hex[:8]}", "admin", elsewhere=True)
    program = bearer(server, new_key(stranger, "flows:read", "flows:write", "flows:run"))
    assert program.get("/api/workflows").json()["total"] == 0
    assert program.get(f"/api/workflows/{mine}").status_code == 404
    assert program.delete(f"/api/workflows/{mine}").status_code == 404
    home = client.get("/api/auth/me").json()["user"]["workspace_id"]
    assert program.get("/api/workflows", headers={"X-Workspace": home}).status_code == 404


def test_a054_a_session_cookie_opens_the_api(server: ServerProcess) -> None:
    browser = Client(server.url).sign_in()
    assert "blockyard_session" in browser.cookies
    assert browser.get("/api/workflows").status_code == 200


def test_a055_login_takes_e_mail_and_password_and_sets_the_cookie(server: ServerProcess) -> None:
    answer = httpx.post(f"{server.url}/api/auth/login", content=f'{{"email":"{OWNER["email"]}","password":"{PASSWORD}"}}')
    assert (answer.status_code, "blockyard_session" in answer.cookies) == (200, True)


def test_a056_the_cookie_of_the_login_opens_what_follows(server: ServerProcess) -> None:
    answer = httpx.post(f"{server.url}/api/auth/login", json={"email": OWNER["email"], "password": PASSWORD})
    assert httpx.get(f"{server.url}/api/workflows", cookies=answer.cookies).status_code == 200


def test_a057_a_token_that_begins_with_eyj_opens_the_api(server: ServerProcess) -> None:
    token = login_token(server, email=OWNER["email"])
    assert token.startswith("eyJ")
    assert bearer(server, token).get("/api/workflows").status_code == 200


def test_a068_login(server: ServerProcess) -> None:
    answer = httpx.post(f"{server.url}/api/auth/login", json={"username": OWNER["username"], "password": PASSWORD})
    assert answer.json()["user"]["email"] == OWNER["email"]


def test_a069_logout_ends_the_session(server: ServerProcess) -> None:
    browser = Client(server.url).sign_in()
    cookies = dict(browser.cookies)
    assert browser.post("/api/auth/logout").status_code == 200
    assert httpx.get(f"{server.url}/api/auth/me", cookies=cookies).status_code == 401


def test_a070_me_tells_who_calls(client: Client) -> None:
    user = client.get("/api/auth/me").json()["user"]
    assert (user["username"], user["email"], user["role"]) == ("owner", OWNER["email"], "admin")


def test_a071_keys_are_created_with_name_scopes_and_an_end(client: Client, server: ServerProcess) -> None:
    ends = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    made = client.post("/api/auth/api-keys", json={"name": "Nightly", "scopes": ["flows:run", "flows:read"], "expiresAt": ends})
    key = made.json()
    assert made.status_code == 201
    assert {"id", "name", "token", "scopes", "expiresAt"} <= set(key)
    assert (key["name"], key["scopes"]) == ("Nightly", ["flows:read", "flows:run"])
    assert bearer(server, key["token"]).get("/api/workflows").status_code == 200


def test_a072_keys_are_listed(client: Client) -> None:
    made = client.post("/api/auth/api-keys", json={"name": "Listed", "scopes": ["kv"]}).json()
    [found] = [key for key in client.get("/api/auth/api-keys").json()["data"] if key["id"] == made["id"]]
    assert (found["name"], found["scopes"], found["hint"]) == ("Listed", ["kv"], made["token"][:12])
    assert "token" not in found


def test_a073_a_revoked_key_is_dead(client: Client, server: ServerProcess) -> None:
    made = client.post("/api/auth/api-keys", json={"name": "Gone", "scopes": ["flows:read"]}).json()
    program = bearer(server, made["token"])
    assert program.get("/api/workflows").status_code == 200
    assert client.delete(f"/api/auth/api-keys/{made['id']}").status_code == 200
    assert program.get("/api/workflows").status_code == 401
    assert client.delete(f"/api/auth/api-keys/{made['id']}").status_code == 404


def test_a178_authentication_can_be_off_on_this_machine(tmp_path: Path) -> None:
    process = ServerProcess(tmp_path / "data", "--no-auth").start()
    try:
        assert httpx.get(f"{process.url}/api/workflows").status_code == 200
        assert httpx.post(f"{process.url}/api/workflows", json={"name": "Open"}).status_code == 201
    finally:
        process.stop()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("register") / "data").start()
    yield process
    process.stop()


def test_a179_register_makes_the_first_user_an_admin_and_no_other(empty: ServerProcess) -> None:
    def register(http: Any = httpx, **body: str) -> httpx.Response:
        answer: httpx.Response = http.post(f"{empty.url}/auth/register", json={"password": PASSWORD, **body})
        return answer

    first = register(username="admin", role="admin")
    assert (first.status_code, first.json()["role"]) == (201, "admin")
    for role in ("admin", "viewer"):
        refused = register(username=f"late-{role}", role=role)
        assert (refused.status_code, refused.json()["error"]) == (403, "FORBIDDEN")
    admin = bearer(empty, login_token(empty, username="admin"))
    assert register(admin, username="vera", role="viewer").status_code == 201
    assert register(admin, username="vera", role="viewer").status_code == 409
    assert register(admin, username="rex", role="king").status_code == 400
    vera = bearer(empty, login_token(empty, username="vera"))
    assert register(vera, username="eve", role="viewer").status_code == 403
    assert vera.get("/api/auth/me").json()["user"]["role"] == "viewer"


def test_a180_login_gives_a_token(server: ServerProcess) -> None:
    answer = httpx.post(f"{server.url}/auth/login", json={"username": "owner", "password": PASSWORD})
    assert answer.json()["token"].count(".") == 2
    assert "set-cookie" not in answer.headers
    wrong = httpx.post(f"{server.url}/auth/login", json={"username": "nobody-here", "password": "x"})
    assert (wrong.status_code, wrong.json()["error"]) == (401, "UNAUTHORIZED")


def test_a181_the_token_opens_the_developer_surface(server: ServerProcess) -> None:
    program = bearer(server, login_token(server, username="owner"))
    assert program.get("/api/v1/approvals").status_code == 200
    assert program.get("/api/v1/audit").status_code == 200


@pytest.fixture(scope="module")
def programs(server: ServerProcess) -> dict[str, httpx.Client]:
    """A program of a new member with each role."""
    found = {}
    for role in ("viewer", "executor", "editor", "admin"):
        name = f"{role}-{uuid4().hex[:8]}"
        join(server, name, role)
        found[role] = bearer(server, login_token(server, username=name))
    return found


@pytest.fixture
def drawn(client: Client) -> str:
    return client.new(block("start", "starter"), block("end", "response"), edges=["start>end"])


def may(program: httpx.Client, drawn: str) -> list[str]:
    """What a program is not refused, by trying."""
    tries = {
        "read": program.get(f"/api/workflows/{drawn}"),
        "run": program.post(f"/api/workflows/{drawn}/execute", json={}),
        "edit": program.put(f"/api/workflows/{drawn}", json={"description": "tried"}),
        "manage": program.get("/api/auth/api-keys"),
    }
    assert {answer.status_code for answer in tries.values()} <= {200, 403}
    return [name for name, answer in tries.items() if answer.status_code == 200]


def test_a182_a_viewer_reads(programs: dict[str, httpx.Client], drawn: str) -> None:
    assert may(programs["viewer"], drawn) == ["read"]


def test_a183_an_executor_also_runs(programs: dict[str, httpx.Client], drawn: str) -> None:
    assert may(programs["executor"], drawn) == ["read", "run"]


def test_a184_an_editor_also_edits(programs: dict[str, httpx.Client], drawn: str) -> None:
    assert may(programs["editor"], drawn) == ["read", "run", "edit"]


def test_a185_an_admin_also_manages(programs: dict[str, httpx.Client], drawn: str) -> None:
    assert may(programs["admin"], drawn) == ["read", "run", "edit", "manage"]


def test_a186_each_role_may_what_the_one_below_may(programs: dict[str, httpx.Client], drawn: str) -> None:
    allowed = [set(may(program, drawn)) for program in programs.values()]
    assert all(lower < higher for lower, higher in pairwise(allowed))


def test_a187_the_platform_api_is_closed_to_those_who_show_nothing(server: ServerProcess) -> None:
    for path in ("/api/workflows", "/api/executions", "/api/v1/approvals", "/api/v1/credentials", "/api/auth/api-keys"):
        assert httpx.get(f"{server.url}{path}").status_code == 401, path
