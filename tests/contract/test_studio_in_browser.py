"""What people do in the studio: contract.md A217, A262, A267."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.browser import launch, watched_page
from tests.support.graphs import block, webhook
from tests.support.hooks import call_hook
from tests.support.server import OWNER, Client, ServerProcess

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = launch(playwright)
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser, server: ServerProcess) -> Iterator[Page]:
    """The owner's browser, signed in."""
    with watched_page(browser) as page:
        page.goto(f"{server.url}/sign-in")
        page.locator('[name="login"]').fill(OWNER["email"])
        page.locator('[name="password"]').fill(OWNER["password"])
        page.locator('[name="password"]').press("Enter")
        expect(page).not_to_have_url(f"{server.url}/sign-in")
        yield page


def open_editor(page: Page, server: ServerProcess, workflow: str) -> None:
    page.goto(f"{server.url}/workflows/{workflow}")
    expect(page.locator("[data-workflow-name]")).to_contain_text("Workflow")


def centre(page: Page, selector: str) -> tuple[float, float]:
    place = page.locator(selector)
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=6)
    page.mouse.move(*end, steps=6)
    page.mouse.up()


def drag_in(page: Page, type: str, x: float, y: float) -> str:
    """Drag a block from the palette to a place on the canvas; returns its id."""
    cards = page.locator("[data-block-id]")
    before = set(cards.evaluate_all("all => all.map(card => card.dataset.blockId)"))
    canvas = page.locator("#canvas").bounding_box()
    assert canvas is not None
    drag(page, centre(page, f'[data-palette-type="{type}"]'), (canvas["x"] + x, canvas["y"] + y))
    expect(cards).to_have_count(len(before) + 1)
    [new] = set(cards.evaluate_all("all => all.map(card => card.dataset.blockId)")) - before
    return str(new)


def connect(page: Page, source: str, target: str) -> None:
    drag(page, centre(page, f'[data-port="{source}"][data-side="out"]'), centre(page, f'[data-port="{target}"][data-side="in"]'))


def saved(page: Page) -> None:
    expect(page.locator("[data-save-state]")).to_have_attribute("data-save-state", "saved")


def blocks_of(client: Client, workflow: str) -> dict[str, dict[str, Any]]:
    return {found["id"]: found for found in client.drawn(workflow)["blocks"]}


def test_a217_the_browser_mints_id_and_secret_when_a_webhook_is_dragged_in(
    page: Page, client: Client, server: ServerProcess
) -> None:
    workflow = client.new()
    open_editor(page, server, workflow)
    page.evaluate("""() => {
        window.minted = [];
        const mint = crypto.randomUUID.bind(crypto);
        crypto.randomUUID = () => { const made = mint(); window.minted.push(made); return made; };
    }""")
    first, second = drag_in(page, "webhook", 300, 200), drag_in(page, "webhook", 300, 400)
    saved(page)
    stored = blocks_of(client, workflow)
    credentials = [stored[id]["config"][field] for id in (first, second) for field in ("webhook_id", "webhook_secret")]
    assert set(credentials) <= set(page.evaluate("window.minted")), "they were made in the browser"
    assert len(set(credentials)) == 4
    assert all(UUID(minted).version == 4 for minted in credentials)


def test_a262_the_editor_shows_a_graph_of_blocks_and_edges(page: Page, client: Client, server: ServerProcess) -> None:
    two = block(
        "check",
        "condition",
        {"branches": [{"expression": "input.x > 1"}, {"expression": "input.x > 0"}]},
        position={"x": 320, "y": 80},
    )
    workflow = client.new(
        block("start", "starter", position={"x": 0, "y": 80}, name="Begin here"),
        two,
        block("big", "response", position={"x": 680, "y": 0}),
        block("small", "response", position={"x": 680, "y": 200}),
        edges=["start>check", "check:if>big", "check:else>small"],
    )
    open_editor(page, server, workflow)
    cards = page.locator("[data-block-id]")
    expect(cards).to_have_count(4)
    expect(page.locator('[data-block-id="start"]')).to_contain_text("Begin here")
    handles = page.locator('[data-block-id="check"] [data-side="out"]').evaluate_all("all => all.map(port => port.dataset.port)")
    assert [handle.partition(":")[2] for handle in handles] == ["if", "elif_1", "else", "error"]
    expect(page.locator("#canvas [data-edge-id]")).to_have_count(3)
    places = {id: centre(page, f'[data-block-id="{id}"]') for id in ("start", "check", "big", "small")}
    assert places["start"][0] < places["check"][0] < places["big"][0]
    assert places["big"][1] < places["small"][1]


def test_a262_what_is_drawn_is_what_is_stored(page: Page, client: Client, server: ServerProcess) -> None:
    workflow = client.new()
    open_editor(page, server, workflow)
    start, code = drag_in(page, "starter", 200, 200), drag_in(page, "code", 560, 200)
    connect(page, f"{start}:output", f"{code}:input")
    saved(page)
    drawn = client.drawn(workflow)
    assert {found["id"]: found["type"] for found in drawn["blocks"]} == {start: "starter", code: "code"}
    assert [(edge["source"], edge["target"]) for edge in drawn["edges"]] == [(start, code)]
    page.locator(f'[data-block-id="{code}"]').click()
    page.keyboard.press("Delete")
    expect(page.locator("[data-block-id]")).to_have_count(1)
    saved(page)
    assert set(blocks_of(client, workflow)) == {start}
    page.reload()
    expect(page.locator("[data-block-id]")).to_have_count(1)


def test_a267_somebody_draws_deploys_and_arms_and_callers_use_the_secret(
    page: Page, client: Client, server: ServerProcess
) -> None:
    workflow = client.new()
    open_editor(page, server, workflow)
    hook, end = drag_in(page, "webhook", 200, 200), drag_in(page, "response", 560, 200)
    connect(page, f"{hook}:output", f"{end}:input")
    saved(page)
    drawn = blocks_of(client, workflow)[hook]
    assert call_hook(server, drawn).status_code == 403
    light = page.locator("[data-state-light]")
    page.locator('[data-action="arm"]').click()
    expect(light).to_have_attribute("data-state-light", "armed")
    assert [call_hook(server, drawn, {"n": n}).status_code for n in (1, 2)] == [200, 403]
    expect(light).to_have_attribute("data-state-light", "internal")
    page.locator('[data-action="deploy"]').click()
    expect(light).to_have_attribute("data-state-light", "deployed")
    assert [call_hook(server, drawn, {"n": n}).json() for n in (1, 2, 3)] == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert call_hook(server, drawn, secret="wrong").status_code == 401
    page.locator('[data-action="undeploy"]').click()
    expect(light).to_have_attribute("data-state-light", "internal")
    assert call_hook(server, drawn).status_code == 403


def test_a267_an_edit_by_api_is_seen_in_the_open_editor(page: Page, client: Client, server: ServerProcess) -> None:
    workflow = client.new(block("start", "starter"))
    open_editor(page, server, workflow)
    expect(page.locator("[data-block-id]")).to_have_count(1)
    hook = webhook("added") | {"position": {"x": 0, "y": 300}}
    drawn = {"blocks": [block("start", "starter"), hook], "edges": []}
    assert client.put(f"/api/workflows/{workflow}/graph", json=drawn).status_code == 200
    expect(page.locator('[data-block-id="added"]')).to_be_visible()
