"""Whoever may answer Wait says so: a program is taken for one that only computes when none of its blocks does."""

from __future__ import annotations

import pytest

from app.catalog import Catalog
from app.sdk import Block

BLOCKS = sorted(Catalog.load(), key=lambda block: block.type)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.type)
def test_a_block_that_may_wait_declares_it(block: Block) -> None:
    answers = [str(run.__annotations__["return"]) for run in (block.execute, block.resume) if run is not None]
    assert block.waits == any("Wait" in answer for answer in answers)
