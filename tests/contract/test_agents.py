"""Agents, other workflows and the platform itself: contract.md A191, A195, A199, A204."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.graphs import block
from tests.support.model_server import ModelServer
from tests.support.peer import Peer, Reply
from tests.support.server import Client


def agent(model: ModelServer, **config: Any) -> dict[str, Any]:
    return block("agent", "agent", {"base_url": model.address, "model": "small", "prompt": "{{ variables.text }}"} | config)


def test_a191_an_agent_asks_the_model(client: Client, model: ModelServer) -> None:
    model.says("A short story.")
    workflow = client.new(block("start", "starter"), agent(model, system_prompt="Summarise."), edges=["start>agent"])
    answer = client.execute(workflow, text="A long story")
    assert answer["output"] == {"text": "A short story.", "usage": {"input_tokens": 11, "output_tokens": 7, "requests": 1}}
    [asked] = model.asked
    assert asked["model"] == "small"
    assert [message["content"] for message in asked["messages"]] == ["Summarise.", "A long story"]


def test_a191_an_agent_uses_a_workflow_as_its_tool(client: Client, model: ModelServer) -> None:
    weather = client.new(
        block("start", "starter"), block("say", "code", {"code": "return variables['city'] + ': sun'"}), edges=["start>say"]
    )
    tool = {"kind": "workflow", "workflow": weather, "description": "Tells the weather"}
    workflow = client.new(block("start", "starter"), agent(model, tools=[tool]), edges=["start>agent"])
    model.uses(weather.replace("-", "_"), city="Bern")
    model.says("It is sunny.")
    answer = client.execute(workflow, text="Weather?")
    assert answer["output"]["text"] == "It is sunny."
    first, second = model.asked
    assert first["tools"][0]["function"]["description"] == "Tells the weather"
    assert (second["messages"][-1]["role"], second["messages"][-1]["content"]) == ("tool", "Bern: sun")
    runs = client.get("/api/executions", params={"workflow_id": weather}).json()["executions"]
    assert [(run["status"], run["parent_id"]) for run in runs] == [("completed", answer["execution_id"])]


def test_a191_an_agent_answers_data_that_fits_a_schema(client: Client, model: ModelServer) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    model.says_json({"town": "Bern"})
    model.says_json({"city": "Bern"})
    workflow = client.new(block("start", "starter"), agent(model, output_schema=schema), edges=["start>agent"])
    assert client.execute(workflow, text="Where?")["output"]["data"] == {"city": "Bern"}
    assert len(model.asked) == 2, "an answer that does not fit is asked for once more"


def test_a191_without_a_model_the_agent_says_where_to_set_one(client: Client) -> None:
    workflow = client.new(block("start", "starter"), block("agent", "agent", {"prompt": "Hi"}), edges=["start>agent"])
    error = client.execute(workflow)["error"]
    assert (error["code"], error["block_id"]) == ("MODEL_NOT_CONFIGURED", "agent")
    assert "BLOCKYARD_MODEL_BASE_URL" in error["message"]


def platform(
    client: Client, operation: str, resource_id: str = "", body: Any = None, resource: str = "workflows"
) -> dict[str, Any]:
    config = {"resource": resource, "operation": operation, "resource_id": resource_id, "body": body}
    return client.execute(client.new(block("start", "starter"), block("call", "platform_api", config), edges=["start>call"]))


def test_a195_platform_api_makes_gets_changes_runs_and_deletes_workflows(client: Client) -> None:
    model = client.new(block("start", "starter"), block("end", "response"), edges=["start>end"])
    drawn = {key: value for key, value in client.drawn(model).items() if key != "revision"}
    name = f"Made by {model}"
    made = platform(client, "create", body={"name": name} | drawn)["output"]
    assert (made["name"], [kept["id"] for kept in made["blocks"]]) == (name, ["start", "end"])
    assert platform(client, "get", name)["output"]["id"] == made["id"]
    assert platform(client, "list", body={"q": name})["output"]["total"] == 1
    assert platform(client, "update", name, {"description": "Changed"})["output"]["description"] == "Changed"
    started = platform(client, "execute", name, {"x": 1})["output"]
    assert client.wait_for(started["execution_id"])["output"] == {"x": 1}
    seen = platform(client, "get", started["execution_id"], resource="executions")["output"]
    assert (seen["status"], seen["workflow_name"]) == ("completed", name)
    platform(client, "delete", name)
    assert client.get(f"/api/workflows/{made['id']}").status_code == 404


def test_a195_platform_api_fails_as_the_platform_does(client: Client) -> None:
    error = platform(client, "get", "No such workflow")["error"]
    assert (error["code"], error["block_id"]) == ("WORKFLOW_NOT_FOUND", "call")


def member(client: Client, name: str, code: str) -> dict[str, Any]:
    workflow = client.new(block("start", "starter"), block("do", "code", {"code": code}), edges=["start>do"])
    return {"kind": "workflow", "name": name, "workflow": workflow}


def orchestrate(client: Client, strategy: str, *members: dict[str, Any], **variables: Any) -> dict[str, Any]:
    config = {"strategy": strategy, "members": list(members)}
    workflow = client.new(block("start", "starter"), block("team", "orchestration", config), edges=["start>team"])
    return client.execute(workflow, **variables)


def test_a199_orchestration_runs_members_one_after_another(client: Client) -> None:
    double = member(client, "double", "return {'n': variables['n'] * 2}")
    plus = member(client, "plus", "return {'n': variables['n'] + 1}")
    answer = orchestrate(client, "sequential", double, plus, n=5)
    assert (answer["output"]["output"], answer["output"]["status"]) == ({"n": 11}, "completed")
    assert [(one["name"], one["output"]) for one in answer["output"]["members"]] == [("double", {"n": 10}), ("plus", {"n": 11})]


def test_a199_orchestration_runs_members_at_the_same_time(client: Client, peer: Peer) -> None:
    peer.replies |= {"/left": Reply("L", delay=0.3), "/right": Reply("R", delay=0.3)}
    members = []
    for name in ("left", "right"):
        called = client.new(
            block("start", "starter"), block("call", "general_api", {"url": f"{peer.url}/{name}"}), edges=["start>call"]
        )
        members.append({"kind": "workflow", "name": name, "workflow": called})
    answer = orchestrate(client, "parallel", *members)
    assert {name: output["body"] for name, output in answer["output"]["output"].items()} == {"left": "L", "right": "R"}
    [left], [right] = peer.calls("/left"), peer.calls("/right")
    assert max(left.began, right.began) < min(left.ended, right.ended), "one member waited for the other"


def test_a199_a_supervisor_decides_which_member_works(client: Client, model: ModelServer) -> None:
    double = member(client, "double", "return variables['n'] * 2")
    unused = member(client, "unused", "return 1 / 0")
    model.uses("double", input={"n": 21})
    model.says("It is 42.")
    config = {"strategy": "supervisor", "members": [double, unused], "base_url": model.address, "model": "small"}
    workflow = client.new(block("start", "starter"), block("team", "orchestration", config), edges=["start>team"])
    answer = client.execute(workflow, task="Double 21")
    assert answer["output"]["output"] == "It is 42."
    assert [(one["name"], one["output"]) for one in answer["output"]["members"]] == [("double", 42)]


def test_a199_a_failed_member_fails_the_block_and_is_named(client: Client) -> None:
    bad = member(client, "bad", "return 1 / 0")
    answer = orchestrate(client, "sequential", bad)
    assert (answer["status"], answer["error"]["code"], answer["error"]["block_id"]) == ("failed", "MEMBER_FAILED", "team")
    assert "`bad`" in answer["error"]["message"]


@pytest.mark.parametrize("text", ["The harbour is open again.", "Größe: 5 µm"])
def test_a204_the_example_graph_works_end_to_end(client: Client, model: ModelServer, text: str) -> None:
    model.says(f"Summary: {text}")
    workflow = client.new()
    drawn = {
        "blocks": [
            block("starter_1", "starter", {"variables": [{"name": "text", "type": "string"}]}),
            agent(model, system_prompt="Summarise in one sentence.") | {"id": "agent_1"},
            block("response_1", "response", {"body": {"summary": "{{ agent_1.output.text }}"}}),
        ],
        "edges": [{"source": "starter_1", "target": "agent_1"}, {"source": "agent_1", "target": "response_1"}],
    }
    assert client.put(f"/api/workflows/{workflow}/graph", json=drawn).json()["ok"] is True
    answer = client.post(f"/api/workflows/{workflow}/execute", json={"variables": {"text": text}}).json()
    assert (answer["status"], answer["output"]) == ("completed", {"summary": f"Summary: {text}"})
    assert model.asked[0]["messages"][-1]["content"] == text
