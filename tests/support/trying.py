"""A person who tries blocks in the editor: drags them in, connects them, fills them in, runs them, reads what came out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect

from app.describe import form
from app.describe.schema import starting_config
from app.sdk import Block, Json
from tests.support.editors import card
from tests.support.filling import Form

READ_STEP = """(panel) => ({
    status: panel.querySelector("[data-status]")?.dataset.status ?? "",
    error: panel.querySelector(".notice[data-tone=danger]")?.textContent.trim() ?? "",
    output: panel.querySelector("section[aria-label=Output] .json code")?.textContent ?? "null",
    cut: panel.querySelector("section[aria-label=Output] .json p") !== null,
})"""


@dataclass(frozen=True)
class Seen:
    """What the panel shows of a block after a run."""

    status: str
    error: str
    output: Any


def see_all(page: Page) -> None:
    """Cards out of sight are not drawn."""
    page.get_by_role("button", name="See the whole workflow").click()


def drag_in(page: Page, block: Block, at: tuple[float, float]) -> str:
    """Search a block in the palette, drag it to a point of the canvas, and answer its id when its form has opened."""
    page.get_by_role("searchbox", name="Search blocks").fill(block.title)
    before = form_id(page)
    start = middle(page.locator(f'#palette [data-palette-type="{block.type}"]').first)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(at[0] - 20, at[1], steps=2)
    page.mouse.move(*at)
    page.mouse.up()
    page.wait_for_selector(f'[data-block-form]:not([data-block-form="{before}"])')
    return form_id(page)


def form_id(page: Page) -> str:
    """The id of the block whose form is open; empty when none is."""
    found: str = page.evaluate("document.querySelector('[data-block-form]')?.dataset.blockForm ?? ''")
    return found


def connect(page: Page, source: str, target: str) -> None:
    """Draw an edge from a block's output to another block."""
    port = middle(card(page, source).locator('.port[data-handle="output"]'))
    end = middle(card(page, target))
    page.mouse.move(*port)
    page.mouse.down()
    page.mouse.move(end[0] - 10, end[1], steps=2)
    page.mouse.move(*end)
    page.mouse.up()
    expect(page.locator("#editor-announcements")).to_contain_text("Connected")


def middle(place: Locator) -> tuple[float, float]:
    box = place.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def fill_in(page: Page, block_id: str, block: Block, config: dict[str, Json], *, goes_on: bool = False) -> None:
    """Fill in the form that has opened."""
    filled = Form(page, block_id)
    filled.fill(form(block), config, starting_config(block))
    if goes_on:
        filled.goes_on_after_a_failure()


def saved(page: Page) -> None:
    expect(page.locator("[data-save-state]")).to_have_attribute("data-save-state", "saved")


def read(page: Page, block_id: str) -> Seen:
    """Open a block's data in the panel."""
    card(page, block_id).click()
    panel = page.locator(f'#panel-data [data-step-panel="{block_id}"]')
    panel.wait_for()
    found = panel.evaluate(READ_STEP)
    return Seen(found["status"], found["error"], found["output"] if found["cut"] else json.loads(found["output"]))
