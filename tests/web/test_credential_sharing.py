"""A credential that is shared with some: who may name it, what may run with it, and what happens when that ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.support.graphs import block, edge
from tests.support.peer import Peer
from tests.support.people import join
from tests.support.server import Client, ServerProcess

SECRET = "only-for-some"
PAGE = {"Accept": "text/html"}


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer() as running:
        yield running


@pytest.fixture(scope="module")
def ada(server: ServerProcess) -> Client:
    return join(server, f"ada{uuid4().hex[:6]}", "editor")


@pytest.fixture(scope="module")
def bob(server: ServerProcess) -> Client:
    return join(server, f"bob{uuid4().hex[:6]}", "editor")


def me(person: Client) -> str:
    return str(person.get("/api/auth/me").json()["user"]["id"])


def kept(owner: Client, **sharing: Any) -> dict[str, Any]:
    """A new credential of this person that is shared with nobody else but those."""
    body = {"name": f"C_{uuid4().hex[:10].upper()}", "type": "bearer", "data": {"token": SECRET}, "sharing": sharing}
    answer = owner.post("/api/v1/credentials", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def share(person: Client, credential: dict[str, Any], **sharing: Any) -> int:
    return person.put(f"/api/v1/credentials/{credential['id']}", json={"sharing": sharing}).status_code


def calling(peer: Peer, config: dict[str, Any]) -> dict[str, Any]:
    """A graph that calls with a credential."""
    call = block("call", "general_api", {"url": f"{peer.url}/echo", **config})
    return {"blocks": [block("start", "starter"), call], "edges": [edge("start>call")]}


def by_picker(name: str) -> dict[str, Any]:
    return {"credential": name}


def by_text(name: str) -> dict[str, Any]:
    return {"headers": {"Authorization": f"Bearer ${{{name}}}"}}


def by_expression(name: str) -> dict[str, Any]:
    return {"headers": {"Authorization": f"Bearer {{{{ secrets.{name} }}}}"}}


@pytest.mark.parametrize("config", [by_picker, by_text, by_expression])
def test_only_its_owner_can_name_it_in_a_workflow(ada: Client, bob: Client, peer: Peer, config: Any) -> None:
    credential = kept(ada)
    graph = calling(peer, config(credential["name"]))
    workflow = ada.new(*graph["blocks"], edges=["start>call"])
    assert bob.execute(workflow)["status"] == "completed", "whoever may run what its owner wrote, may"
    assert peer.seen[-1].headers["authorization"] == f"Bearer {SECRET}"
    others = bob.new(block("start", "starter"))
    for refused in (
        bob.post("/api/workflows", json={"name": f"Copy {uuid4()}", **graph}),
        bob.put(f"/api/workflows/{others}/graph", json=graph),
        bob.put(f"/api/workflows/{workflow}/graph", json=graph | {"blocks": [*graph["blocks"], block("more", "flow.noop")]}),
    ):
        assert refused.status_code == 400, refused.text
        [problem] = refused.json()["details"]
        assert (problem["code"], problem["block_id"]) == ("CREDENTIAL_NOT_SHARED", "call")
        assert SECRET not in refused.text
    assert ada.execute(workflow)["status"] == "completed"


def test_a_name_that_comes_while_it_runs_is_kept_back_too(ada: Client, bob: Client, peer: Peer) -> None:
    credential = kept(ada)
    graph = calling(peer, {"credential": "{{ variables.which }}"})
    ended = bob.execute(bob.new(*graph["blocks"], edges=["start>call"]), which=credential["name"])
    assert (ended["status"], ended["error"]["code"]) == ("failed", "CREDENTIAL_NOT_SHARED")
    assert peer.seen == []


def test_it_is_not_there_for_others(ada: Client, bob: Client, client: Client) -> None:
    credential = kept(ada)
    address = f"/api/v1/credentials/{credential['id']}"
    assert (
        bob.get(address).status_code
        == bob.delete(address).status_code
        == bob.get(f"/credentials/{credential['id']}").status_code
        == 404
    )
    assert share(bob, credential, people=[me(bob)]) == 404
    assert credential["name"] not in bob.get("/api/v1/credentials").text + bob.get("/credentials", headers=PAGE).text
    assert credential["name"] in ada.get("/api/v1/credentials").text
    assert client.get(address).status_code == 200, "admins see that it is there"
    tried = client.post(
        f"/credentials/{credential['id']}", data={"do": "try", "address": "http://x", "_csrf": client.headers["X-CSRF-Token"]}
    )
    assert tried.status_code == 403, "and do not use it"


def test_a_named_person_may_use_it_and_not_change_it(ada: Client, bob: Client, peer: Peer) -> None:
    credential = kept(ada, people=[me(bob)])
    graph = calling(peer, by_picker(credential["name"]))
    workflow = bob.new(*graph["blocks"], edges=["start>call"])
    assert bob.execute(workflow)["status"] == "completed"
    assert bob.delete(f"/api/v1/credentials/{credential['id']}").status_code == 403
    assert share(bob, credential, restricted=False) == 403
    assert share(ada, credential, people=[]) == 200
    ended = bob.execute(workflow)
    assert (ended["status"], ended["error"]["code"]) == ("failed", "CREDENTIAL_NOT_SHARED"), "what was taken back is gone at once"
    assert len(peer.seen) == 1


def test_a_named_workflow_may_use_it_whoever_writes_it(ada: Client, bob: Client, peer: Peer) -> None:
    workflow = bob.new(block("start", "starter"))
    credential = kept(ada, workflows=[workflow])
    graph = calling(peer, by_text(credential["name"]))
    assert bob.put(f"/api/workflows/{workflow}/graph", json=graph).status_code == 200
    assert bob.execute(workflow)["status"] == "completed"
    copy = bob.post("/api/workflows", json={"name": f"Copy {uuid4()}", **graph})
    assert copy.status_code == 400, "a copy is another workflow"
    assert share(ada, credential, workflows=[]) == 200
    assert bob.execute(workflow)["error"]["code"] == "CREDENTIAL_NOT_SHARED"


def test_pickers_offer_what_may_be_used_here(ada: Client, bob: Client) -> None:
    here, there = (bob.new(block("start", "starter"), block("call", "general_api"), edges=["start>call"]) for _ in range(2))
    credential = kept(ada, workflows=[here])

    def offered(person: Client, workflow: str) -> bool:
        form = {"block": '{"id": "call", "type": "general_api"}', "_csrf": person.headers["X-CSRF-Token"]}
        return credential["name"] in person.post(f"/workflows/{workflow}/form", data=form).text

    assert [offered(bob, here), offered(bob, there), offered(ada, there)] == [True, False, True]


def test_nobody_outside_the_workspace_can_be_named(ada: Client, server: ServerProcess) -> None:
    stranger = join(server, f"eve{uuid4().hex[:6]}", "admin", elsewhere=True)
    foreign = stranger.new(block("start", "starter"))
    credential = kept(ada)
    for sharing in (
        {"workflows": [foreign]},
        {"people": [me(stranger)]},
        {"people": ["nobody"]},
        {"workflows": "all"},
        {"who": []},
    ):
        assert share(ada, credential, **sharing) == 400
    assert stranger.get(f"/api/v1/credentials/{credential['id']}").status_code == 404


def test_the_page_shares_and_the_log_keeps_it(ada: Client, bob: Client, client: Client) -> None:
    credential = kept(ada)
    workflow = bob.new(block("start", "starter"))
    form = {
        "do": "share",
        "restricted": "true",
        "workflow": [workflow],
        "person": [me(bob)],
        "_csrf": ada.headers["X-CSRF-Token"],
    }
    assert ada.post(f"/credentials/{credential['id']}", data=form, headers=PAGE).status_code == 303
    found = ada.get(f"/api/v1/credentials/{credential['id']}").json()
    assert found["sharing"] == {"restricted": True, "workflows": [workflow], "people": [me(bob)]}
    page = bob.get(f"/credentials/{credential['id']}", headers=PAGE).text
    assert "Only its owner and admins decide" in page
    audit = client.get("/api/v1/audit", params={"size": 50}).text
    assert f"{credential['name']}: 1 workflows, 1 people" in audit
