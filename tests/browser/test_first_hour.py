"""What a newcomer does in the first hour: account, template, a block of their own, Run, Deploy, Arm."""

from __future__ import annotations

import subprocess

import httpx
from playwright.sync_api import Page, expect

from tests.support.server import OWNER, ServerProcess


def make_account(page: Page, studio: ServerProcess) -> None:
    page.goto(studio.url)
    expect(page).to_have_url(f"{studio.url}/setup")
    page.get_by_label("E-mail").fill(OWNER["email"])
    page.get_by_label("Username").fill(OWNER["username"])
    page.get_by_label("Password").fill(OWNER["password"])
    page.get_by_role("button", name="Make the account").click()
    expect(page).to_have_url(f"{studio.url}/templates")


def use_template(page: Page, studio: ServerProcess, title: str) -> None:
    page.goto(f"{studio.url}/templates")
    page.locator("article, li, .card").filter(has=page.get_by_role("heading", name=title)).last.get_by_role(
        "button", name="Use this template"
    ).click()
    expect(page.locator("[data-workflow-name]")).to_contain_text(title)


def card(page: Page, name: str) -> str:
    """The id of the block with this name."""
    found = page.locator("[data-block-id]").filter(has_text=name).first
    expect(found).to_be_visible()
    block_id = found.get_attribute("data-block-id")
    assert block_id
    return block_id


def drag(page: Page, start: str, end: str) -> None:
    """Drag with the mouse from the middle of one element to the middle of another."""
    boxes = [page.locator(selector).first.bounding_box() for selector in (start, end)]
    (x1, y1), (x2, y2) = [(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in boxes if box]
    page.mouse.move(x1, y1)
    page.mouse.down()
    page.mouse.move((x1 + x2) / 2, (y1 + y2) / 2, steps=5)
    page.mouse.move(x2, y2, steps=5)
    page.mouse.up()


def saved(page: Page) -> None:
    expect(page.locator("[data-save-state]")).to_have_attribute("data-save-state", "saved")


def test_a_newcomer_builds_runs_deploys_and_arms(page: Page, studio: ServerProcess) -> None:
    make_account(page, studio)
    assert httpx.get(f"{studio.url}/setup", follow_redirects=False).status_code == 303, "the setup page is gone"
    use_template(page, studio, "Order total with tax")
    add_a_block_of_ones_own(page)
    run_and_look(page)
    answer = deploy_and_call_by_curl(page)
    assert '"total"' in answer
    look_at_the_executions(page, studio)
    arm_another_and_call_it_twice(page, studio)


def add_a_block_of_ones_own(page: Page) -> None:
    """Drag a code block in, connect it behind the webhook, fill in its form."""
    canvas = page.locator("#canvas").bounding_box()
    assert canvas
    page.get_by_label("Search blocks").fill("code")
    source = page.locator('[data-palette-type="code"]').bounding_box()
    assert source
    before = page.locator("[data-block-id]").count()
    page.mouse.move(source["x"] + 30, source["y"] + 20)
    page.mouse.down()
    page.mouse.move(canvas["x"] + 300, canvas["y"] + 120, steps=8)
    page.mouse.move(canvas["x"] + 320, canvas["y"] + 130, steps=3)
    page.mouse.up()
    expect(page.locator("[data-block-id]")).to_have_count(before + 1)
    page.get_by_label("Name", exact=True).fill("Note the order")
    code = page.locator('#block-form [name="config.code"]')
    code.fill('print("order noted")\nreturn {"noted": True}')
    new = card(page, "Note the order")
    start = card(page, "Try it by hand")
    drag(page, f'[data-port="{start}:output"]', f'[data-port="{new}:input"]')
    expect(page.locator("[data-edge-id], .edge").first).to_be_attached()
    saved(page)


def run_and_look(page: Page) -> None:
    page.locator('[data-action="run"]').click()
    page.locator("[data-run-start]").click()
    for name in ("Try it by hand", "Add up and tax", "Note the order", "Is it a large order?"):
        expect(page.locator(f'[data-block-id="{card(page, name)}"]')).to_have_attribute("data-status", "completed")
    expect(page.locator(f'[data-block-id="{card(page, "Order comes in")}"]')).to_have_attribute("data-status", "skipped")
    page.locator(f'[data-block-id="{card(page, "Note the order")}"]').click()
    page.get_by_role("tab", name="Data").click()
    data = page.locator("#panel-data")
    expect(data).to_contain_text("noted")
    expect(data).to_contain_text("order noted")
    expect(data).to_contain_text("items")


def deploy_and_call_by_curl(page: Page) -> str:
    page.locator('[data-action="deploy"]').click()
    expect(page.locator("[data-state-light]")).to_have_attribute("data-state-light", "deployed")
    return call_by_curl(page, "Order comes in")


def call_by_curl(page: Page, name: str) -> str:
    """Copy the curl line from a webhook block's form and run it in a shell."""
    page.locator(f'[data-block-id="{card(page, name)}"]').click()
    page.get_by_role("tab", name="Settings").click()
    page.get_by_role("button", name="Copy the curl line").click()
    line = page.evaluate("navigator.clipboard.readText()")
    assert line.startswith("curl ")
    done = subprocess.run(["/bin/sh", "-c", f"{line} -s"], capture_output=True, text=True, timeout=20, check=True)
    return done.stdout


def look_at_the_executions(page: Page, studio: ServerProcess) -> None:
    page.goto(f"{studio.url}/executions")
    rows = page.locator("tbody tr").filter(has_text="Order total with tax")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="webhook")).to_have_count(1)
    rows.filter(has_text="webhook").get_by_role("link").first.click()
    expect(page.locator("main")).to_contain_text("Add up and tax")


def arm_another_and_call_it_twice(page: Page, studio: ServerProcess) -> None:
    use_template(page, studio, "Check an order three ways at once")
    page.locator('[data-action="arm"]').click()
    light = page.locator("[data-state-light]")
    expect(light).to_have_attribute("data-state-light", "armed")
    expect(light).to_contain_text("9:5")
    first = call_by_curl(page, "Order comes in")
    assert '"approved"' in first
    expect(page.locator('[data-block-id][data-status="completed"]').first).to_be_visible()
    expect(light).to_have_attribute("data-state-light", "internal")
    assert "NOT_DEPLOYED" in call_by_curl(page, "Order comes in")
