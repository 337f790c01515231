"""The studio's own events through SIGKILL: whoever listens is started once for each, however the process ends."""

from __future__ import annotations

import time
from typing import Any

from tests.support.graphs import block
from tests.support.server import Client, ServerProcess
from tests.support.waiting import approval_of, gate, start


def listening(client: Client, event: str) -> str:
    return client.deployed(block("happened", "trigger.event", {"event": event}))


def started(client: Client, workflow: str, count: int) -> list[dict[str, Any]]:
    """What a workflow was started with, once it has been so many times."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = client.get("/api/executions", params={"workflow_id": workflow}).json()["executions"]
        if len(found) >= count:
            return [client.get(f"/api/executions/{execution['id']}").json()["input"] for execution in found]
        time.sleep(0.05)
    raise AssertionError(f"started {len(found)} times, not {count}")


def test_what_happened_just_before_the_end_of_the_process_is_told_once(own_server: ServerProcess) -> None:
    client = Client(own_server.url).sign_in()
    failures, questions, decisions = (listening(client, event) for event in ("run.failed", "approval.needed", "approval.decided"))
    bad = client.new(block("start", "starter"), block("bad", "code", {"code": "output = 1 / 0"}), edges=["start>bad"])
    witnesses = [client.execute(bad)["execution_id"]]
    asked = [approval_of(client, start(client, gate()))]
    started(client, failures, 1)
    started(client, questions, 1)
    witnesses.append(client.execute(bad)["execution_id"])
    asked.append(approval_of(client, start(client, gate())))
    client.post(f"/api/v1/approvals/{asked[1]}/approve", json={})
    own_server.kill()
    own_server.start()
    client = Client(own_server.url).sign_in()
    witnesses.append(client.execute(bad)["execution_id"])
    asked.append(approval_of(client, start(client, gate())))
    told = [event["data"]["execution_id"] for event in started(client, failures, 3)]
    assert sorted(told) == sorted(witnesses)
    assert sorted(event["data"]["approval_id"] for event in started(client, questions, 3)) == sorted(asked)
    assert [event["data"]["approval_id"] for event in started(client, decisions, 1)] == [asked[1]]
