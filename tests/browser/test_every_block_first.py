"""Every second native block, in the browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from app.sdk import Block
from tests.support.every_block import FIRST_HALF, Outcomes, check, tried
from tests.support.server import Client, ServerProcess

PART = FIRST_HALF


@pytest.fixture(scope="module")
def outcomes(browser: Browser, server: ServerProcess, client: Client) -> Iterator[Outcomes]:
    with tried(browser, server, client, PART) as found:
        yield found


@pytest.mark.parametrize("declared", PART, ids=[declared.type for declared in PART])
def test_a_block_in_the_browser(declared: Block, outcomes: Outcomes) -> None:
    check(declared, outcomes)
