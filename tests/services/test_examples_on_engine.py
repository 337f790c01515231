"""The examples of blocks without a peer, run by the whole studio: saved, compiled, resolved, executed and recorded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.catalog import Catalog
from app.sdk import Block, Example, Json
from tests.support.studio import Studio

pytestmark = pytest.mark.anyio
FAMILIES = ("data", "fmt", "crypto", "kv", "var", "util", "ai")
TELL_THE_TIME = {"The digits of a login app", "Write an event"}
EXAMPLES = [
    (block, example)
    for block in Catalog.load()
    for example in block.examples
    if example.runnable and block.type.split(".")[0] in FAMILIES and example.title not in TELL_THE_TIME
]


async def outcome(studio: Studio, block: Block, example: Example) -> tuple[Json, Json]:
    """Status and output of an execution in which the example's input comes out of a block before."""
    blocks: list[dict[str, Any]] = [
        {"id": "start", "type": "starter", "config": {}},
        {"id": "given", "type": "fmt.json", "config": {"source": "{{ variables.text }}"}},
        {"id": "tried", "type": block.type, "config": example.config},
        {"id": "after", "type": "flow.noop", "config": {}},
    ]
    edges = ["start>given", "given>tried", f"tried:{example.ports[-1]}>after"]
    workflow = await studio.new(*blocks, edges=edges)
    await studio.run(workflow, text=json.dumps(example.input), **example.variables)
    (execution,) = await studio.executions(workflow)
    return execution.status, json.loads(execution.output) if execution.output else execution.error


async def test_every_example_runs_on_the_engine(studio: Studio) -> None:
    wrong = []
    for block, example in EXAMPLES:
        status, output = await outcome(studio, block, example)
        if (status, output) != ("completed", example.output):
            wrong.append((block.type, example.title, status, output))
    assert wrong == []
    assert len(EXAMPLES) > 60
