"""The ways round the door that products of this kind were broken by: odd spellings of paths, and public calls that bring their
own workflow."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.graphs import block, webhook
from tests.support.hooks import call_hook
from tests.support.server import Client, ServerProcess


@pytest.mark.parametrize(
    "path",
    [
        "/api/workflows/",
        "//api/workflows",
        "/api//workflows",
        "/./api/workflows",
        "/static/../api/workflows",
        "/static/..%2fapi/workflows",
        "/healthz/../api/workflows",
        "/healthz/..;/api/workflows",
        "/healthz;/api/workflows",
        "/api/workflows;/healthz",
        "/api/workflows?x=/healthz",
        "/api/workflows/healthz",
        "/api/workflows%2Fhealthz",
        "/api/workflows.json",
        "/api/workflows.js",
        "/api/workflows%00",
        "/api/workflows%20",
        "/api/workflows/%2e%2e/workflows",
        "/API/workflows",
        "/api/auth/login/../../workflows",
        "/api/webhooks/../workflows",
        "/api/webhooks/..%2fworkflows",
        "/sign-in/../credentials",
        "/auth/login/..%2f..%2fapi%2fworkflows",
    ],
)
def test_no_spelling_of_a_path_leads_round_the_door(client: Client, server: ServerProcess, path: str) -> None:
    """What a route needs is declared by the route and never found out from the text of a path."""
    client.new(block("start", "starter"))
    url = httpx.URL(server.url).copy_with(raw_path=path.encode())
    for method in ("GET", "POST"):
        with httpx.Client() as visitor:
            answer = visitor.request(method, url, headers={"Accept": "application/json"})
        assert answer.status_code in (400, 401, 403, 404, 405, 415, 422), answer.text[:200]
        assert "blocks" not in answer.text
        assert 'workflows":' not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Original-URL": "/healthz"},
        {"X-Rewrite-URL": "/healthz"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-User": "owner"},
        {"X-HTTP-Method-Override": "OPTIONS"},
        {"X-Forwarded-Prefix": "/healthz"},
        {"Authorization": "Bearer null"},
        {"Authorization": "Bearer undefined"},
        {"Authorization": "Bearer"},
        {"X-API-Key": "by_live_" + "a" * 40},
    ],
    ids=str,
)
def test_no_header_leads_round_the_door(server: ServerProcess, headers: dict[str, str]) -> None:
    assert httpx.get(f"{server.url}/api/workflows", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {"blocks": [{"id": "x", "type": "code", "config": {"code": "output = 'mine'"}}], "edges": []},
        {"graph": {"blocks": [], "edges": []}},
        {"definition": "name: mine\ntasks: []"},
        {"workflow": {"blocks": []}, "revision": 99},
        {"data": {"nodes": []}, "mode": "simulation"},
    ],
    ids=lambda body: next(iter(body)),
)
def test_a_public_call_runs_the_deployed_revision_and_never_what_it_brings(
    client: Client, server: ServerProcess, body: dict[str, Any]
) -> None:
    hook = webhook()
    workflow = client.deployed(hook, block("end", "response", {"body": "stored"}), edges=["hook>end"])
    before = client.drawn(workflow)
    answer = call_hook(server, hook, body)
    assert (answer.status_code, answer.text.strip('"')) == (200, "stored")
    assert client.drawn(workflow) == before
