"""A person's browser on a studio of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.browser import launch, watched_page
from tests.support.server import ServerProcess


@pytest.fixture(scope="module")  # an open Playwright session breaks every asyncio test that comes after
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server on which nobody has an account yet."""
    process = ServerProcess(tmp_path / "data").start()
    yield process
    process.stop()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails the test when its console shows an error or it asks another host for anything."""
    with watched_page(browser) as page:
        yield page
