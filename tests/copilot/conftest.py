"""A studio whose copilot asks a scripted model on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.copilot.talking import Talking
from tests.support.graphs import block
from tests.support.model_server import ModelServer
from tests.support.server import Client


@pytest.fixture
def model(client: Client) -> Iterator[ModelServer]:
    """The model of the owner's workspace, for one test."""
    with ModelServer() as server:
        answer = client.put("/api/copilot/model", json={"base_url": server.address, "model": "small", "daily_tokens": 0})
        assert answer.status_code == 200, answer.text
        yield server
        client.delete("/api/copilot/model")


@pytest.fixture
def workflow(client: Client) -> str:
    """A workflow that adds one and answers."""
    return client.new(
        block("start", "starter", {"variables": [{"name": "amount", "type": "number", "default": 2}]}, name="Begin"),
        block("sum", "code", {"code": "return input['amount'] + 1"}, name="Add one"),
        block("answer", "response", {"body": "{{ sum.output }}"}, name="Answer"),
        edges=["start>sum", "sum>answer"],
    )


@pytest.fixture
def talk(client: Client, workflow: str) -> Talking:
    """A conversation of the owner about that workflow."""
    return Talking.begin(client, workflow)
