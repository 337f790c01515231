"""What an agent says while it is saying it, and what is dragged along other blocks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Browser, Page, Route, expect

from tests.support.connections import until
from tests.support.editors import card, open_editor, person, state
from tests.support.graphs import block
from tests.support.model_server import ModelServer
from tests.support.server import Client, ServerProcess

LONGEST_PAUSE = 60


class PausingModel(ModelServer):
    """Says what it is told to say up to a full stop, and the rest when `go_on` is set."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        super().__init__()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        go_on = self.go_on
        base: Any = super()._handler()

        class Pausing:
            def __init__(self, file: Any) -> None:
                self._file = file

            def write(self, content: bytes) -> None:
                first, stop, rest = content.partition(b'."')
                self._file.write(first + stop)
                self._file.write(rest.partition(b"\n\n")[0] + b"\n\n")
                self._file.flush()
                go_on.wait(LONGEST_PAUSE)
                self._file.write(rest.partition(b"\n\n")[2])

            def __getattr__(self, name: str) -> Any:
                return getattr(self._file, name)

        class Handler(base):  # type: ignore[misc]
            def end_headers(self) -> None:
                super().end_headers()
                self.wfile: Any = Pausing(self.wfile)

        return Handler


@pytest.fixture
def model() -> Iterator[PausingModel]:
    with PausingModel() as model:
        yield model
        model.go_on.set()


@pytest.fixture
def page(browser: Browser, server: ServerProcess) -> Iterator[Page]:
    with person(browser, server) as page:
        yield page


def test_what_an_agent_says_is_seen_at_once_at_its_block_and_in_its_data(
    page: Page, client: Client, server: ServerProcess, model: PausingModel
) -> None:
    model.piece = 1000
    model.says("<b>It is raining.")
    prompt = {"prompt": "Weather?", "base_url": model.address, "model": "small"}
    agent = block("ask", "agent", prompt, position={"x": 320, "y": 0})
    workflow = client.new(block("start", "starter", position={"x": 0, "y": 0}), agent, edges=["start>ask"])
    open_editor(page, server, workflow)
    card(page, "ask").click()
    page.get_by_role("tab", name="Data").click()
    page.locator("[data-action=run]").click()
    said = card(page, "ask").locator(".card-text-said")
    expect(said).to_have_text("<b>It is raining.")
    expect(page.locator("#panel-data [data-streamed]")).to_have_text("<b>It is raining.")
    expect(page.locator("#panel-data")).to_contain_text("This block is running.")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-editor-ready", "true")
    model.go_on.set()
    expect(card(page, "ask")).to_have_attribute("data-status", "completed")
    expect(said).to_have_count(0)
    card(page, "ask").click()
    page.get_by_role("tab", name="Data").click()
    expect(page.locator("#panel-data [data-step-panel]")).to_contain_text("It is raining.")
    expect(page.locator("[data-streamed]")).to_have_count(0)


def test_a_dragged_block_snaps_to_others_unless_alt_is_held(page: Page, client: Client, server: ServerProcess) -> None:
    blocks = [block("start", "starter", position={"x": 3, "y": 5}), block("code", "code", position={"x": 400, "y": 203})]
    workflow = client.new(*blocks)
    open_editor(page, server, workflow)
    page.get_by_role("button", name="100 %").click()
    expect(page.locator("[data-zoom]")).to_have_text("100 %")
    guides = page.locator(".guides")

    def drag(by_x: float, by_y: float) -> None:
        box = card(page, "code").bounding_box()
        assert box
        page.mouse.move(box["x"] + 60, box["y"] + 30)
        page.mouse.down()
        page.mouse.move(box["x"] + 80 + by_x, box["y"] + 30 + by_y)
        page.mouse.move(box["x"] + 60 + by_x, box["y"] + 30 + by_y)

    def place() -> dict[str, float]:
        page.mouse.up()
        expect(guides).to_have_attribute("d", "")
        state(page, "saved")
        found: dict[str, float] = {one["id"]: one["position"] for one in client.drawn(workflow)["blocks"]}["code"]
        return found

    drag(0, -200)
    expect(guides).to_have_attribute("d", "M3,5H632M3,35H632M3,65H632")
    assert place() == {"x": 400, "y": 5}
    drag(-400, 120)
    expect(guides).to_have_attribute("d", "M3,5V188M119,5V188M235,5V188")
    assert place() == {"x": 3, "y": 128}
    page.keyboard.down("Alt")
    drag(2, 3)
    assert place() == {"x": 5, "y": 131}
    page.keyboard.up("Alt")


def test_shifting_a_large_drawing_draws_only_what_comes_into_sight(page: Page, client: Client, server: ServerProcess) -> None:
    far = [block(f"b{n}", "code", position={"x": n % 20 * 320, "y": n // 20 * 140}) for n in range(200)]
    news: list[Route] = []
    page.route("**/watches", lambda route: news.append(route))
    open_editor(page, server, client.new(block("start", "starter", position={"x": -320, "y": 0}), *far))
    page.locator("[data-zoom]").click()
    expect(page.locator("[data-zoom]")).to_have_text("100 %")
    expect(card(page, "b199")).to_have_count(0)
    until(lambda: bool(page.evaluate("1") and news))
    page.evaluate("""() => {
      window.touched = 0;
      new MutationObserver((found) => { window.touched += found.length; })
        .observe(document.querySelector(".cards"), { childList: true, subtree: true, attributes: true });
    }""")
    world = page.locator(".world")
    before = world.get_attribute("style")
    with page.expect_response("**/watches"):
        news.pop().continue_()
    page.mouse.move(700, 400)
    page.mouse.wheel(20, 10)
    expect(world).not_to_have_attribute("style", before or "")
    assert page.evaluate("window.touched") == 0
    expect(world).to_have_css("will-change", "auto")
    page.mouse.wheel(5200, 700)
    expect(card(page, "b199")).to_be_visible()
    expect(card(page, "b0")).to_have_count(0)
    page.get_by_role("button", name="See the whole workflow").click()
    expect(page.locator(".canvas-card")).to_have_count(201)
    expect(card(page, "b0").locator(".chip")).to_be_visible()


def test_a_run_that_is_over_before_its_start_is_answered_is_told_once(page: Page, client: Client, server: ServerProcess) -> None:
    held: list[tuple[Route, APIResponse]] = []
    followed: list[str] = []
    page.route("**/execute", lambda route: held.append((route, route.fetch())))
    page.on("request", lambda request: followed.append(request.url) if "/api/executions/" in request.url else None)
    open_editor(page, server, client.new(block("start", "starter", position={"x": 0, "y": 0})))
    run = page.locator("[data-action=run]")
    run.click()
    told = page.locator("#editor-toasts .editor-toast")
    expect(told).to_contain_text("Completed")
    route, answer = held.pop()
    with page.expect_response("**/execute"):
        route.fulfill(response=answer)
    expect(run).to_be_enabled()
    expect(told).to_have_count(1)
    assert len([url for url in followed if url.endswith("/events")]) == 1
