"""Notes and frames on the canvas: written, coloured, moved with what lies in them, copied, undone, seen by others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.editors import card, open_editor, person, ready, state
from tests.support.graphs import block
from tests.support.server import Client, ServerProcess


@pytest.fixture
def workflow(client: Client) -> str:
    return client.new(
        block("start", "starter", position={"x": 0, "y": 0}),
        block("send", "response", name="Send", position={"x": 320, "y": 0}),
        edges=["start>send"],
    )


@pytest.fixture
def page(browser: Browser, server: ServerProcess, workflow: str) -> Iterator[Page]:
    with person(browser, server) as page:
        yield open_editor(page, server, workflow)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def stored_notes(client: Client, workflow: str) -> dict[str, dict[str, Any]]:
    found = client.get(f"/api/workflows/{workflow}/graph").json().get("annotations", [])
    return {one["kind"]: one for one in found}


def note(page: Page, kind: str = "note") -> Any:
    return page.locator(f'.annotation[data-kind="{kind}"]')


def drag(page: Page, what: Any, x: int, y: int, at: tuple[float, float] = (0.5, 0.5)) -> None:
    box = what.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * at[0], box["y"] + box["height"] * at[1])
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * at[0] + x / 2, box["y"] + box["height"] * at[1] + y / 2)
    page.mouse.move(box["x"] + box["width"] * at[0] + x, box["y"] + box["height"] * at[1] + y)
    page.mouse.up()


def test_a_note_is_written_coloured_sized_copied_and_undone(page: Page, client: Client, workflow: str) -> None:
    page.locator("#canvas").focus()
    press(page, "n")
    page.keyboard.type("Ask Ada\nbefore Friday")
    press(page, "Escape")
    expect(note(page)).to_have_text("Ask Ada\nbefore Friday")
    page.get_by_role("button", name="Colour: pink").click()
    state(page, "saved")
    before = stored_notes(client, workflow)["note"]
    assert (before["text"], before["colour"]) == ("Ask Ada\nbefore Friday", "pink")
    drag(page, page.locator(".annotation-grip"), 80, 40)
    note(page).focus()
    press(page, "ArrowDown", "Shift+ArrowRight")
    state(page, "saved")
    after = stored_notes(client, workflow)["note"]
    assert after["size"]["width"] > before["size"]["width"]
    assert (after["position"]["x"], after["position"]["y"]) == (before["position"]["x"] + 40, before["position"]["y"] + 8)
    press(page, "Control+d")
    expect(note(page)).to_have_count(2)
    press(page, "Delete")
    expect(note(page)).to_have_count(1)
    page.locator("#canvas").focus()
    press(page, "Control+z", "Control+z", "Control+z", "Control+z")
    state(page, "saved")
    assert stored_notes(client, workflow)["note"] == before, "arrows and the new size are undone, the colour stays"
    page.reload()
    ready(page)
    expect(note(page)).to_have_text("Ask Ada\nbefore Friday")
    page.locator("#canvas").focus()
    press(page, "Control+z")
    expect(note(page)).to_have_attribute("data-colour", "yellow")


def test_a_frame_moves_what_lies_in_it(page: Page, client: Client, workflow: str) -> None:
    page.locator("#canvas").focus()
    press(page, "Control+a", "Shift+F")
    page.keyboard.type("Orders")
    press(page, "Enter", "Escape", "Shift+1")
    expect(note(page, "frame")).to_have_text("Orders")
    state(page, "saved")
    before = client.drawn(workflow)["blocks"]
    drag(page, note(page, "frame").locator(".annotation-text"), 0, 80)
    state(page, "saved")
    after = client.drawn(workflow)["blocks"]
    moved = [now["position"]["y"] - was["position"]["y"] for now, was in zip(after, before, strict=True)]
    assert moved[0] == moved[1] > 40
    page.get_by_role("button", name="History", exact=True).click()
    expect(page.locator(".revision").first).to_contain_text("Frame “Orders” moved")


def test_the_workflow_is_renamed_in_the_header_and_others_see_it(
    page: Page, browser: Browser, server: ServerProcess, client: Client, workflow: str
) -> None:
    old = client.get(f"/api/workflows/{workflow}").json()["name"]
    with person(browser, server) as other:
        open_editor(other, server, workflow)
        page.get_by_role("heading", name=old).dblclick()
        page.get_by_label("Name of the workflow").fill(f"{old} renamed")
        press(page, "Enter")
        state(page, "saved")
        assert client.get(f"/api/workflows/{workflow}").json()["name"] == f"{old} renamed"
        expect(other.get_by_role("heading", name=f"{old} renamed")).to_be_visible()
        page.locator("#canvas").focus()
        press(page, "Control+z")
        expect(other.locator("[data-workflow-name]")).to_have_text(old)


def test_things_are_lined_up_and_spread(page: Page, client: Client, workflow: str) -> None:
    page.locator("#canvas").focus()
    press(page, "n")
    page.keyboard.type("Beside")
    press(page, "Escape", "Control+a")
    expect(page.locator("#selection-bar")).to_contain_text("3 selected")
    page.get_by_role("button", name="Align at the top").click()
    state(page, "saved")
    tops = [one["position"]["y"] for one in (*client.drawn(workflow)["blocks"], stored_notes(client, workflow)["note"])]
    assert tops == [tops[0]] * 3
    press(page, "Alt+Shift+h", "Alt+a")
    state(page, "saved")
    lefts = [one["position"]["x"] for one in (*client.drawn(workflow)["blocks"], stored_notes(client, workflow)["note"])]
    assert lefts == [lefts[0]] * 3
    page.mouse.click(700, 700)
    page.keyboard.down("Shift")
    box = card(page, "start").bounding_box()
    assert box
    page.mouse.move(box["x"] - 30, box["y"] - 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(note(page)).to_have_class("annotation selected")
