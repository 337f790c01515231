"""Building workflows in natural language (contract.md A236)."""

from __future__ import annotations

from tests.copilot.talking import Talking
from tests.support.model_server import ModelServer
from tests.support.server import Client


def test_a236_a_workflow_is_built_from_one_sentence(client: Client) -> None:
    workflow = client.new()
    with ModelServer() as model:
        client.put("/api/copilot/model", json={"base_url": model.address, "model": "small", "daily_tokens": 0})
        model.uses("propose", summary="Greets", operations=[
            {"type": "add_block", "block": {"id": "start", "type": "starter"}},
            {"type": "add_block", "block": {"id": "greet", "type": "response", "config": {"body": "Hello {{ variables.name }}"}}},
            {"type": "connect", "edge": {"source": "start", "target": "greet"}},
        ])  # fmt: skip
        model.says("It greets whoever is named.")
        talk = Talking.begin(client, workflow)
        proposal = talk.say("Greet the person whose name I give").proposal
        client.delete("/api/copilot/model")
    assert client.drawn(workflow)["blocks"] == []
    assert talk.accept(proposal["id"]).status_code == 200
    assert client.execute(workflow, name="Ada")["output"] == "Hello Ada"
