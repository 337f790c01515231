"""A workflow that must come out of every attack unchanged, on a server that must still answer."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.support.graphs import block
from tests.support.server import Client, ServerProcess


@pytest.fixture
def kept(client: Client, server: ServerProcess) -> Iterator[str]:
    """The workflow to aim at. Afterwards its graph is what it was, and the server answers at once."""
    workflow = client.new(block("start", "starter"), block("end", "response"), edges=["start>end"])
    before = client.drawn(workflow)
    yield workflow
    assert server.process is not None
    assert server.process.poll() is None, "the server is gone"
    began = time.monotonic()
    assert client.get("/readyz").status_code == 200
    assert client.drawn(workflow) == before
    assert client.execute(workflow, x=1)["output"] == {"x": 1}
    assert time.monotonic() - began < 2, "the server is slow"
