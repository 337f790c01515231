"""A person who tries blocks in the editor: drags them in, connects them, fills them in, runs them, reads what came out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page

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

IS_CONNECTED = "() => document.querySelector('#editor-announcements').textContent.startsWith('Connected ')"


@dataclass(frozen=True)
class Seen:
    """What the panel shows of a block after a run."""

    status: str
    error: str
    output: Any


def see_all(page: Page) -> None:
    """Cards out of sight are not drawn. (The key for it is in the sheet of shortcuts.)"""
    page.locator("#canvas").focus()
    page.keyboard.press("Shift+Digit1")
    settled(page)


def settled(page: Page) -> None:
    """The canvas is drawn in the next frame: only then is everything where it seems to be."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def drag_in(page: Page, block: Block, at: tuple[float, float]) -> str:
    """Search a block in the palette, drag it to a point of the canvas, and answer its id when its form has opened."""
    page.locator("#palette [data-palette-search]").fill(block.title)
    before = form_id(page)
    start = middle(page.locator(f'#palette [data-palette-type="{block.type}"]').first)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*at, steps=2)
    page.mouse.up()
    page.wait_for_selector(f'#panel-settings:not([aria-busy]) [data-block-form]:not([data-block-form="{before}"])')
    settled(page)
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
    page.mouse.move(*end, steps=2)
    page.mouse.up()
    page.wait_for_function(IS_CONNECTED)


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
    page.wait_for_selector('[data-save-state="saved"]', state="attached")


def read(page: Page, block_id: str) -> Seen:
    """Open a block's data in the panel, by keyboard: the cards of failed blocks grow over others."""
    card(page, block_id).focus()
    page.keyboard.press("Enter")
    panel = page.locator(f'#panel-data [data-step-panel="{block_id}"]')
    panel.wait_for()
    found = panel.evaluate(READ_STEP)
    return Seen(found["status"], found["error"], found["output"] if found["cut"] else json.loads(found["output"]))
