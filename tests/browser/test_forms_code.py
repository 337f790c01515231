"""The large editor for code: names that are in scope are offered, and what is wrong is marked at its line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.editors import card, open_editor, person, state
from tests.support.graphs import block
from tests.support.server import Client, ServerProcess


@pytest.fixture
def workflow(client: Client) -> str:
    start = block("start", "starter", {"variables": [{"name": "who", "default": "Ada"}]}, position={"x": 0, "y": 0})
    order = block("order", "code", {"code": "output = {'total': 12}"}, name="Order", position={"x": 320, "y": 0})
    last = block("last", "code", {"code": "output = input"}, name="Last", position={"x": 640, "y": 0})
    made = client.new(start, order, last, edges=["start>order", "order>last"])
    client.execute(made)
    return made


@pytest.fixture
def page(browser: Browser, server: ServerProcess, workflow: str) -> Iterator[Page]:
    with person(browser, server) as page:
        yield open_editor(page, server, workflow)


def code_of(client: Client, workflow: str) -> str:
    code: str = {one["id"]: one["config"] for one in client.drawn(workflow)["blocks"]}["last"]["code"]
    return code


KEYS_AT_ONCE = """(place, [typed, ...codes]) => {
  const editor = place.env.editor;
  editor.execCommand("insertstring", typed);
  for (const code of codes) editor.onCommandKey(new KeyboardEvent("keydown"), 0, code);
}"""
DOWN, ENTER = 40, 13


def test_code_is_completed_and_checked_in_the_large_editor(page: Page, client: Client, workflow: str) -> None:
    card(page, "last").click()
    expect(page.locator("#panel-settings [data-value-path='blocks.order.output.total']").first).to_be_attached()
    page.get_by_role("button", name="Open in a large editor").first.click()
    dialog = page.get_by_role("dialog", name="Code")
    expect(dialog.locator("[data-code-place] .ace_content")).to_contain_text("output = input")
    offers = dialog.locator(".ace_autocomplete")
    page.keyboard.press("Control+a")
    page.keyboard.type("output = ")
    expect(offers).to_be_hidden()
    page.keyboard.type("input.t")
    expect(offers).to_contain_text("input.total")
    dialog.locator("[data-code-place]").evaluate(KEYS_AT_ONCE, ["o", DOWN, ENTER])
    expect(dialog.locator("[data-code-place] .ace_content")).to_have_text('output = input["total"]')
    page.keyboard.press("Control+a")
    page.keyboard.type("output = ")
    expect(offers).to_be_hidden()
    page.keyboard.type("input.t")
    expect(offers).to_contain_text("input.total")
    dialog.locator("[data-code-place]").evaluate(KEYS_AT_ONCE, ["o", DOWN])
    page.keyboard.press("Enter")
    expect(dialog.locator("[data-code-place] .ace_content")).to_have_text('output = input["total"]')
    page.keyboard.type(" + 1")
    page.keyboard.press("Enter")
    page.keyboard.type("if")
    page.keyboard.press("Enter")
    expect(dialog.locator(".ace_gutter-cell.ace_error")).to_have_count(1)
    expect(dialog.locator("[data-code-problem]")).to_contain_text("Line 2: ")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+a")
    page.keyboard.type("output = variables.wh")
    expect(offers).to_contain_text("variables.who")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+a")
    page.keyboard.type("output = len")
    expect(dialog.locator(".ace_error")).to_have_count(0)
    expect(dialog.locator("[data-code-problem]")).to_be_empty()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Done", exact=True).click()
    state(page, "saved")
    assert code_of(client, workflow) == "output = len\n", "while somebody types, Enter ends a line and takes no offer"
