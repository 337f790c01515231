"""Role x route x workspace, over every route of the application: who is below a route's role is refused, and nothing of one
workspace can be reached from another. A new route is walked over without anybody adding it here."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.services.permissions import PERMISSIONS, RANK
from tests.support.data import database
from tests.support.foreign import one_of_everything, unknown_in, values_of
from tests.support.keys import bearer, new_key
from tests.support.people import join
from tests.support.routes import Route, all_routes
from tests.support.server import Client, ServerProcess

ENDS_THE_SESSION = {"/sign-out", "/api/auth/logout", "/account/sessions/end-others"}
"""Not called by those who may: the walk would be over."""
OF_EVERYBODY = {"block_type", "name", "plugin", "file_path"}
"""Parameters that name no row of a workspace."""
OF_A_MODEL_AT_WORK = ("/copilot/sessions/{session:str}/events", "/copilot/messages/{message:str}/snapshot")
TABLES = {
    **dict.fromkeys(("workflows", "revisions", "credentials", "executions", "memberships", "signals", "workspaces"), "*"),
    **dict.fromkeys(("data_tables", "data_rows", "channels", "groups", "kv", "test_inputs", "triggers"), "*"),
    **dict.fromkeys(("copilot_sessions", "copilot_messages", "copilot_proposals"), "*"),
    "api_keys": "id, workspace_id, user_id, name, token_hash, scopes",
}
"""What must come out of the walk as it was; when a key was used last may change."""
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> list[Route]:
    """Those that need somebody."""
    found = [route for route in all_routes(tmp_path_factory.mktemp("matrix")) if route.opt["auth"] == "session"]
    assert len(found) > 80
    return found


@pytest.fixture(scope="module")
def people(server: ServerProcess) -> dict[str, Client]:
    """One member of the owner's workspace with each role."""
    return {role: join(server, f"matrix-{role}-{uuid4().hex[:6]}", role) for role in RANK}


def status_of(person: httpx.Client, route: Route, values: Mapping[str, str]) -> int:
    """How a call is answered; streams are left as soon as they begin."""
    accept = {"Accept": "text/html"} if route.is_page else {}
    body: dict[str, Any] = {} if route.method in ("GET", "HEAD", "DELETE") else {"json": {}}
    with person.stream(route.method, route.address(values), headers=accept, **body) as answer:
        return answer.status_code


def nothing(route: Route) -> dict[str, str]:
    """Ids of nothing."""
    return {name: str(uuid4()) for name in route.parameters}


def http(routes: list[Route]) -> list[Route]:
    return [route for route in routes if route.method not in ("WEBSOCKET", "MOUNT")]


def test_who_is_below_the_role_of_a_route_is_refused(routes: list[Route], people: dict[str, Client]) -> None:
    let_in = [
        f"{role}: {route}"
        for role, person in people.items()
        for route in http(routes)
        if RANK[role] < RANK[route.opt["role"]] and status_of(person, route, nothing(route)) != 403
    ]
    assert let_in == []


def test_who_has_the_role_is_not_refused(routes: list[Route], people: dict[str, Client]) -> None:
    refused = {
        f"{role}: {route}": status
        for role, person in people.items()
        for route in http(routes)
        if route.opt["role"] == role and route.path not in ENDS_THE_SESSION
        for status in [status_of(person, route, nothing(route))]
        if status in (401, 403) or status >= 500
    }
    operators = {name for name in refused if "/operator" in name}
    assert {name: status for name, status in refused.items() if name not in operators} == {}


def test_a_key_without_the_scope_of_a_route_is_refused(routes: list[Route], client: Client, server: ServerProcess) -> None:
    """A key of an admin that has every scope but one."""
    for missing in ("flows:read", "flows:write", "flows:run", "executions:read", "executions:write", "admin"):
        others = {permission.scope for permission in PERMISSIONS.values()} - {missing, "any", "people"}
        program = bearer(server, new_key(client, *sorted(others)))
        let_in = [
            str(route)
            for route in http(routes)
            if PERMISSIONS[route.opt["action"]].scope == missing and status_of(program, route, nothing(route)) != 403
        ]
        assert let_in == []


def test_every_route_names_its_action(routes: list[Route]) -> None:
    assert [str(route) for route in routes if "action" not in route.opt] == []
    assert [str(route) for route in routes if PERMISSIONS[route.opt["action"]].role != route.opt["role"]] == []


def test_only_reading_is_for_viewers(routes: list[Route]) -> None:
    """Whatever changes something of the workspace needs more; one's own account is one's own."""
    writing = [route for route in routes if route.method in ("POST", "PUT", "PATCH", "DELETE") and route.opt["role"] == "viewer"]
    assert {route.opt["action"] for route in writing} <= {"account.write", "workflows.preview", "mcp.use", "copilot.ask"}


@pytest.fixture(scope="module")
def foreign(client: Client, server: ServerProcess) -> dict[str, str]:
    """One of everything, in the owner's workspace."""
    return one_of_everything(client, server)


def test_the_walk_aims_at_what_is_there(routes: list[Route], foreign: dict[str, str], client: Client) -> None:
    """Else nothing could be found by anybody, and the walk would prove nothing."""
    aimed = [route for route in http(routes) if not set(route.parameters) <= OF_EVERYBODY | {"namespace", "key"}]
    assert [str(route) for route in aimed if unknown_in(route, foreign)] == []
    reading = [route for route in aimed if route.method == "GET" and not route.path.endswith(OF_A_MODEL_AT_WORK)]
    assert [str(route) for route in reading if status_of(client, route, values_of(route, foreign)) == 404] == []


def snapshot(server: ServerProcess) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(database(server), timeout=10)) as connection:
        queries = {table: f"SELECT {columns} FROM {table}" for table, columns in TABLES.items()}
        return {table: sorted(connection.execute(query).fetchall(), key=repr) for table, query in queries.items()}


def test_nothing_of_another_workspace_can_be_reached(
    routes: list[Route], foreign: dict[str, str], client: Client, server: ServerProcess
) -> None:
    """An admin elsewhere, by session and by a key with every scope, gets what somebody gets who made the ids up."""
    stranger = join(server, f"matrix-stranger-{uuid4().hex[:6]}", "admin", elsewhere=True)
    scopes = sorted({permission.scope for permission in PERMISSIONS.values()} - {"any", "people"})
    program = bearer(server, new_key(stranger, *scopes))
    before = snapshot(server)
    reached = {}
    for route in http(routes):
        if set(route.parameters) <= OF_EVERYBODY or "namespace" in route.parameters or route.path in ENDS_THE_SESSION:
            continue  # what is named by a namespace is found in one's own workspace only, whatever its name
        values = values_of(route, foreign)
        for name, person in (("session", stranger), ("key", program)):
            status = status_of(person, route, values)
            made_up = status_of(person, route, nothing(route))
            if status != made_up or status in (200, 201, 202, 303):
                reached[f"{name}: {route}"] = (status, made_up)
    after = snapshot(server)
    assert reached == {}
    assert [table for table in TABLES if not set(map(repr, before[table])) <= set(map(repr, after[table]))] == []
    assert client.get(f"/api/v1/approvals/{foreign['approval']}").json()["status"] == "pending"


def test_a_header_does_not_lead_into_another_workspace(client: Client, server: ServerProcess) -> None:
    stranger = join(server, f"matrix-header-{uuid4().hex[:6]}", "admin", elsewhere=True)
    home = client.get("/api/auth/me").json()["user"]["workspace_id"]
    for path in ("/api/workflows", "/api/v1/credentials", "/api/auth/api-keys", "/api/v1/audit"):
        assert stranger.get(path, headers={"X-Workspace": home}).status_code == 404
    for made_up in (str(uuid4()), "x", "../" + home, home.upper() + "x", "é"):
        assert stranger.get("/api/workflows", headers={b"X-Workspace": made_up.encode()}).status_code == 404


# -- WebSockets ------------------------------------------------------------------------------------------------------------


def handshake(person: httpx.Client, address: str, **headers: str) -> int:
    """How the wish for a WebSocket is answered; 101 lets it in."""
    with person.stream("GET", address, headers=UPGRADE | headers) as answer:
        return answer.status_code


def test_a_socket_opens_for_those_who_may_and_for_no_others(
    routes: list[Route], foreign: dict[str, str], client: Client, server: ServerProcess
) -> None:
    stranger = join(server, f"matrix-socket-{uuid4().hex[:6]}", "admin", elsewhere=True)
    visitor = httpx.Client(base_url=server.url)
    nobody = bearer(server, "by_live_" + "a" * 40)
    sockets = [route for route in routes if route.method == "WEBSOCKET"]
    assert sockets
    for route in sockets:
        address = route.address(values_of(route, foreign))
        assert handshake(client, address, Origin=server.url) == 101, route
        assert handshake(client, address, Origin="https://evil.example") != 101, "a page of another site, with the cookie"
        assert handshake(visitor, address) != 101, route
        assert handshake(nobody, address) != 101, route
        if route.parameters:
            assert handshake(stranger, address, Origin=server.url) != 101, route


def test_a_mounted_application_is_behind_the_same_door(routes: list[Route], client: Client, server: ServerProcess) -> None:
    for route in [route for route in routes if route.method == "MOUNT"]:
        assert httpx.post(f"{server.url}{route.path}", json={}).status_code == 401
        assert bearer(server, new_key(client, "flows:read")).post(route.path, json={}).status_code == 403
        evil = {"Origin": "https://evil.example"}
        assert client.post(route.path, json={}, headers=evil).status_code == 403
