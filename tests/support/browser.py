"""Chromium as the tests drive it, and a page that watches itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, Playwright

from tests.support.secrets_watched import note_cookies

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--force-prefers-reduced-motion",  # movement is drawn by the processor, and takes a third of the time of all tests
]


def launch(playwright: Playwright) -> Browser:
    """Debian's Chromium where it is installed, else the one that Playwright brings."""
    return playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)


@contextmanager
def watched_page(browser: Browser, **options: Any) -> Iterator[Page]:
    """A page in a context of its own. Afterwards: no error in its console, no request to any other host."""
    context = browser.new_context(viewport=options.pop("viewport", {"width": 1440, "height": 900}), **options)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.set_default_timeout(10_000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("console", lambda message: complaints.append(f"console: {message.text}") if message.type == "error" else None)
    page.on("request", lambda request: None if _is_local(request.url) else complaints.append(f"request to {request.url}"))
    yield page
    note_cookies(context.cookies())
    context.close()
    assert not complaints, complaints


def _is_local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "http://localhost:", "data:", "blob:", "about:"))
