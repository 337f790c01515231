"""Operations, revisions and presence over HTTP: many at once, twice, stale, after a kill, and by those who may not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.events import watching
from tests.support.graphs import block, webhook
from tests.support.people import join
from tests.support.server import Client, ServerProcess


@pytest.fixture
def workflow(client: Client) -> str:
    return client.new(block("start", "starter"), block("end", "response"), edges=["start>end"])


@pytest.fixture(scope="module")
def viewer(server: ServerProcess) -> Client:
    return join(server, f"viewer-{uuid4().hex[:6]}", "viewer")


@pytest.fixture(scope="module")
def stranger(server: ServerProcess) -> Client:
    return join(server, f"stranger-{uuid4().hex[:6]}", "admin", elsewhere=True)


def rename(name: str, block_id: str = "end") -> dict[str, Any]:
    return {"type": "set_block", "block_id": block_id, "name": name}


def post(client: httpx.Client, workflow: str, base: int, *operations: Any, batch_id: str = "", **more: Any) -> httpx.Response:
    body = {
        "base_revision": base,
        "client_id": "tab",
        "batch_id": batch_id or str(uuid4()),
        "operations": list(operations),
        **more,
    }
    return client.post(f"/api/workflows/{workflow}/operations", json=body)


def revisions(client: httpx.Client, workflow: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/api/workflows/{workflow}/revisions").json()["revisions"]
    return found


def test_of_many_at_once_on_one_base_one_is_done(client: Client, workflow: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: post(client, workflow, 1, rename(f"Name {number}")), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    (done,) = [number for number, answer in enumerate(answers) if answer.status_code == 200]
    for answer in answers:
        if answer.status_code == 412:
            assert answer.json()["missed"][0]["operations"] == [rename(f"Name {done}")]
    assert client.drawn(workflow)["revision"] == 2


def test_the_same_batch_at_once_is_done_once(client: Client, workflow: str) -> None:
    batch_id, new = str(uuid4()), {"type": "add_block", "block": block("new", "code")}
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: post(client, workflow, 1, new, batch_id=batch_id), range(6)))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert sorted((answer.json()["revision"], answer.json()["again"]) for answer in answers) == [(2, False)] + [(2, True)] * 5
    assert [found["id"] for found in client.drawn(workflow)["blocks"]] == ["start", "end", "new"]


def test_everybody_ends_with_the_same_graph(client: Client, workflow: str) -> None:
    """Six writers who go on top of what they have missed until they are through."""

    def write(number: int) -> None:
        base = 1
        for _ in range(30):
            answer = post(client, workflow, base, {"type": "add_block", "block": block(f"b{number}", "code")})
            if answer.status_code == 200:
                return
            base = answer.json()["revision"]
        raise AssertionError("never got through")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    drawn = client.drawn(workflow)
    assert ({found["id"] for found in drawn["blocks"]}, drawn["revision"]) == ({"start", "end", *(f"b{n}" for n in range(6))}, 7)


def test_what_was_answered_is_there_after_a_kill(own_server: ServerProcess) -> None:
    client = Client(own_server.url).sign_in()
    workflow, batch_id = client.new(block("start", "starter")), str(uuid4())
    assert post(client, workflow, 1, rename("Kept", "start"), batch_id=batch_id).status_code == 200
    own_server.kill()
    own_server.start()
    assert post(client, workflow, 1, rename("Kept", "start"), batch_id=batch_id).json()["again"] is True
    assert [found["name"] for found in client.drawn(workflow)["blocks"]] == ["Kept"]


def test_watchers_hear_of_new_graphs_and_of_each_other(client: Client, viewer: Client, workflow: str) -> None:
    path = f"/api/workflows/{workflow}/events"
    with watching(client, f"{path}?client=one") as mine:
        assert [one["client_id"] for one in next(mine).data["people"]] == ["one"]
        with watching(viewer, f"{path}?client=two") as theirs:
            assert [one["client_id"] for one in next(mine).data["people"]] == ["one", "two"]
            assert next(theirs).type == "presence"
            batch_id = str(uuid4())
            post(client, workflow, 1, rename("New"), batch_id=batch_id)
            for events in (mine, theirs):
                told = next(event for event in events if event.type == "graph.changed")
                assert (told.data["revision"], told.data["batch_id"]) == (2, batch_id)
                assert "operations" not in told.data
        assert client.post(f"/api/workflows/{workflow}/presence", json={"client_id": "one"}).status_code == 200
        assert viewer.post(f"/api/workflows/{workflow}/presence", json={"client_id": "one"}).status_code == 404
        left = next(event for event in mine if event.type == "presence")
        assert [one["client_id"] for one in left.data["people"]] == ["one"]


def test_revisions_tell_and_restore(client: Client, workflow: str) -> None:
    post(client, workflow, 1, rename("New"), message="By hand")
    client.put(f"/api/workflows/{workflow}/graph", json={"blocks": [block("start", "starter")], "edges": []})
    path = f"/api/workflows/{workflow}/revisions"
    assert client.put(f"{path}/2", json={"name": "Best"}).status_code == 200
    found = [(one["revision"], one["name"], one["message"], one["words"]) for one in revisions(client, workflow)]
    assert found == [
        (3, "", "", ["“New” removed after “Start”"]),
        (2, "Best", "By hand", ["“End” renamed “New”"]),
        (1, "", "Created", []),
    ]
    assert [one["name"] for one in client.get(f"{path}/2").json()["blocks"]] == ["Start", "New"]
    assert client.post(f"{path}/2/restore").json() == {"ok": True, "revision": 4}
    assert [one["name"] for one in client.drawn(workflow)["blocks"]] == ["Start", "New"]


def test_what_the_next_deploy_changes(client: Client, workflow: str) -> None:
    client.post(f"/api/workflows/{workflow}/deploy")
    post(client, workflow, 1, rename("New"))
    (change,) = client.get(f"/api/workflows/{workflow}/undeployed").json()["changes"]
    assert change == {"text": "“End” renamed “New”", "block_id": "end", "revert": [rename("End")]}


def test_viewers_look_without_secrets_and_change_nothing(client: Client, viewer: Client, workflow: str) -> None:
    post(client, workflow, 1, {"type": "add_block", "block": webhook("hook", "v3ry secret")})
    path = f"/api/workflows/{workflow}"
    looked = [
        viewer.get(f"{path}/{part}").text for part in ("operations?after=1", "revisions", "revisions/2", "undeployed", "graph")
    ]
    assert not any("v3ry secret" in text for text in looked)
    assert post(viewer, workflow, 2, rename("X")).status_code == 403
    assert viewer.put(f"{path}/revisions/1", json={"name": "x"}).status_code == 403
    assert viewer.post(f"{path}/revisions/1/restore").status_code == 403


def test_strangers_find_nothing(client: Client, stranger: Client, workflow: str) -> None:
    path = f"/api/workflows/{workflow}"
    answers = [
        post(stranger, workflow, 1, rename("X")),
        *(stranger.get(f"{path}/{part}") for part in ("operations?after=1", "revisions", "revisions/1", "undeployed", "events")),
        stranger.put(f"{path}/revisions/1", json={"name": "x"}),
        stranger.post(f"{path}/revisions/1/restore"),
        stranger.get(f"/workflows/{workflow}/history"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert [found["name"] for found in client.drawn(workflow)["blocks"]] == ["Start", "End"]


@pytest.mark.parametrize("after", ["", "x", "-1", "1.5", "9" * 30])
def test_a_wrong_place_to_go_on_from_is_refused(client: Client, workflow: str, after: str) -> None:
    assert client.get(f"/api/workflows/{workflow}/operations?after={after}").status_code == 400


@pytest.mark.parametrize("revision", ["0", "x", "-1", "9" * 30])
def test_a_revision_that_is_not_there_is_not_found(client: Client, workflow: str, revision: str) -> None:
    assert client.get(f"/api/workflows/{workflow}/revisions/{revision}").status_code == 404
    assert client.post(f"/api/workflows/{workflow}/revisions/{revision}/restore").status_code == 404
    assert client.put(f"/api/workflows/{workflow}/revisions/{revision}", json={"name": "x"}).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"base_revision": 1, "client_id": "tab", "batch_id": "x", "operations": [rename("X")]},
        {"base_revision": 1, "client_id": "tab", "batch_id": str(uuid4()), "operations": [rename("X")] * 25_001},
        {"base_revision": 1, "client_id": "tab", "batch_id": str(uuid4()), "operations": [{"type": "add_block", "block": {}}]},
        {"base_revision": 1, "client_id": "tab", "batch_id": str(uuid4()), "operations": [rename("X" * 201)]},
    ],
    ids=["list", "empty", "id", "many", "block", "long"],
)
def test_what_makes_no_sense_is_refused_with_a_reason(client: Client, workflow: str, body: Any) -> None:
    answer = client.post(f"/api/workflows/{workflow}/operations", json=body)
    assert answer.status_code == 400
    assert answer.json()["message"]
    assert client.drawn(workflow)["revision"] == 1
