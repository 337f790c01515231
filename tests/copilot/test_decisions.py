"""Accepting, rejecting, and what becomes of a proposal while others edit."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.copilot.talking import ADD_DOUBLE, Talking
from tests.support.model_server import ModelServer
from tests.support.people import join
from tests.support.server import Client, ServerProcess


@pytest.fixture
def proposal(talk: Talking, model: ModelServer) -> dict[str, Any]:
    """Double is added (0), the body changed (1), a block renamed (2)."""
    model.uses("propose", summary="Doubles the sum", operations=ADD_DOUBLE)
    model.says("Done.")
    return talk.say("Double it").proposal


def names(client: Client, workflow: str) -> list[str]:
    return sorted(found["name"] for found in client.drawn(workflow)["blocks"])


def edit(client: Client, workflow: str, *operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What a person does in the editor meanwhile."""
    body = {
        "base_revision": client.drawn(workflow)["revision"], "client_id": "elsewhere", "batch_id": str(uuid4()),
        "operations": list(operations), **more,
    }  # fmt: skip
    answer = client.post(f"/api/workflows/{workflow}/operations", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def states(proposal: dict[str, Any]) -> list[str]:
    return [change["state"] for change in proposal["changes"]]


def test_all_of_it_is_one_step_in_the_history_under_the_persons_name(
    talk: Talking, proposal: dict[str, Any], client: Client, workflow: str
) -> None:
    before = client.drawn(workflow)
    done = talk.accept(proposal["id"]).json()
    assert done["revision"] == before["revision"] + 1
    assert names(client, workflow) == ["Answer", "Begin", "Double", "Plus one"]
    assert client.execute(workflow, amount=4)["output"] == 10
    newest = client.get(f"/api/workflows/{workflow}/revisions").json()["revisions"][0]
    assert newest["author"] == "owner"
    assert newest["message"] == "with copilot: Doubles the sum"
    assert states(done["proposal"]) == ["accepted"] * 3
    assert talk.accept(proposal["id"]).status_code == 409
    batch = client.get(f"/api/workflows/{workflow}/operations?after={before['revision']}").json()["missed"][0]
    assert batch["batch_id"] == done["batch_id"]


def test_one_of_three_is_rejected(talk: Talking, proposal: dict[str, Any], client: Client, workflow: str) -> None:
    assert states(talk.reject(proposal["id"], 2).json()) == ["open", "open", "rejected"]
    talk.accept(proposal["id"])
    assert names(client, workflow) == ["Add one", "Answer", "Begin", "Double"]
    found = talk.look(proposal["id"])
    assert (found["state"], states(found)) == ("mixed", ["accepted", "accepted", "rejected"])


def test_changes_are_accepted_one_by_one(talk: Talking, proposal: dict[str, Any], client: Client, workflow: str) -> None:
    assert states(talk.accept(proposal["id"], 1).json()["proposal"]) == ["open", "accepted", "open"]
    assert names(client, workflow) == ["Add one", "Answer", "Begin"]
    assert states(talk.accept(proposal["id"], 2).json()["proposal"]) == ["open", "accepted", "accepted"]
    assert states(talk.accept(proposal["id"], 0).json()["proposal"]) == ["accepted"] * 3
    assert client.execute(workflow, amount=4)["output"] == 10


def test_a_proposal_goes_on_top_of_what_others_changed_elsewhere(
    talk: Talking, proposal: dict[str, Any], client: Client, workflow: str
) -> None:
    edit(client, workflow, {"type": "set_block", "block_id": "start", "name": "First"})
    edit(client, workflow, {"type": "set_field", "block_id": "answer", "path": ["status"], "value": 201})
    found = talk.look(proposal["id"])
    assert states(found) == ["open"] * 3
    talk.accept(proposal["id"])
    assert names(client, workflow) == ["Answer", "Double", "First", "Plus one"]
    answer = next(one for one in client.drawn(workflow)["blocks"] if one["id"] == "answer")
    assert answer["config"] == {"status": 201, "body": "{{ double.output }}"}


def test_a_change_that_met_anothers_is_stale_and_never_done(
    talk: Talking, proposal: dict[str, Any], client: Client, workflow: str
) -> None:
    edit(client, workflow, {"type": "set_field", "block_id": "answer", "path": ["body"], "value": "mine"})
    edit(client, workflow, {"type": "set_block", "block_id": "sum", "name": "Mine"})
    before = client.drawn(workflow)
    found = talk.look(proposal["id"])
    assert states(found) == ["open", "stale", "stale"]
    assert found["changes"][1]["reason"] == "“Answer”: body was changed meanwhile"
    refused = talk.accept(proposal["id"])
    assert (refused.status_code, refused.json()["error"]) == (409, "PROPOSAL_STALE")
    assert "“Answer”: body was changed meanwhile" in refused.json()["message"]
    assert client.drawn(workflow) == before
    talk.accept(proposal["id"], 0)
    edit(client, workflow, {"type": "set_block", "block_id": "start", "name": "Elsewhere"})
    assert states(talk.look(proposal["id"])) == ["accepted", "stale", "stale"], "what was missed is not forgotten"
    assert talk.accept(proposal["id"], 1).status_code == 409


@pytest.mark.parametrize(
    ("operation", "stale"),
    [
        ({"type": "remove_block", "block_id": "sum"}, ["stale", "open", "stale"]),
        ({"type": "remove_block", "block_id": "answer"}, ["stale", "stale", "open"]),
        ({"type": "add_block", "block": {"id": "double", "type": "code", "name": "Theirs"}}, ["stale", "open", "open"]),
        ({"type": "disconnect", "edge_id": "start>sum"}, ["open", "open", "open"]),
    ],
    ids=["source-removed", "target-removed", "id-taken", "other-edge"],
)
def test_what_others_take_away_makes_stale_what_builds_on_it(
    talk: Talking, proposal: dict[str, Any], client: Client, workflow: str, operation: dict[str, Any], stale: list[str]
) -> None:
    if operation["type"] == "disconnect":
        edges = client.drawn(workflow)["edges"]
        operation = operation | {"edge_id": next(one["id"] for one in edges if one["source"] == "start")}
    edit(client, workflow, operation)
    assert states(talk.look(proposal["id"])) == stale


def test_the_state_at_a_message_comes_back(talk: Talking, proposal: dict[str, Any], client: Client, workflow: str) -> None:
    before = client.drawn(workflow)
    talk.accept(proposal["id"])
    edit(client, workflow, {"type": "remove_block", "block_id": "sum"})
    question = talk.read()["messages"][0]
    snapshot = client.get(f"/api/copilot/messages/{question['id']}/snapshot").json()
    assert (snapshot["revision"], snapshot["blocks"]) == (before["revision"], before["blocks"])
    client.post(f"/api/copilot/messages/{question['id']}/restore")
    after = client.drawn(workflow)
    assert sorted(after["blocks"], key=lambda one: one["id"]) == sorted(before["blocks"], key=lambda one: one["id"])
    assert after["revision"] == before["revision"] + 3


def test_a_conversation_is_its_owners_alone(
    talk: Talking, proposal: dict[str, Any], client: Client, workflow: str, server: ServerProcess
) -> None:
    other = join(server, f"copilot-{uuid4().hex[:6]}", "admin")
    message = talk.read()["messages"][0]["id"]
    asked = [
        other.get(f"/api/copilot/sessions/{talk.id}"),
        other.post(f"/api/copilot/sessions/{talk.id}/chat", json={"message": "x"}),
        other.delete(f"/api/copilot/sessions/{talk.id}"),
        other.get(f"/api/copilot/proposals/{proposal['id']}"),
        other.post(f"/api/copilot/proposals/{proposal['id']}/accept", json={}),
        other.post(f"/api/copilot/messages/{message}/restore"),
    ]
    assert [answer.status_code for answer in asked] == [404] * 6
    assert other.get(f"/api/workflows/{workflow}/copilot/sessions").json() == {"sessions": []}
    assert names(client, workflow) == ["Add one", "Answer", "Begin"]


def test_a_deleted_workflow_takes_its_conversations_along(
    talk: Talking, proposal: dict[str, Any], client: Client, workflow: str
) -> None:
    assert client.delete(f"/api/workflows/{workflow}").status_code < 300
    assert client.get(f"/api/copilot/sessions/{talk.id}").status_code == 404
    assert client.get(f"/api/copilot/proposals/{proposal['id']}").status_code == 404
