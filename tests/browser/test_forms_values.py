"""Values of other blocks in a form without any syntax: picked, dragged, typed, seen with their live value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.editors import open_editor, person
from tests.support.graphs import block, edge
from tests.support.server import Client, ServerProcess

CODE = "return {'user': {'name': 'Ada'}, 'total': 55}"


@pytest.fixture(scope="module")
def workflow(client: Client) -> str:
    """A workflow that has run once."""
    blocks = [
        block("start", "starter"),
        block("fetch", "code", {"code": CODE}, position={"x": 300, "y": 0}),
        block("answer", "response", {"body": "Hello {{ blocks.fetch.output.user.name }}!"}, position={"x": 600, "y": 0}),
    ]
    graph = {"name": f"Values {uuid4().hex}", "blocks": blocks, "edges": [edge("start>fetch"), edge("fetch>answer")]}
    made = client.post("/api/workflows", json=graph).json()
    assert client.post(f"/api/workflows/{made['id']}/execute", json={}).json()["status"] == "completed"
    return str(made["id"])


@pytest.fixture
def page(browser: Browser, server: ServerProcess, workflow: str) -> Iterator[Page]:
    with person(browser, server) as page:
        open_editor(page, server, workflow)
        show(page, "answer")
        yield page


def show(page: Page, block_id: str) -> None:
    page.locator(f'.canvas-card[data-block-id="{block_id}"]').click()
    expect(page.locator(f'[data-block-form="{block_id}"]')).to_be_visible()


def body(page: Page) -> Any:
    """What the workflow's draft says of the answer's body."""
    return page.evaluate("document.getElementById('f-config-body').value")


def test_chips_show_names_and_values_and_what_comes_out(page: Page) -> None:
    chips = page.get_by_role("textbox", name="Body")
    expect(chips).to_contain_text("Fetch › user › name")
    expect(chips).to_contain_text("Ada")
    expect(page.locator("#f-config-body-outcome")).to_contain_text("Hello Ada!")
    chips.press("End")
    page.get_by_role("button", name="Insert a value into Body").click()
    picker = page.get_by_role("dialog", name="Insert a value")
    picker.get_by_label("Search values").fill("total")
    picker.get_by_role("button", name="total number").click()
    expect(chips).to_contain_text("Fetch › total")
    assert body(page) == "Hello {{ blocks.fetch.output.user.name }}!{{ blocks.fetch.output.total }}"
    expect(page.locator("#f-config-body-outcome")).to_contain_text("Hello Ada!55")
    chips.press("Backspace")
    expect(page.locator("[data-save-state]")).to_have_attribute("data-save-state", "saved")
    assert body(page) == "Hello {{ blocks.fetch.output.user.name }}!"


def test_a_toggle_shows_the_expression_where_names_are_offered(page: Page) -> None:
    page.get_by_role("button", name="Show Body as an expression").click()
    source = page.get_by_role("textbox", name="Body")
    source.fill("")
    source.press_sequentially("Dear {{ fet")
    offer = page.get_by_role("option", name="Fetch › user › name")
    expect(offer).to_be_visible()
    offer.click()
    assert body(page) == "Dear {{ blocks.fetch.output.user.name }}"
    expect(page.locator("#f-config-body-outcome")).to_contain_text("Dear Ada")


def test_a_value_is_dragged_into_a_field(page: Page) -> None:
    expect(page.locator("#f-config-body-outcome")).to_contain_text("Ada")  # nothing moves any more
    page.get_by_text("Values you can use").click()
    value = page.locator('#block-available [data-value-path="blocks.fetch.output.total"]')
    value.drag_to(page.get_by_label("Status", exact=True))
    assert page.evaluate("document.getElementById('f-config-status').value") == "{{ blocks.fetch.output.total }}"
    expect(page.get_by_role("textbox", name="Status")).to_contain_text("Fetch › total")


def test_a_reference_to_a_block_that_is_gone_turns_red_at_once(page: Page) -> None:
    chip = page.locator("#f-config-body-chips [data-chip]").first
    expect(chip).not_to_have_attribute("data-tone", "danger")
    show(page, "fetch")
    page.locator('.canvas-card[data-block-id="fetch"]').press("Delete")
    show(page, "answer")
    expect(page.locator("#f-config-body-chips [data-chip]").first).to_have_attribute("data-tone", "danger")
    page.get_by_role("button", name="Undo", exact=True).first.click()
    expect(page.locator("#f-config-body-chips [data-chip]").first).not_to_have_attribute("data-tone", "danger")
