"""Executions that are over, on the revision that ran; files in and out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.editors import add, card, open_editor, person, ready, rename, state
from tests.support.graphs import block
from tests.support.server import Client, ServerProcess

N8N = {
    "nodes": [
        {"id": "1", "name": "Begin", "type": "n8n-nodes-base.manualTrigger", "typeVersion": 1, "position": [0, 0]},
        {"id": "2", "name": "Rest", "type": "n8n-nodes-base.noOp", "typeVersion": 1, "position": [240, 0]},
    ],
    "connections": {"Begin": {"main": [[{"node": "Rest", "type": "main", "index": 0}]]}},
}


@pytest.fixture
def workflow(client: Client) -> str:
    return client.new(
        block("start", "starter", position={"x": 0, "y": 0}),
        block("send", "response", name="Send", position={"x": 320, "y": 0}),
        edges=["start>send"],
    )


@pytest.fixture
def page(browser: Browser, server: ServerProcess) -> Iterator[Page]:
    with person(browser, server) as page:
        yield page


def test_an_old_execution_is_replayed_on_its_own_revision(
    page: Page, server: ServerProcess, client: Client, workflow: str
) -> None:
    client.execute(workflow)
    open_editor(page, server, workflow)
    rename(page, "send", "Renamed later")
    add(page, "Split")
    state(page, "saved")
    page.locator("#canvas").focus()
    page.keyboard.press("r")
    expect(page.locator(".picker [role=option]")).to_contain_text("Completed")
    page.keyboard.press("Enter")
    page.wait_for_url("**execution=*")
    ready(page)
    expect(page.locator(".read-only-mark")).to_contain_text("Revision 1, as it ran")
    expect(card(page, "send")).to_contain_text("Send")
    expect(page.locator(".canvas-card")).to_have_count(2)
    slider = page.get_by_label("Moment of the execution")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^Send: completed"))
    expect(card(page, "send")).to_have_attribute("data-status", "completed")
    slider.focus()
    page.keyboard.press("Home")
    expect(card(page, "start")).not_to_have_attribute("data-status", "completed")
    page.keyboard.press("ArrowRight")
    expect(card(page, "start")).to_have_attribute("data-status", "running")
    page.keyboard.press("End")
    expect(card(page, "send")).to_have_attribute("data-status", "completed")
    card(page, "send").focus()
    page.keyboard.press("Delete")
    expect(page.locator(".canvas-card")).to_have_count(2)
    page.get_by_role("link", name="Newest").click()
    page.wait_for_url(f"**/workflows/{workflow}")
    ready(page)
    expect(card(page, "send")).to_contain_text("Renamed later")


def test_a_workflow_goes_into_a_file_and_comes_back(
    page: Page, server: ServerProcess, client: Client, workflow: str, tmp_path: Path
) -> None:
    open_editor(page, server, workflow)
    page.locator("#canvas").focus()
    page.keyboard.press("n")
    page.keyboard.type("Ask Ada")
    page.keyboard.press("Escape")
    state(page, "saved")
    files: dict[str, Path] = {}
    for kind in ("JSON", "YAML"):
        page.keyboard.press("Control+k")
        page.keyboard.type(f"Export as {kind}")
        with page.expect_download() as download:
            page.keyboard.press("Enter")
        files[kind] = tmp_path / f"flow.{kind.lower()}"
        download.value.save_as(files[kind])
    assert json.loads(files["JSON"].read_text())["annotations"][0]["text"] == "Ask Ada"
    assert "Ask Ada" in files["YAML"].read_text()

    drop(page, "#canvas", "flow.json", files["JSON"].read_text())
    expect(page.locator(".canvas-card")).to_have_count(4)
    expect(page.locator(".annotation")).to_have_count(2)
    page.locator("#canvas").focus()
    page.keyboard.press("Control+z")
    expect(page.locator(".canvas-card")).to_have_count(2)

    name = f"From YAML {uuid4().hex[:6]}"
    text = files["YAML"].read_text().replace(client.get(f"/api/workflows/{workflow}").json()["name"], name)
    page.goto(server.url)
    drop(page, "#main", "flow.yaml", text)
    page.wait_for_url("**/workflows/*")
    ready(page)
    expect(page.locator("[data-workflow-name]")).to_have_text(name)
    expect(page.locator(".annotation")).to_have_text("Ask Ada")
    page.goto(server.url)
    drop(page, "#main", "n8n.json", json.dumps(N8N | {"name": f"Foreign {uuid4().hex[:6]}"}))
    page.wait_for_url("**/workflows/*")
    ready(page)
    expect(page.locator(".annotation")).to_contain_text("of 2 nodes of n8n became blocks")
    page.goto(server.url)
    drop(page, "#main", "flow.yaml", "name: x\ntasks: [}")
    expect(page.locator("[data-import-note]")).to_contain_text("“flow.yaml” was not imported.")


def drop(page: Page, selector: str, name: str, text: str) -> None:
    transfer = page.evaluate_handle(
        """([name, text]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([text], name));
            return transfer;
        }""",
        [name, text],
    )
    page.dispatch_event(selector, "dragover", {"dataTransfer": transfer})
    page.dispatch_event(selector, "drop", {"dataTransfer": transfer, "clientX": 700, "clientY": 600})
