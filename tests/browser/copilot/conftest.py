"""A person in the editor, whose copilot asks a scripted model on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.editors import person
from tests.support.graphs import block
from tests.support.model_server import ModelServer
from tests.support.server import Client, ServerProcess


@pytest.fixture
def model(client: Client) -> Iterator[ModelServer]:
    with ModelServer() as server:
        client.put("/api/copilot/model", json={"base_url": server.address, "model": "small"})
        yield server
        client.delete("/api/copilot/model")


@pytest.fixture(scope="module")
def page(browser: Browser, server: ServerProcess) -> Iterator[Page]:
    with person(browser, server) as page:
        yield page


@pytest.fixture
def workflow(client: Client) -> str:
    return client.new(
        block("start", "starter", name="Begin", position={"x": 0, "y": 0}),
        block("sum", "code", {"code": "return 1 + 1"}, name="Add one", position={"x": 300, "y": 0}),
        block("answer", "response", {"body": "{{ sum.output }}"}, name="Answer", position={"x": 600, "y": 0}),
        edges=["start>sum", "sum>answer"],
    )
