"""People in the editor: signed in, with a workflow open, doing things to blocks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.support.secrets_watched import note_cookies
from tests.support.server import OWNER, ServerProcess

expect.set_options(timeout=15_000)


@contextmanager
def person(browser: Browser, server: ServerProcess, username: str = OWNER["username"], **options: Any) -> Iterator[Page]:
    """A page in a browser context of its own, signed in. Its console may complain: networks fail in these tests."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, **options)
    answer = context.request.post(f"{server.url}/api/auth/login", data={"username": username, "password": OWNER["password"]})
    assert answer.ok, answer.text()
    page = context.new_page()
    page.set_default_timeout(15_000)
    note_cookies(context.cookies())
    yield page
    context.close()


def open_editor(page: Page, server: ServerProcess, workflow: str) -> Page:
    page.goto(f"{server.url}/workflows/{workflow}")
    return ready(page)


def ready(page: Page) -> Page:
    expect(page.locator("html")).to_have_attribute("data-editor-ready", "true")
    return page


def card(page: Page, block_id: str) -> Any:
    return page.locator(f'.canvas-card[data-block-id="{block_id}"]')


def rename(page: Page, block_id: str, name: str) -> None:
    card(page, block_id).focus()
    page.keyboard.press("F2")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(card(page, block_id)).to_contain_text(name)


def remove(page: Page, block_id: str) -> None:
    card(page, block_id).click()
    card(page, block_id).focus()
    page.keyboard.press("Delete")
    expect(card(page, block_id)).to_have_count(0)


def add(page: Page, title: str) -> None:
    """Add a block from the palette by the keyboard's menu."""
    before = page.locator(".canvas-card").count()
    page.locator("#canvas").focus()
    page.keyboard.press("/")
    page.keyboard.type(title)
    page.keyboard.press("Enter")
    expect(page.locator(".canvas-card")).to_have_count(before + 1)


def state(page: Page, wanted: str) -> None:
    """Wait for a state of saving."""
    expect(page.locator("[data-save-state]")).to_have_attribute("data-save-state", wanted, timeout=20_000)
