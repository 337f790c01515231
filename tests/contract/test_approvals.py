"""Approvals as the contract has them: A174 to A177."""

from __future__ import annotations

from tests.support.graphs import block
from tests.support.model_server import ModelServer
from tests.support.server import OWNER, Client
from tests.support.waiting import approval_of, gate, next_approval, start


def test_a174_the_status_of_a_gate(client: Client) -> None:
    execution = start(client, gate(title="Ship it?"))
    approval = approval_of(client, execution)
    found = client.get(f"/api/v1/approvals/{approval}").json()
    assert (found["id"], found["title"], found["status"], found["executionId"]) == (approval, "Ship it?", "pending", execution)


def test_a175_approve_a_gate(client: Client) -> None:
    execution = start(client, gate())
    answer = client.post(f"/api/v1/approvals/{approval_of(client, execution)}/approve", json={"note": "Fine"})
    assert (answer.status_code, answer.json()["status"]) == (200, "approved")
    output = client.wait_for(execution)["output"]
    assert (output["decision"], output["note"], output["decided_by"]) == ("approved", "Fine", OWNER["email"])


def test_a176_reject_a_gate(client: Client) -> None:
    execution = start(client, gate())
    answer = client.post(f"/api/v1/approvals/{approval_of(client, execution)}/reject")
    assert (answer.status_code, answer.json()["status"]) == (200, "rejected")
    assert client.wait_for(execution)["output"]["decision"] == "rejected"


def test_a177_a_gate_is_a_block_that_waits_for_people(client: Client) -> None:
    known = {block["type"]: block for block in client.get("/api/blocks").json()["blocks"]}
    assert {port["name"] for port in known["flow.gate"]["outputs"]} >= {"approved", "rejected"}
    execution = start(client, gate())
    assert client.get(f"/api/executions/{execution}").json()["status"] == "waiting"
    assert execution in [found["executionId"] for found in client.get("/api/v1/approvals?status=pending&size=100").json()["data"]]


def test_people_decide_about_each_tool_of_an_agent(client: Client, model: ModelServer) -> None:
    """Two uses of a tool are two questions, and each answer counts for its own."""
    refund = client.new(
        block("start", "starter"), block("pay", "code", {"code": "return variables['order']"}), edges=["start>pay"]
    )
    tool = {"kind": "workflow", "workflow": refund, "description": "Pays money back", "needs_approval": True}
    agent = block("agent", "agent", {"base_url": model.address, "model": "small", "prompt": "Refund", "tools": [tool]})
    name = refund.replace("-", "_")
    model.uses_all((name, {"order": 7}), (name, {"order": 8}))
    model.says("Done.")
    execution = start(client, agent)
    first = approval_of(client, execution)
    assert client.post(f"/api/v1/approvals/{first}/approve").status_code == 200
    second = next_approval(client, execution, after=first)
    assert client.post(f"/api/v1/approvals/{second}/reject", json={"note": "Too much"}).status_code == 200
    assert client.wait_for(execution)["output"]["text"] == "Done."
    runs = client.get("/api/executions", params={"workflow_id": refund}).json()["executions"]
    assert [client.get(f"/api/executions/{run['id']}").json()["output"] for run in runs] == [7]
    assert "Too much" in str(model.asked[-1]["messages"])
