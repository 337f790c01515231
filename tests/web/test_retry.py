"""Retrying and forking executions: what is taken over, what runs again, and what is said about it (contract.md G16)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.counting import CountingPeer, counting_peer
from tests.support.graphs import block
from tests.support.server import Client


@pytest.fixture
def peer() -> Iterator[CountingPeer]:
    with counting_peer() as peer:
        yield peer


def call(id: str, peer: CountingPeer) -> dict[str, Any]:
    return block(id, "general_api", {"method": "POST", "url": f"{peer.url}/{id}", "body": "{{ input }}"})


def broken(id: str = "broken") -> dict[str, Any]:
    return block(id, "code", {"code": "output = 1 / 0"})


def retry(client: Client, execution_id: str, **body: Any) -> dict[str, Any]:
    answer = client.post(f"/api/executions/{execution_id}/retry", json=body)
    assert answer.status_code in (200, 202), answer.text
    found: dict[str, Any] = answer.json()
    return found


def ended(client: Client, retried: dict[str, Any]) -> dict[str, Any]:
    return client.wait_for(retried["execution_id"])


def failed_in_the_middle(client: Client, peer: CountingPeer) -> tuple[str, str]:
    """start > pay > broken > notify: the payment went through, then it failed. Returns workflow and execution."""
    blocks = (block("begin", "starter"), call("pay", peer), broken(), call("notify", peer))
    workflow = client.new(*blocks, edges=["begin>pay", "pay>broken", "broken>notify"])
    result = client.execute(workflow, order=7)
    assert result["status"] == "failed"
    return workflow, result["execution_id"]


def repair(client: Client, workflow: str) -> None:
    """Let the broken block work, in a new revision."""
    graph = client.get(f"/api/workflows/{workflow}/graph").json()
    for drawn in graph["blocks"]:
        if drawn["id"] == "broken":
            drawn["config"] = {"code": "output = {'order': variables['order']}"}
    saved = client.put(f"/api/workflows/{workflow}/graph", json={"blocks": graph["blocks"], "edges": graph["edges"]})
    assert saved.status_code == 200, saved.text


def test_from_the_failed_block_what_succeeded_is_not_done_again(client: Client, peer: CountingPeer) -> None:
    workflow, execution = failed_in_the_middle(client, peer)
    repair(client, workflow)
    retried = retry(client, execution, revision="newest")
    assert retried["repeats"] == []
    found = ended(client, retried)
    assert (found["status"], found["retry_of"], found["input"]) == ("completed", execution, {"order": 7})
    assert found["output"]["body"] == {"path": "/notify"}
    assert peer.count == {"/pay": 1, "/notify": 1}
    assert [step["status"] for step in found["steps"]] == ["completed"] * 4
    assert client.get(f"/api/executions/{execution}").json()["status"] == "failed", "the old one stays as it was"


def test_on_the_same_revision_it_fails_again_in_the_same_way(client: Client, peer: CountingPeer) -> None:
    workflow, execution = failed_in_the_middle(client, peer)
    repair(client, workflow)
    found = ended(client, retry(client, execution))
    assert (found["status"], found["error"]["block_id"]) == ("failed", "broken")
    assert peer.count == {"/pay": 1}


def test_from_the_start_everything_runs_and_the_effects_are_named_before(client: Client, peer: CountingPeer) -> None:
    _, execution = failed_in_the_middle(client, peer)
    told = retry(client, execution, **{"from": "start", "dry": True})
    assert told == {
        "retry_of": execution,
        "repeats": [{"block_id": "pay", "name": "Pay", "type": "general_api", "effect": "write"}],
    }
    assert peer.count == {"/pay": 1}, "a dry retry starts nothing"
    ended(client, retry(client, execution, **{"from": "start"}))
    assert peer.count == {"/pay": 2}


def test_a_completed_execution_is_forked_from_any_block(client: Client, peer: CountingPeer) -> None:
    blocks = (block("begin", "starter"), call("first", peer), call("second", peer), call("third", peer))
    workflow = client.new(*blocks, edges=["begin>first", "first>second", "second>third"])
    execution = client.execute(workflow)["execution_id"]
    retried = retry(client, execution, **{"from": "second"})
    assert [found["block_id"] for found in retried["repeats"]] == ["second", "third"]
    assert ended(client, retried)["status"] == "completed"
    assert peer.count == {"/first": 1, "/second": 2, "/third": 2}


def test_a_branch_beside_the_failed_block_is_taken_over(client: Client, peer: CountingPeer) -> None:
    """The branch had finished when the other one failed; a skipped block in between changes nothing."""
    blocks = (
        block("begin", "starter"),
        block("which", "condition", {"branches": [{"expression": "true"}]}),
        call("beside", peer),
        call("skipped", peer),
        block("join", "flow.merge"),
        broken(),
    )
    edges = ["begin>which", "which:if>beside", "which:else>skipped", "beside>join", "skipped>join", "join>broken"]
    workflow = client.new(*blocks, edges=edges)
    execution = client.execute(workflow)["execution_id"]
    repair_me = client.get(f"/api/workflows/{workflow}/graph").json()
    assert repair_me["revision"] == 1
    found = ended(client, retry(client, execution))
    assert (found["status"], found["error"]["block_id"]) == ("failed", "broken")
    assert peer.count == {"/beside": 1}


def test_a_container_that_failed_runs_from_its_first_round_and_one_that_succeeded_is_kept(
    client: Client, peer: CountingPeer
) -> None:
    blocks = (
        block("begin", "starter"),
        block("good", "flow.loop", {"items": "{{ [1, 2] }}"}),
        call("of_good", peer),
        block("bad", "flow.loop", {"items": "{{ [1, 2, 3] }}"}),
        call("of_bad", peer),
        block("check", "code", {"code": "output = 1 / (index - 1)"}),
    )
    edges = ["begin>good", "good:item>of_good", "good>bad", "bad:item>of_bad", "of_bad>check"]
    workflow = client.new(*blocks, edges=edges)
    result = client.execute(workflow)
    assert (result["status"], result["error"]["block_id"]) == ("failed", "bad"), result
    before = peer.count["/of_bad"]
    retried = retry(client, result["execution_id"])
    assert [found["block_id"] for found in retried["repeats"]] == ["of_bad"]
    found = ended(client, retried)
    assert peer.count["/of_good"] == 2, "the body of the container that succeeded is taken over with it"
    assert peer.count["/of_bad"] == 2 * before
    rounds = [(step["block_id"], step["iteration"]) for step in found["steps"] if step["block_id"] == "of_good"]
    assert rounds == [("of_good", "0"), ("of_good", "1")]


def test_a_cancelled_execution_goes_on_where_it_was_stopped(client: Client, peer: CountingPeer) -> None:
    blocks = (block("begin", "starter"), call("pay", peer), call("hold", peer), block("end", "code", {"code": "output = 'done'"}))
    workflow = client.new(*blocks, edges=["begin>pay", "pay>hold", "hold>end"])
    accepted = client.post(f"/api/workflows/{workflow}/execute", json={"wait": False}).json()["execution_id"]
    peer.wait_for("/hold")
    refused = client.post(f"/api/executions/{accepted}/retry", json={})
    assert (refused.status_code, refused.json()["error"]) == (409, "STILL_RUNNING")
    client.post(f"/api/executions/{accepted}/cancel")
    peer.release.set()
    retried = retry(client, accepted)
    assert [found["block_id"] for found in retried["repeats"]] == ["hold"], "it had begun, so it may have happened"
    assert ended(client, retried)["output"] == "done"
    assert peer.count == {"/pay": 1, "/hold": 2}


def test_a_retry_of_a_retry_takes_over_what_both_have_done(client: Client, peer: CountingPeer) -> None:
    _, execution = failed_in_the_middle(client, peer)
    second = ended(client, retry(client, execution))
    third = ended(client, retry(client, second["id"]))
    assert (third["status"], third["retry_of"]) == ("failed", second["id"])
    assert peer.count == {"/pay": 1}


def test_a_block_that_is_new_in_the_newest_revision_runs_with_all_that_follows(client: Client, peer: CountingPeer) -> None:
    workflow, execution = failed_in_the_middle(client, peer)
    blocks = [block("begin", "starter"), call("extra", peer), call("pay", peer), block("broken", "code", {"code": "output = 1"})]
    edges = [("begin", "extra"), ("extra", "pay"), ("pay", "broken")]
    drawn = [{"source": source, "target": target} for source, target in edges]
    assert client.put(f"/api/workflows/{workflow}/graph", json={"blocks": blocks, "edges": drawn}).status_code == 200
    retried = retry(client, execution, revision="newest")
    assert [found["block_id"] for found in retried["repeats"]] == ["pay"]
    assert ended(client, retried)["status"] == "completed"
    assert peer.count == {"/pay": 2, "/extra": 1}


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"from": "nowhere"}, 400, "from"),
        ({"from": 3}, 400, "from"),
        ({"revision": "oldest"}, 400, "revision"),
        ({"dry": "yes"}, 400, "dry"),
        ({"again": True}, 400, "again"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    client: Client, peer: CountingPeer, body: dict[str, Any], status: int, field: str
) -> None:
    _, execution = failed_in_the_middle(client, peer)
    answer = client.post(f"/api/executions/{execution}/retry", json=body)
    assert (answer.status_code, answer.json()["details"][0]["field"]) == (status, field)


def test_where_nothing_failed_a_retry_must_say_from_where(client: Client) -> None:
    execution = client.execute(client.new(block("begin", "starter")))["execution_id"]
    refused = client.post(f"/api/executions/{execution}/retry", json={})
    assert (refused.status_code, refused.json()["error"]) == (409, "NOTHING_FAILED")
    assert client.post("/api/executions/01900000-0000-7000-8000-000000000000/retry", json={}).status_code == 404


def test_a_watcher_of_a_retried_execution_is_told_of_the_steps_that_were_taken_over(client: Client, peer: CountingPeer) -> None:
    workflow, execution = failed_in_the_middle(client, peer)
    repair(client, workflow)
    retried = retry(client, execution, revision="newest")["execution_id"]
    events = client.get(f"/api/executions/{retried}/events").text
    for block_id in ("begin", "pay", "broken", "notify"):
        assert f'"block_id":"{block_id}"' in events


def test_whoever_comes_while_a_retry_runs_is_told_of_them_too(client: Client, peer: CountingPeer) -> None:
    blocks = (block("begin", "starter"), call("pay", peer), call("hold", peer))
    workflow = client.new(*blocks, edges=["begin>pay", "pay>hold"])
    accepted = client.post(f"/api/workflows/{workflow}/execute", json={"wait": False}).json()["execution_id"]
    peer.wait_for("/hold")
    client.post(f"/api/executions/{accepted}/cancel")
    retried = retry(client, accepted)["execution_id"]
    peer.wait_for("/hold", 2)
    threading.Timer(0.3, peer.release.set).start()
    events = client.get(f"/api/executions/{retried}/events").text
    assert [events.count(f'"step_finished","seq":{n},') for n in (2, 3)] == [1, 1]
    for block_id in ("begin", "pay", "hold"):
        assert f'"block_id":"{block_id}"' in events


def test_the_page_offers_to_retry_and_names_what_would_be_repeated(client: Client, peer: CountingPeer) -> None:
    workflow, execution = failed_in_the_middle(client, peer)
    page = client.get(f"/executions/{execution}").text
    assert "Retry" in page
    assert "Retry from the failed block?" in page
    assert "would run a second time: Pay (general_api)." in page
    assert "newest revision" not in page
    repair(client, workflow)
    assert "Retry from the failed block, with the newest revision?" in client.get(f"/executions/{execution}").text
    form = {"from": "failed", "revision": "newest", "_csrf": client.headers["X-CSRF-Token"]}
    sent = client.post(f"/executions/{execution}/retry", data=form)
    assert sent.status_code == 303
    new = sent.headers["location"].split("/")[-1].split("?")[0]
    assert client.wait_for(new)["status"] == "completed"
    assert execution in client.get(f"/executions/{new}").text, "the page leads back to the execution that it retries"


def test_the_editors_panel_of_a_failed_block_offers_the_same(client: Client, peer: CountingPeer) -> None:
    workflow, execution = failed_in_the_middle(client, peer)
    panel = f"/workflows/{workflow}/executions/{execution}/blocks"
    assert "Retry from this block" in client.get(f"{panel}/broken").text
    assert "Retry" not in client.get(f"{panel}/pay").text
    form = {"from": "broken", "revision": "same", "back": "editor", "_csrf": client.headers["X-CSRF-Token"]}
    sent = client.post(f"/executions/{execution}/retry", data=form)
    assert sent.headers["location"].startswith(f"/workflows/{workflow}?execution=")
