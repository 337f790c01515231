"""Approvals over the API: who may decide what, once, and what becomes of it (contract.md C17, G22)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from app.sdk import Json
from tests.support.events import watching
from tests.support.graphs import block
from tests.support.people import email, join
from tests.support.server import OWNER, Client, ServerProcess
from tests.support.waiting import approval_of, approvals_of, gate, next_approval, start

LIMIT = {"name": "limit", "type": "number", "label": "New limit", "required": True}
WHY = {"name": "why", "type": "text"}


def decide(client: Client, approval: str, verb: str, **body: Json) -> httpx.Response:
    return client.post(f"/api/v1/approvals/{approval}/{verb}", json=body)


def person(server: ServerProcess, role: str = "executor") -> tuple[Client, str]:
    """A new member and their username."""
    name = f"p{uuid4().hex[:10]}"
    return join(server, name, role), name


def test_what_waits_is_listed_with_its_question(client: Client) -> None:
    asked: dict[str, Json] = {
        "description": "It is\nlarge.", "assignees": [OWNER["email"]], "form": [LIMIT], "timeout": 3600, "default": "reject"
    }  # fmt: skip
    waits = block("gate", "flow.gate", {"title": "Order {{ variables.order }}", **asked})
    execution = start(client, waits, order=7)
    (own,) = approvals_of(client, execution)
    expected = {"title": "Order 7", "n_of_m": 1, "block_id": "gate"} | asked
    assert {key: own[key] for key in expected} == expected
    listed = client.get("/api/v1/approvals", params={"status": "pending", "size": 100}).json()
    assert set(listed) == {"data", "total", "page", "size", "pages"}
    (found,) = [item for item in listed["data"] if item["executionId"] == execution]
    assert (found["id"], found["status"], found["nOfM"], found["title"]) == (own["id"], "pending", 1, "Order 7")
    assert found["expiresAt"] > found["createdAt"]
    one = client.get(f"/api/v1/approvals/{own['id']}").json()
    assert one == found | {"data": found}


def test_an_approval_goes_on_with_its_note_and_form(client: Client) -> None:
    execution = start(client, gate(form=[LIMIT, WHY]))
    approval = approval_of(client, execution)
    answer = decide(client, approval, "approve", note="Good customer", form={"limit": 12.5})
    assert (answer.status_code, answer.json()["status"]) == (200, "approved")
    done = client.wait_for(execution)
    assert done["output"] == {
        "decision": "approved",
        "decided_by": OWNER["email"],
        "note": "Good customer",
        "form": {"limit": 12.5, "why": None},
        "timed_out": False,
        "input": {},
    }
    assert done["approvals"] == []
    decisions = client.get(f"/api/v1/approvals/{approval}").json()["decisions"]
    assert [(made["email"], made["decision"], made["note"]) for made in decisions] == [
        (OWNER["email"], "approved", "Good customer")
    ]
    decided = client.get("/api/v1/approvals?status=decided").json()["data"]
    assert decided[0]["id"] == approval


def test_a_rejection_leaves_at_the_other_port_and_needs_no_form(client: Client) -> None:
    execution = start(client, gate(form=[LIMIT]))
    approval = approval_of(client, execution)
    assert decide(client, approval, "reject", note="Too large").json()["status"] == "rejected"
    done = client.wait_for(execution)
    (step,) = [step for step in done["steps"] if step["block_id"] == "gate"]
    assert (done["output"]["decision"], step["ports"]) == ("rejected", ["rejected"])


def test_everybody_decides_once_and_the_same_again_changes_nothing(client: Client) -> None:
    approval = approval_of(client, start(client, gate()))
    first = decide(client, approval, "approve", note="Yes").json()
    again = decide(client, approval, "approve", note="Yes, yes")
    assert (again.status_code, again.json()) == (200, first)
    other = decide(client, approval, "reject")
    assert (other.status_code, other.json()["error"]) == (409, "ALREADY_DECIDED")


def test_two_of_two_must_approve(client: Client, server: ServerProcess) -> None:
    second, name = person(server)
    execution = start(client, gate(n_of_m=2, form=[WHY]))
    approval = approval_of(client, execution)
    assert decide(client, approval, "approve", note="One", form={"why": "a"}).json()["status"] == "pending"
    repeated = decide(client, approval, "approve").json()
    assert (repeated["status"], repeated["approvals"]) == ("pending", 1), "one person counts once"
    assert client.get(f"/api/executions/{execution}").json()["status"] == "waiting"
    assert decide(second, approval, "approve", note="Two").json()["status"] == "approved"
    output = client.wait_for(execution)["output"]
    assert output["decided_by"] == f"{OWNER['email']}, {email(name)}"
    assert output["note"] == f"{OWNER['email']}: One\n{email(name)}: Two"
    assert output["form"] == {"why": "a"}


def test_one_rejection_is_enough(client: Client, server: ServerProcess) -> None:
    second, name = person(server)
    execution = start(client, gate(n_of_m=2))
    approval = approval_of(client, execution)
    decide(client, approval, "approve")
    assert decide(second, approval, "reject", note="No").json()["status"] == "rejected"
    output = client.wait_for(execution)["output"]
    assert (output["decision"], output["decided_by"], output["note"]) == ("rejected", email(name), "No")


def test_only_who_was_asked_decides(client: Client, server: ServerProcess) -> None:
    asked, name = person(server)
    other, _ = person(server)
    approval = approval_of(client, start(client, gate(assignees=[email(name).upper()])))
    refused = decide(other, approval, "approve")
    assert (refused.status_code, refused.json()["error"]) == (403, "NOT_ASSIGNED")
    assert other.get(f"/api/v1/approvals/{approval}").status_code == 200
    assert decide(asked, approval, "approve").json()["status"] == "approved"
    late = decide(other, approval, "approve")
    assert (late.status_code, late.json()["error"]) == (409, "ALREADY_DECIDED")
    assert name in late.json()["message"]


def test_a_viewer_looks_and_decides_nothing(client: Client, server: ServerProcess) -> None:
    viewer, _ = person(server, "viewer")
    approval = approval_of(client, start(client, gate()))
    assert viewer.get(f"/api/v1/approvals/{approval}").json()["status"] == "pending"
    assert decide(viewer, approval, "approve").status_code == 403
    assert client.get(f"/api/v1/approvals/{approval}").json()["decisions"] == []


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({}, "form.limit"),
        ({"limit": "12"}, "form.limit"),
        ({"limit": True}, "form.limit"),
        ({"limit": 1, "why": 5}, "form.why"),
        ({"limit": 1, "secret": "x"}, "form.secret"),
        ([1], "form"),
    ],
)
def test_a_form_that_does_not_fit_is_refused_and_nothing_is_decided(client: Client, form: Json, field: str) -> None:
    approval = approval_of(client, start(client, gate(form=[LIMIT, WHY])))
    answer = decide(client, approval, "approve", form=form)
    assert (answer.status_code, [problem["field"] for problem in answer.json()["details"]]) == (400, [field])
    assert client.get(f"/api/v1/approvals/{approval}").json()["decisions"] == []
    assert decide(client, approval, "approve", form={"limit": 1}).status_code == 200


def test_when_the_time_is_over_the_default_counts(client: Client) -> None:
    workflow = client.new(block("start", "starter"), gate(timeout=0.4, default="reject"), edges=["start>gate"])
    done = client.post(f"/api/workflows/{workflow}/execute", json={"variables": {}}).json()
    output = done["output"]
    assert (output["decision"], output["timed_out"], output["decided_by"]) == ("rejected", True, None)
    listed = client.get("/api/v1/approvals", params={"status": "all", "size": 100}).json()["data"]
    (approval,) = [asked["id"] for asked in listed if asked["executionId"] == done["execution_id"]]
    assert client.get(f"/api/v1/approvals/{approval}").json()["status"] == "expired"
    late = decide(client, approval, "approve")
    assert (late.status_code, late.json()["error"]) == (409, "APPROVAL_EXPIRED")


def test_nobody_decides_what_a_cancelled_execution_asked(client: Client) -> None:
    execution = start(client, gate())
    approval = approval_of(client, execution)
    assert client.post(f"/api/executions/{execution}/cancel").status_code == 200
    assert client.get(f"/api/v1/approvals/{approval}").json()["status"] == "cancelled"
    late = decide(client, approval, "approve")
    assert (late.status_code, late.json()["error"]) == (409, "APPROVAL_CANCELLED")


def test_gates_one_after_another_are_decided_one_by_one(client: Client) -> None:
    execution = start(client, gate("first", title="First"), gate("second", title="Second"))
    first = approval_of(client, execution)
    decide(client, first, "approve")
    second = next_approval(client, execution, after=first)
    assert client.get(f"/api/v1/approvals/{second}").json()["title"] == "Second"
    decide(client, second, "reject")
    assert client.wait_for(execution)["output"]["decision"] == "rejected"


def test_two_people_at_once_give_one_outcome(client: Client, server: ServerProcess) -> None:
    """However they meet, what the approvals page says and what the workflow did are the same."""
    second, _ = person(server)
    for _ in range(5):
        execution = start(client, gate())
        approval = approval_of(client, execution)
        with ThreadPoolExecutor(2) as pool:
            calls = [pool.submit(decide, client, approval, "approve"), pool.submit(decide, second, approval, "reject")]
            codes = sorted(call.result().status_code for call in calls)
        outcome = client.get(f"/api/v1/approvals/{approval}").json()
        assert codes == [200, 409]
        assert len(outcome["decisions"]) == 1
        assert client.wait_for(execution)["output"]["decision"] == outcome["status"]


def test_the_workspace_hears_what_is_needed_and_decided(client: Client, server: ServerProcess) -> None:
    with watching(client, "/api/events") as events:
        execution = start(client, gate(title="Heard"))
        approval = approval_of(client, execution)
        decide(client, approval, "approve")
        needed = next(event for event in events if event.data.get("execution_id") == execution)
        decided = next(event for event in events if event.data.get("execution_id") == execution)
    assert (needed.type, needed.data["approval_id"], needed.data["title"]) == ("approval.needed", approval, "Heard")
    assert (decided.type, decided.data["approval_id"], decided.data["decision"]) == ("approval.decided", approval, "approved")


@pytest.mark.parametrize("path", ["", "/approve", "/reject"])
@pytest.mark.parametrize("approval", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_what_is_not_there_is_not_found(client: Client, approval: str, path: str) -> None:
    answer = client.post(f"/api/v1/approvals/{approval}{path}") if path else client.get(f"/api/v1/approvals/{approval}")
    assert (answer.status_code, answer.json()["error"]) == (404, "APPROVAL_NOT_FOUND")


def test_a_bad_question_about_the_list_is_400(client: Client) -> None:
    for query in ("status=open", "page=-1", "size=101", "sort=title", "order=up"):
        assert client.get(f"/api/v1/approvals?{query}").status_code == 400, query


def test_nobody_decides_without_a_session(server: ServerProcess) -> None:
    for path in ("/api/v1/approvals", "/api/events"):
        assert httpx.get(server.url + path).status_code == 401
