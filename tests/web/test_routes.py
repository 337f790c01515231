"""Every route says who may use it, and every answer carries the headers that guard it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from litestar import get

from app.main import create_app
from app.settings import Settings
from app.web.auth import check_routes_declare_auth
from tests.support.graphs import block, webhook
from tests.support.hooks import call_hook
from tests.support.routes import Route, all_routes
from tests.support.server import Client, ServerProcess

PAGE = {"Accept": "text/html"}
CALLS = ("DELETE", "GET", "PATCH", "POST", "PUT")
CALLS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PUBLIC = {
    ("GET", "/setup"),
    ("POST", "/setup"),
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("GET", "/sign-in/code"),
    ("POST", "/sign-in/code"),
    # Away to the operator's OpenID provider, and back with its word.
    ("GET", "/sign-in/oidc"),
    ("GET", "/sign-in/oidc/back"),
    # Whoever holds an invitation or a link for a new password: the token in it works once.
    ("GET", "/invitation"),
    ("POST", "/invitation"),
    ("GET", "/new-password"),
    ("POST", "/new-password"),
    # Who has forgotten a password asks for a link by mail; the answer is the same for everybody.
    ("GET", "/forgotten-password"),
    ("POST", "/forgotten-password"),
    ("POST", "/api/auth/login"),
    ("POST", "/auth/login"),
    # Makes the very first account; afterwards it refuses all but those who may manage members.
    ("POST", "/auth/register"),
    ("GET", "/healthz"),
    ("GET", "/api/health"),
    ("GET", "/readyz"),
    # Whoever holds the address of a waiting step may let it go on: the address is signed by the server and works once.
    ("GET", "/api/resume/{token:str}"),
    ("POST", "/api/resume/{token:str}"),
    # Calls of other systems: the trigger's or channel's own secret, and the deploy gate, decide.
    ("POST", "/api/v1/webhook/{key:str}"),
    *((method, "/webhooks/{workflow:str}") for method in CALLS),
    *((method, "/c/{channel:str}") for method in CALLS),
    *((method, "/c/{channel:str}/{path:path}") for method in CALLS),
    # Forms and conversations of workflows: open while the workflow is deployed or armed; the block says for whom.
    ("GET", "/pages/{page_id:str}"),
    ("POST", "/pages/{page_id:str}"),
    ("GET", "/pages/{page_id:str}/messages"),
    ("POST", "/pages/{page_id:str}/messages"),
    # Ask for the operator's token, an admin or loopback themselves (contract.md C12, C35).
    ("GET", "/metrics"),
    ("GET", "/api/metrics"),
    ("WEBSOCKET", "/api/monitor"),
    # Descriptions that are the same for everybody.
    ("GET", "/api/openapi.json"),
    ("GET", "/api/schema/workflow.json"),
    ("GET", "/static/{name:path}"),
    ("HEAD", "/static/{name:path}"),
    # The figures themselves are only for the operator: see tests/contract/test_r8r.py.
    ("GET", "/metrics"),
    ("GET", "/api/metrics"),
    ("GET", "/api/openapi.json"),
    ("GET", "/api/schema/workflow.json"),
    # Calls from outside: the trigger's key, the webhook's secret or the channel's token decides.
    ("POST", "/api/v1/webhook/{key:str}"),
    *((method, "/webhooks/{workflow:str}") for method in CALLS),
    *((method, path) for method in CALLS for path in ("/c/{channel:str}", "/c/{channel:str}/{path:path}")),
}
"""What anybody may call. A route that is added here is a decision. Webhook calls do not come through these routes."""


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> list[Route]:
    return all_routes(tmp_path_factory.mktemp("routes"))


def test_only_known_routes_are_public(routes: list[Route]) -> None:
    assert len(routes) > 40
    assert {(route.method, route.path) for route in routes if route.opt["auth"] == "public"} == PUBLIC


def test_without_a_session_the_api_says_401_and_pages_lead_to_sign_in(server: ServerProcess, routes: list[Route]) -> None:
    visitor = httpx.Client(base_url=server.url)
    for route in routes:
        if route.opt["auth"] == "public" or route.method == "WEBSOCKET":
            continue
        method = "POST" if route.method == "MOUNT" else route.method
        address = route.address({name: str(uuid4()) for name in route.parameters})
        answer = visitor.request(method, address, headers=PAGE)
        if route.is_page:
            assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (302, "/sign-in"), route
        else:
            assert (answer.status_code, answer.json()["error"]) == (401, "UNAUTHORIZED"), route
        assert visitor.request(method, address, json={}).status_code == 401, route


@pytest.mark.parametrize("token", ["x", "0" * 64, "a" * 63, "A" * 64, "é" * 64, "0" * 5000])
def test_a_made_up_address_lets_nothing_go_on(server: ServerProcess, token: str) -> None:
    url = f"{server.url}/api/resume/{token}"
    assert (httpx.get(url).status_code, httpx.post(url, json={}).status_code) == (404, 404)


def test_a_route_that_declares_nothing_stops_the_start(tmp_path: Path) -> None:
    @get("/forgotten")
    async def forgotten() -> str:
        return ""

    app, _ = create_app(Settings(data=tmp_path))
    app.register(forgotten)
    with pytest.raises(RuntimeError, match="/forgotten declares no auth"):
        check_routes_declare_auth(app)


@pytest.mark.parametrize(
    "path",
    ["/", "/templates", "/executions", "/credentials", "/blocks", "/expressions", "/sign-in", "/nothing", "/workflows/nothing"],
)
def test_pages_carry_a_strict_policy(client: Client, path: str) -> None:
    answer = client.get(path, headers=PAGE)
    policy = {part.split()[0]: part.split()[1:] for part in answer.headers["content-security-policy"].split(";")}
    assert policy["default-src"] == ["'self'"]
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    assert "unsafe-inline" not in str(policy)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/", "/templates", "/executions", "/credentials", "/blocks", "/expressions", "/sign-in", "/nothing"]
)
def test_pages_hold_no_inline_script_or_style(client: Client, path: str) -> None:
    text = client.get(path, headers=PAGE).text.lower()
    scripts = [part.partition(">")[0] for part in text.split("<script")[1:]]
    assert all("src=" in script or "application/json" in script for script in scripts)
    assert not any(mark in text for mark in ("<style", " style=", " onclick=", " onload=", "javascript:"))


def test_api_answers_are_guarded_too(client: Client, server: ServerProcess) -> None:
    for answer in (client.get("/api/workflows"), httpx.get(f"{server.url}/api/workflows"), client.get("/api/nothing")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-type"] == "application/json"
        assert len(answer.headers["x-request-id"]) == 32


@pytest.mark.parametrize(
    "config", [{}, {"status": 500}, {"headers": {"Content-Type": "text/html"}, "body": "<b>"}, {"status": 204}]
)
def test_answers_of_workflows_are_put_in_a_sandbox(client: Client, server: ServerProcess, config: dict[str, Any]) -> None:
    hook = webhook()
    client.deployed(hook, block("end", "response", config), edges=["hook>end"])
    answer = call_hook(server, hook)
    assert answer.headers.get_list("content-security-policy") == ["sandbox"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app/main.py",
        "/static/%2e%2e/app/main.py",
        "/static/..%2fapp%2fmain.py",
        "/static//etc/passwd",
        "/static/%2Fetc%2Fpasswd",
        "/static/css/../../pyproject.toml",
        "/static/css/%2e%2e/%2e%2e/pyproject.toml",
        "/static/..%5capp",
        "/static/%00",
        "/static/",
        "/static/" + "a" * 300,
        "/static/" + "a/" * 3000,
    ],
)
def test_nothing_outside_the_static_folder_is_served(server: ServerProcess, path: str) -> None:
    with httpx.Client() as visitor:
        url = httpx.URL(server.url).copy_with(raw_path=path.encode())
        answer = visitor.get(url)
    assert answer.status_code in (400, 404), answer.text[:200]


def test_what_is_inside_the_static_folder_is_served_with_its_type(server: ServerProcess) -> None:
    answer = httpx.get(f"{server.url}/static/editor/main.js")
    assert answer.status_code == 200
    assert "javascript" in answer.headers["content-type"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_text_of_people_is_shown_as_text(client: Client) -> None:
    name = f"<img src=x onerror=alert(1)> {uuid4().hex[:6]} {{{{ 7*7 }}}}"
    made = client.post("/api/workflows", json={"name": name.replace("/", ""), "description": "<script>alert(1)</script>"})
    assert made.status_code == 201
    hook = block("a", "starter", name="</script><script>alert(1)</script>")
    client.put(f"/api/workflows/{made.json()['id']}/graph", json={"blocks": [hook], "edges": []})
    for path in ("/", f"/workflows/{made.json()['id']}"):
        page = client.get(path, headers=PAGE).text
        assert "<img src=x" not in page
        assert "<script>alert" not in page
        assert "49" not in page.partition("{{")[0][-5:]
