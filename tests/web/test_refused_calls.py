"""Why calls of webhooks were refused, for those who may read the workflow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.support.connections import until
from tests.support.graphs import block, webhook
from tests.support.hooks import call_hook
from tests.support.people import join
from tests.support.server import Client, ServerProcess


def refused(person: Client, workflow: str) -> list[dict[str, Any]]:
    answer = person.get(f"/api/workflows/{workflow}/refused-calls")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["refused_calls"]
    return found


def test_the_last_one_of_each_webhook_is_told(client: Client, server: ServerProcess) -> None:
    one, two, three = (webhook(name, max_bytes=20) for name in ("one", "two", "three"))
    workflow = client.deployed(one, two, three, block("end", "response"), edges=["one>end", "two>end", "three>end"])
    assert call_hook(server, three).status_code == 200
    assert refused(client, workflow) == []
    assert call_hook(server, one, secret="wr0ng-secret-of-one").status_code == 401
    assert call_hook(server, one, {"long": "x" * 30}).status_code == 413
    until(lambda: [call["count"] for call in refused(client, workflow)] == [2])
    assert call_hook(server, two, secret="wr0ng-secret-of-two").status_code == 401
    until(lambda: len(refused(client, workflow)) == 2)
    newest, before = refused(client, workflow)
    assert (newest["block_id"], newest["status"], newest["code"], newest["count"]) == ("two", 401, "UNAUTHORIZED", 1)
    assert (before["block_id"], before["status"], before["code"]) == ("one", 413, "TOO_LARGE")
    assert (before["webhook_id"], before["address"]) == (one["config"]["webhook_id"], "127.0.0.1")
    assert "20 bytes" in before["reason"]
    assert abs(datetime.now(UTC) - datetime.fromisoformat(newest["at"])) < timedelta(minutes=1)
    assert "wr0ng" not in str([newest, before])


def test_nobody_else_is_told(client: Client, server: ServerProcess) -> None:
    hook = webhook()
    workflow = client.deployed(hook)
    assert call_hook(server, hook, secret="wr0ng-secret").status_code == 401
    until(lambda: refused(client, workflow) != [])
    assert refused(join(server, f"reader-{uuid4().hex[:6]}", "viewer"), workflow) != []
    stranger = join(server, f"stranger-{uuid4().hex[:6]}", "admin", elsewhere=True)
    assert stranger.get(f"/api/workflows/{workflow}/refused-calls").status_code == 404
    assert client.get(f"/api/workflows/{uuid4()}/refused-calls").status_code == 404
