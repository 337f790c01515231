"""From a step that waits for people to the approval, and back."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.support.graphs import block
from tests.support.people import join
from tests.support.server import Client, ServerProcess
from tests.support.waiting import approval_of, gate, start


def nodes(client: Client, execution: str) -> dict[str, Any]:
    found = client.get(f"/api/executions/{execution}/trace").json()["nodes"]
    return {node["node_id"]: node for node in found}


def test_a_trace_leads_from_the_step_to_its_approval_while_it_waits(client: Client, server: ServerProcess) -> None:
    execution = start(client, gate(title="Pay?"))
    approval = approval_of(client, execution)
    traced = nodes(client, execution)
    assert traced["gate"]["approval_id"] == approval
    assert traced["gate"]["approval_url"] == f"{server.url}/approvals/{approval}"
    assert (traced["start"]["approval_id"], traced["start"]["approval_url"]) == (None, None)
    client.post(f"/api/v1/approvals/{approval}/approve", json={})
    client.wait_for(execution)
    assert nodes(client, execution)["gate"]["approval_id"] is None


def test_who_may_only_look_sees_the_approval_and_no_resume_address(client: Client, server: ServerProcess) -> None:
    looker = join(server, f"looker-{uuid4().hex[:8]}", "viewer")
    execution = start(client, gate())
    assert nodes(looker, execution)["gate"]["approval_id"] == approval_of(client, execution)
    waits = start(client, block("wait", "flow.wait_event"))
    assert nodes(looker, waits)["wait"]["resume_url"] is None


def test_the_pages_of_an_execution_and_of_its_approval_link_to_each_other(client: Client) -> None:
    execution = start(client, gate(title="Pay <Ada>?"))
    approval = approval_of(client, execution)
    assert f'href="/approvals/{approval}">Pay &lt;Ada&gt;?</a>' in client.get(f"/executions/{execution}").text
    asked = client.get(f"/approvals/{approval}")
    assert (asked.status_code, f'href="/executions/{execution}"' in asked.text) == (200, True)
    assert "Waiting for a decision" in asked.text
    client.post(f"/api/v1/approvals/{approval}/reject", json={"note": "Too <b>much</b>"})
    client.wait_for(execution)
    assert f"/approvals/{approval}" not in client.get(f"/executions/{execution}").text
    decided = client.get(f"/approvals/{approval}").text
    assert "Rejected" in decided
    assert "Too &lt;b&gt;much&lt;/b&gt;" in decided


def test_an_approval_that_is_not_there_has_no_page(client: Client) -> None:
    assert client.get(f"/approvals/{uuid4()}", headers={"Accept": "text/html"}).status_code == 404
