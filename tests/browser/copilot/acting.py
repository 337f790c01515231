"""What people do in the copilot's panel, and others meanwhile."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.support.editors import open_editor
from tests.support.server import Client, ServerProcess


def copilot(page: Page, server: ServerProcess, workflow: str) -> None:
    """Open the editor with the copilot beside it."""
    open_editor(page, server, workflow)
    page.get_by_role("button", name="Copilot", exact=True).click()
    expect(page.get_by_role("heading", name="Copilot")).to_be_visible()


def say(page: Page, text: str) -> None:
    """Ask once the answer before has come to its end."""
    expect(page.locator("[data-copilot-send]")).to_be_visible()
    page.locator("#copilot textarea").fill(text)
    page.keyboard.press("Enter")


def changes(page: Page, *states: str) -> None:
    """The changes of the proposal come to stand like this."""
    rows = page.locator(".copilot-changes li")
    expect(rows).to_have_count(len(states))
    for number, state in enumerate(states):
        expect(rows.nth(number)).to_have_attribute("data-state", state)


def edit(client: Client, workflow: str, *operations: dict[str, Any]) -> None:
    """Others change the workflow meanwhile."""
    for operation in operations:
        revision = client.drawn(workflow)["revision"]
        batch = {"base_revision": revision, "client_id": "other", "batch_id": str(uuid4()), "operations": [operation]}
        answer = client.post(f"/api/workflows/{workflow}/operations", json=batch)
        assert answer.status_code == 200, answer.text
