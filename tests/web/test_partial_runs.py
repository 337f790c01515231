"""Running a part of a workflow, with pinned outputs, or as a simulation (contract.md C28, G4)."""

from __future__ import annotations

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


def call(id: str, peer: CountingPeer, **more: Any) -> dict[str, Any]:
    config = {"method": "POST", "url": f"{peer.url}/{id}", "body": "{{ input }}"}
    return block(id, "general_api", config, **more)


def run(client: Client, workflow: str, **options: Any) -> dict[str, Any]:
    answer = client.post(f"/api/workflows/{workflow}/execute", json=options)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


def refusal(client: Client, workflow: str, **options: Any) -> tuple[int, str, str]:
    answer = client.post(f"/api/workflows/{workflow}/execute", json=options)
    details = answer.json()["details"]
    return answer.status_code, answer.json()["error"], details[0]["field"] if details else ""


def three_calls(client: Client, peer: CountingPeer) -> str:
    """begin > first > second > third, and a branch begin > other."""
    blocks = (block("begin", "starter"), call("first", peer), call("second", peer), call("third", peer), call("other", peer))
    return client.new(*blocks, edges=["begin>first", "first>second", "second>third", "begin>other"])


def statuses(result: dict[str, Any]) -> dict[str, str]:
    return {step["block_id"]: step["status"] for step in result["steps"]}


def test_up_to_a_block_nothing_behind_or_beside_it_runs(client: Client, peer: CountingPeer) -> None:
    result = run(client, three_calls(client, peer), until="second", variables={"n": 1})
    assert (result["status"], result["output"]["body"]) == ("completed", {"path": "/second"})
    assert peer.count == {"/first": 1, "/second": 1}
    assert statuses(result) == {"begin": "completed", "first": "completed", "second": "completed"}


def test_one_block_runs_on_what_an_earlier_execution_gave_it(client: Client, peer: CountingPeer) -> None:
    workflow = three_calls(client, peer)
    earlier = run(client, workflow, variables={"n": 1})["execution_id"]
    result = run(client, workflow, only="second", from_execution=earlier)
    assert result["output"]["body"] == {"path": "/second"}
    assert peer.count == {"/first": 1, "/second": 2, "/third": 1, "/other": 1}
    second = next(step for step in result["steps"] if step["block_id"] == "second")
    assert second["input"]["body"] == {"path": "/first"}
    assert client.get(f"/api/executions/{result['execution_id']}").json()["input"] == {"n": 1}, "with the same variables"


def test_up_to_a_block_what_has_run_before_is_used_again_and_the_rest_runs(client: Client, peer: CountingPeer) -> None:
    workflow = three_calls(client, peer)
    earlier = run(client, workflow, until="first")["execution_id"]
    result = run(client, workflow, until="third", from_execution=earlier)
    assert result["output"]["body"] == {"path": "/third"}
    assert peer.count == {"/first": 1, "/second": 1, "/third": 1}


def test_a_block_in_a_body_means_its_whole_container(client: Client, peer: CountingPeer) -> None:
    blocks = (
        block("begin", "starter"),
        block("each", "flow.loop", {"items": "{{ [1, 2] }}"}),
        call("inner", peer),
        call("after", peer),
    )
    workflow = client.new(*blocks, edges=["begin>each", "each:item>inner", "each>after"])
    result = run(client, workflow, until="inner")
    assert result["status"] == "completed"
    assert peer.count == {"/inner": 2}


def test_of_several_triggers_the_one_that_leads_to_the_block_is_taken(client: Client, peer: CountingPeer) -> None:
    blocks = (block("a", "starter"), block("b", "trigger.workflow"), call("of_a", peer), call("of_b", peer))
    workflow = client.new(*blocks, edges=["a>of_a", "b>of_b"])
    assert run(client, workflow, until="of_b")["status"] == "completed"
    assert peer.count == {"/of_b": 1}


def test_what_cannot_run_alone_is_refused(client: Client, peer: CountingPeer) -> None:
    workflow = three_calls(client, peer)
    other = run(client, client.new(block("begin", "starter")))["execution_id"]
    stopped = run(client, workflow, until="first")["execution_id"]
    assert refusal(client, workflow, until="nowhere") == (400, "VALIDATION_ERROR", "until")
    assert refusal(client, workflow, only="second") == (400, "VALIDATION_ERROR", "from_execution")
    assert refusal(client, workflow, only="second", until="third") == (400, "VALIDATION_ERROR", "only")
    assert refusal(client, workflow, from_execution=stopped) == (400, "VALIDATION_ERROR", "from_execution")
    assert refusal(client, workflow, only="second", from_execution=other) == (400, "VALIDATION_ERROR", "from_execution")
    assert refusal(client, workflow, only="third", from_execution=stopped) == (409, "BLOCK_NOT_REACHED", "")
    assert refusal(client, workflow, mode="dream") == (400, "VALIDATION_ERROR", "mode")
    assert refusal(client, workflow, use_pins=1) == (400, "VALIDATION_ERROR", "use_pins")
    assert run(client, workflow, only="begin", variables={"n": 2})["output"] == {"n": 2}, "a trigger needs nothing before it"
    assert peer.count == {"/first": 1}


def test_pins_stand_in_only_when_asked_for(client: Client, peer: CountingPeer) -> None:
    pinned = call("pinned", peer, policy={"pinned": {"output": {"from": "the pin"}}})
    workflow = client.new(block("begin", "starter"), pinned, edges=["begin>pinned"])
    assert run(client, workflow, use_pins=True)["output"] == {"from": "the pin"}
    assert peer.count == {}
    assert run(client, workflow)["output"]["body"] == {"path": "/pinned"}


def test_a_simulation_does_nothing_outside_and_says_what_it_would_have_done(client: Client, peer: CountingPeer) -> None:
    pay = block(
        "pay",
        "general_api",
        {
            "method": "PUT",
            "url": f"{peer.url}/pay?order={{{{ variables.order }}}}&api_key=hidden-1",
            "headers": {"Authorization": "Bearer hidden-2", "X-Order": "7"},
            "body": {"total": "{{ variables.order * 2 }}", "password": "hidden-3"},
        },
    )
    twice = block("twice", "code", {"code": "output = variables['order'] * 2"})
    workflow = client.new(block("begin", "starter"), twice, pay, edges=["begin>twice", "twice>pay"])
    result = run(client, workflow, mode="simulation", variables={"order": 21})
    assert result["status"] == "completed"
    assert peer.count == {}
    trace = client.get(f"/api/executions/{result['execution_id']}/trace").json()
    assert client.get(f"/api/executions/{result['execution_id']}").json()["mode"] == "simulation"
    nodes = {node["node_id"]: node for node in trace["nodes"]}
    assert nodes["twice"]["output"] == 42, "what has no effect runs"
    (line,) = nodes["pay"]["log"]
    assert f"PUT {peer.url}/pay?order=21" in line
    assert '"total":42' in line
    assert '"X-Order":"7"' in line
    assert "hidden" not in line


def test_a_simulation_shows_the_name_of_a_credential_and_never_its_value(client: Client, peer: CountingPeer) -> None:
    token = {"_csrf": client.headers["X-CSRF-Token"]}
    client.post("/credentials", data={"name": "SIMULATED", "type": "bearer", "data.token": "hidden-4", **token})
    config = {"method": "POST", "url": f"{peer.url}/pay", "body": "key ${SIMULATED} and {{ 'x' * 900 }}", "body_type": "raw"}
    workflow = client.new(block("begin", "starter"), block("pay", "general_api", config), edges=["begin>pay"])
    result = run(client, workflow, mode="simulation")
    (line,) = result["steps"][1]["log"]
    assert "${SIMULATED}" in line
    assert "[secret:" not in line
    assert "hidden" not in line
    assert len(line) < 620


def test_a_simulated_block_answers_with_its_pinned_output(client: Client, peer: CountingPeer) -> None:
    pinned = call("pinned", peer, policy={"pinned": {"output": 5}})
    workflow = client.new(block("begin", "starter"), pinned, edges=["begin>pinned"])
    result = run(client, workflow, mode="simulation")
    assert result["output"] == 5
    assert f"POST {peer.url}/pinned" in result["steps"][1]["log"][0]
