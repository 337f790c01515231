"""From a blank page to a webhook that is deployed, called and answers, by somebody who reads only what is on the screen."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.editors import person, ready
from tests.support.server import ServerProcess

TWO_MINUTES = 120


@pytest.fixture
def page(browser: Browser, server: ServerProcess) -> Iterator[Page]:
    with person(browser, server) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto(server.url)
        yield page


def add(page: Page, title: str) -> None:
    """Look a block up in the list and choose it; its form opens."""
    page.get_by_label("Search blocks").fill(title)
    page.get_by_role("region", name="Blocks to add").get_by_role("button", name=title).first.click()
    expect(page.get_by_role("complementary", name="Block").get_by_role("heading", name=title)).to_be_visible()


def call(page: Page) -> str:
    """Copy the line for the terminal, and run it there."""
    page.get_by_role("button", name="Copy the curl line").click()
    line = page.evaluate("navigator.clipboard.readText()")
    done = subprocess.run(["/bin/sh", "-c", f"{line} -s"], capture_output=True, text=True, timeout=20, check=True)
    return done.stdout


def test_a_first_webhook_within_two_minutes(page: Page) -> None:
    began = time.monotonic()
    page.get_by_role("button", name="Create workflow").first.click()
    page.get_by_role("textbox", name="Name").fill(f"My first {uuid4().hex}")
    page.get_by_role("button", name="Create", exact=True).click()
    ready(page)
    add(page, "Webhook")
    add(page, "Response")
    page.get_by_role("button", name="Insert a value into Body").click()
    page.get_by_role("dialog", name="Insert a value").get_by_role("button", name="Webhook").click()
    expect(page.get_by_role("textbox", name="Body")).to_contain_text("Webhook")
    page.get_by_role("button", name="Deploy").click()
    expect(page.get_by_text("Deployed", exact=True)).to_be_visible()
    page.get_by_role("group", name="Webhook, Webhook").click()
    answer = json.loads(call(page))
    assert answer["hello"] == "world", answer
    page.get_by_role("tab", name="Data").click()
    expect(page.get_by_role("region", name="Output", exact=True)).to_contain_text("world")
    assert time.monotonic() - began < TWO_MINUTES
