"""The triggers, the blocks that wait for others, and some more native blocks, in the browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from app.sdk import Block
from tests.browser import test_every_block_first, test_every_block_second
from tests.support.block_cases import NATIVE
from tests.support.every_block import TRIGGERS_AND_SOME, Outcomes, check, tried
from tests.support.server import Client, ServerProcess

PART = TRIGGERS_AND_SOME


@pytest.fixture(scope="module")
def outcomes(browser: Browser, server: ServerProcess, client: Client) -> Iterator[Outcomes]:
    with tried(browser, server, client, PART) as found:
        yield found


@pytest.mark.parametrize("declared", PART, ids=[declared.type for declared in PART])
def test_a_block_in_the_browser(declared: Block, outcomes: Outcomes) -> None:
    check(declared, outcomes)


def test_the_parts_are_all_native_blocks() -> None:
    parts = [PART, test_every_block_first.PART, test_every_block_second.PART]
    assert sorted(declared.type for part in parts for declared in part) == sorted(declared.type for declared in NATIVE)
