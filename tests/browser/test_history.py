"""The history panel, and what a Deploy would change: in words, on the canvas, and back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.editors import add, card, open_editor, person, remove, rename, state
from tests.support.graphs import block
from tests.support.server import Client, ServerProcess


@pytest.fixture
def workflow(client: Client) -> str:
    return client.deployed(
        block("start", "starter", position={"x": 0, "y": 0}),
        block("gate", "code", {"code": "return 1"}, name="Approval", position={"x": 360, "y": 0}),
        block("send", "response", {"status": 200}, name="Send", position={"x": 720, "y": 0}),
        edges=["start>gate", "gate>send"],
    )


@pytest.fixture
def page(browser: Browser, server: ServerProcess, workflow: str) -> Iterator[Page]:
    with person(browser, server) as page:
        open_editor(page, server, workflow)
        rename(page, "start", "Begin")
        remove(page, "gate")
        add(page, "Split")
        state(page, "saved")
        yield page


def names(client: Client, workflow: str) -> list[str]:
    return [found["name"] for found in client.drawn(workflow)["blocks"]]


def test_an_earlier_state_is_compared_named_and_restored(page: Page, client: Client, workflow: str) -> None:
    page.get_by_role("button", name="History", exact=True).click()
    rows = page.locator(".revision")
    expect(rows).to_have_count(4)
    expect(rows.nth(0)).to_contain_text("“Split” added")
    expect(rows.nth(1)).to_contain_text("“Approval” removed before “Send”")
    expect(rows.nth(3)).to_contain_text("Deployed")
    rows.nth(3).get_by_role("button").first.click()
    expect(rows.nth(3)).to_contain_text("Since then: 1 added, 1 changed, 1 removed.")
    for block_id, mark in (("start", "changed"), ("split_1", "added")):
        expect(card(page, block_id)).to_have_attribute("data-diff", mark)
    expect(card(page, "send")).not_to_have_attribute("data-diff", "changed")
    expect(page.locator(".ghosts .canvas-card")).to_have_text("ApprovalCode")
    expect(page.locator(".ghost-edges path")).to_have_count(2)
    rows.nth(3).get_by_label("Name").fill("Before the sale")
    rows.nth(3).get_by_role("button", name="Keep").click()
    expect(rows.nth(3)).to_contain_text("Before the sale")
    rows.nth(3).get_by_role("button", name="Restore").click()
    expect(page.locator(".ghosts .canvas-card")).to_have_count(0)
    expect(page.locator(".canvas-card")).to_have_count(3)
    state(page, "saved")
    expect(rows.nth(0)).to_contain_text("Restored revision 1")
    assert sorted(names(client, workflow)) == ["Approval", "Send", "Start"]
    page.locator("#canvas").focus()
    page.keyboard.press("Control+z")
    expect(card(page, "split_1")).to_be_visible()


def test_a_deploy_tells_its_changes_and_takes_single_ones_back(page: Page, client: Client, workflow: str) -> None:
    deploy = page.get_by_role("button", name="Deploy changes")
    deploy.click()
    changes = page.locator("#deploy-dialog li")
    expect(changes).to_have_count(3)
    expect(changes.nth(0)).to_contain_text("“Approval” removed before “Send”")
    page.get_by_role("button", name="Not now").click()
    assert client.get(f"/api/workflows/{workflow}").json()["deployed_revision"] == 1
    deploy.click()
    page.get_by_role("button", name="Revert: “Approval” removed before “Send”").click()
    expect(changes).to_have_count(2)
    expect(card(page, "gate")).to_be_attached()
    page.locator("[data-changes-deploy]").click()
    expect(page.locator("[data-state-light]")).to_have_text("Deployed")
    found = client.get(f"/api/workflows/{workflow}").json()
    assert found["deployed_revision"] == found["revision"]
    assert sorted(one["name"] for one in found["blocks"]) == ["Approval", "Begin", "Send", "Split"]
    assert len(found["edges"]) == 2
