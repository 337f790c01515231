"""The editor without a mouse, as a list, and for people who may only look."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.editors import card, open_editor, person, state
from tests.support.graphs import block
from tests.support.people import join
from tests.support.server import Client, ServerProcess


@pytest.fixture
def workflow(client: Client) -> str:
    check = {"branches": [{"expression": "1 > 0"}]}
    return client.new(
        block("start", "starter", position={"x": 0, "y": 0}),
        block("check", "condition", check, name="Check", position={"x": 320, "y": 0}),
    )


@pytest.fixture
def page(browser: Browser, server: ServerProcess, workflow: str) -> Iterator[Page]:
    with person(browser, server) as page:
        yield open_editor(page, server, workflow)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def choose(page: Page, typed: str) -> None:
    """Type into the list that is open and take its best offer."""
    expect(page.locator(".picker input")).to_be_focused()
    expect(page.locator(".picker input")).to_have_value("")
    page.keyboard.type(typed)
    press(page, "Enter")


def edges(client: Client, workflow: str) -> set[str]:
    drawn = client.drawn(workflow)
    names = {one["id"]: one["name"] for one in drawn["blocks"]}
    return {f"{names[one['source']]}.{one['sourceHandle']}>{names[one['target']]}" for one in drawn["edges"]}


def completed(page: Page, name: str) -> Any:
    return page.locator(f'.canvas-card[data-status="completed"]:has-text("{name}")')


def test_a_workflow_is_drawn_and_run_by_keyboard_only(page: Page, client: Client, workflow: str) -> None:
    page.locator("#canvas").focus()
    press(page, "/")
    choose(page, "Response")
    expect(card(page, "response_1")).to_be_focused()
    press(page, "Escape", "Escape")
    page.locator("#canvas").focus()
    press(page, "Tab")
    expect(card(page, "start")).to_be_focused()
    press(page, "c")
    expect(page.locator("[data-hint]")).to_contain_text("choose the block that comes next")
    press(page, "Tab", "Enter")
    state(page, "saved")
    press(page, "c")
    choose(page, "If")
    press(page, "Tab", "Enter")
    state(page, "saved")
    assert edges(client, workflow) == {"Start.output>Check", "Check.if>Response"}
    press(page, "x")
    choose(page, "From Check")
    expect(page.get_by_role("button", name="Insert a block here")).to_be_focused()
    press(page, "Tab", "Enter")
    state(page, "saved")
    assert edges(client, workflow) == {"Start.output>Check"}
    press(page, "Control+z")
    state(page, "saved")
    press(page, "Control+Enter")
    expect(completed(page, "Response")).to_be_visible()


def test_finding_commands_and_other_workflows(page: Page, client: Client, workflow: str) -> None:
    other = client.create(f"Bills {uuid4().hex[:6]}", block("start", "starter"))
    page.locator("#canvas").focus()
    press(page, "?")
    expect(page.locator("#shortcuts-dialog")).to_contain_text("Connect the block")
    press(page, "Escape", "m")
    expect(page.locator(".minimap")).to_be_hidden()
    press(page, "m", "Control+f")
    choose(page, "start")
    expect(page.locator("#panel h2")).to_have_text("Start")
    press(page, "Control+k")
    choose(page, "Rename this workflow")
    expect(page.get_by_label("Name of the workflow")).to_be_focused()
    press(page, "Escape", "Control+k")
    page.keyboard.type(client.get(f"/api/workflows/{other}").json()["name"])
    expect(page.locator(".picker [role=option]")).to_have_count(1)
    press(page, "Enter")
    page.wait_for_url(f"**/workflows/{other}")


def test_the_outline_does_everything_too(page: Page, client: Client, workflow: str) -> None:
    page.get_by_role("button", name="Show as a list").click()
    rows = page.locator("[data-outline-block]")
    expect(rows).to_have_count(2)
    expect(page.locator("#canvas")).to_be_hidden()
    expect(rows.first).to_be_focused()
    press(page, "c")
    choose(page, "Check")
    press(page, "ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    press(page, "a")
    choose(page, "If")
    choose(page, "Response")
    expect(rows).to_have_count(3)
    state(page, "saved")
    assert edges(client, workflow) == {"Start.output>Check", "Check.if>Response"}
    expect(page.locator(".outline-way")).to_have_text("If")
    rows.nth(1).focus()
    press(page, "c")
    choose(page, "Else")
    choose(page, "Response")
    state(page, "saved")
    assert "Check.else>Response" in edges(client, workflow)
    expect(page.locator(".outline-way")).to_have_text(["If", "Else"])
    press(page, "x")
    choose(page, "to Response else")
    state(page, "saved")
    assert "Check.else>Response" not in edges(client, workflow)
    rows.nth(1).focus()
    press(page, "Enter")
    page.locator('[data-block-form="check"] #block-name').fill("Is it so?")
    expect(rows.nth(1)).to_contain_text("Is it so?")
    state(page, "saved")
    page.get_by_role("button", name="Run the workflow").click()
    expect(page.locator(".outline-row[data-status=completed]")).to_have_count(3)
    rows.nth(2).focus()
    press(page, "Delete")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_be_focused()
    page.get_by_role("button", name="What to do with Is it so?").click()
    choose(page, "Turn it off")
    expect(rows.nth(1)).to_contain_text("off")


def test_a_phone_shows_the_outline_first(browser: Browser, server: ServerProcess, workflow: str) -> None:
    with person(browser, server, has_touch=True) as page:
        page.set_viewport_size({"width": 390, "height": 844})
        open_editor(page, server, workflow)
        expect(page.locator("[data-outline-block]")).to_have_count(2)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.get_by_role("button", name="Add a block").last.click()
        page.locator('[data-palette-type="response"]').click()
        expect(page.locator("[data-outline-block]")).to_have_count(3)
        page.get_by_role("button", name="Close", exact=True).click()
        expect(page.locator("[data-outline-block]:focus")).to_contain_text("Response")
        page.get_by_role("button", name="Show as a list").click()
        expect(page.locator("#canvas")).to_be_visible()


def test_who_may_only_look_changes_nothing(browser: Browser, server: ServerProcess, client: Client, workflow: str) -> None:
    name = f"viewer-{uuid4().hex[:6]}"
    join(server, name, "viewer")
    with person(browser, server, name) as page:
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url) if request.method != "GET" else None)
        open_editor(page, server, workflow)
        expect(page.locator(".read-only-mark")).to_be_visible()
        for hidden in ("Run the workflow", "Deploy", "Arm", "Undo", "Add a block"):
            expect(page.get_by_role("button", name=hidden, exact=True)).to_have_count(0)
        expect(page.locator("#palette")).to_be_hidden()
        card(page, "start").click()
        expect(page.locator("#panel-settings #block-name")).to_be_disabled()
        card(page, "start").focus()
        for key in ("Delete", "ArrowDown", "n", "Shift+F", "e", "Control+d", "/", "c"):
            page.keyboard.press(key)
        expect(page.locator(".canvas-card, .annotation")).to_have_count(2)
        press(page, "Control+k")
        page.keyboard.type("delete")
        expect(page.locator(".picker")).to_contain_text("Nothing fits.")
        assert not [url for url in sent if "operations" in url or "/graph" in url], json.dumps(sent)
    assert client.drawn(workflow)["revision"] == 1
