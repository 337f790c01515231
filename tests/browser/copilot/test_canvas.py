"""What the copilot proposes on the canvas: notes, frames and the name, beside a comparison with an earlier state."""

from __future__ import annotations

from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.browser.copilot.acting import copilot, edit, say
from tests.copilot.talking import ADD_DOUBLE
from tests.support.editors import card, state
from tests.support.model_server import ModelServer
from tests.support.server import Client, ServerProcess


def test_notes_frames_and_a_name_are_shown_taken_and_taken_back(
    page: Page, server: ServerProcess, client: Client, model: ModelServer, workflow: str
) -> None:
    old, name = client.get(f"/api/workflows/{workflow}").json()["name"], f"Adder {uuid4().hex[:8]}"
    model.uses("propose", summary="Tells what it is for", operations=[
        {"type": "add_annotation", "annotation": {"kind": "note", "text": "Adds one", "around": ["sum"]}},
        {"type": "add_annotation", "annotation": {"kind": "frame", "text": "Arithmetic", "around": ["sum", "answer"]}},
        {"type": "rename_workflow", "name": name},
    ])  # fmt: skip
    model.says("There.")
    copilot(page, server, workflow)
    say(page, "Explain it on the canvas")
    ghosts = page.locator(".copilot-ghosts .annotation")
    expect(ghosts).to_have_text(["Adds one", "Arithmetic"])
    expect(page.locator(".copilot-note")).to_contain_text("by its name has to use the new one")
    page.get_by_role("button", name="Take all").click()
    expect(page.locator(".annotation[data-annotation-id]")).to_have_count(2)
    expect(ghosts).to_have_count(0)
    expect(page.locator(".editor-bar h1")).to_contain_text(name)
    page.locator("#canvas").focus()
    page.keyboard.press("Control+z")
    expect(page.locator(".annotation[data-annotation-id]")).to_have_count(0)
    expect(page.locator(".editor-bar h1")).to_contain_text(old)
    state(page, "saved")
    assert client.get(f"/api/workflows/{workflow}").json()["name"] == old


def test_a_proposal_and_a_comparison_are_marked_at_the_same_time(
    page: Page, server: ServerProcess, client: Client, model: ModelServer, workflow: str
) -> None:
    renamed = {"type": "set_block", "block_id": "start", "name": "First"}
    edit(client, workflow, renamed, {"type": "remove_block", "block_id": "answer"})
    proposed = [one for one in ADD_DOUBLE if "answer" not in str(one)]
    model.uses("propose", summary="Doubles", operations=proposed)
    model.says("There.")
    copilot(page, server, workflow)
    say(page, "Double it")
    expect(page.locator(".copilot-ghosts .canvas-card")).to_have_count(1)
    page.get_by_role("button", name="History", exact=True).click()
    page.locator("[data-compare]").last.click()
    expect(page.locator('.ghosts:not(.copilot-ghosts) .canvas-card[data-diff="removed"]')).to_have_count(1)
    expect(card(page, "start")).to_have_attribute("data-diff", "changed")
    expect(card(page, "sum")).to_have_attribute("data-proposed", "changed")
    expect(page.locator(".copilot-ghosts .canvas-card")).to_have_count(1)
    page.locator("[data-history-close]").click()
    expect(card(page, "start")).not_to_have_attribute("data-diff", "changed")
    expect(card(page, "sum")).to_have_attribute("data-proposed", "changed")
    page.get_by_role("button", name="Leave all").click()
    expect(card(page, "sum")).not_to_have_attribute("data-proposed", "changed")
    expect(page.locator(".copilot-ghosts .canvas-card")).to_have_count(0)
