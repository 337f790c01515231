"""The examples in the documentation are true: every runnable one is executed."""

from typing import Any

import pytest

from app.catalog import Catalog
from app.sdk import Block, Example, Output

pytestmark = pytest.mark.anyio

EXAMPLES = [(block, example) for block in Catalog.load() for example in block.examples if example.runnable]


@pytest.mark.parametrize(("block", "example"), EXAMPLES, ids=[f"{block.type}: {example.title}" for block, example in EXAMPLES])
async def test_example(block: Block, example: Example, stage: Any, sandbox: Any) -> None:
    context = stage(variables=dict(example.variables), sandbox=sandbox)
    outcome = await context.run(block.type, example.config, example.input)
    assert outcome.value == example.output
    assert getattr(outcome, "ports", ("output",)) == example.ports
    if block.answers:
        assert isinstance(outcome, Output)
        assert outcome.response == example.output
