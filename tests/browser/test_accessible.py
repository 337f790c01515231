"""No page has a serious or critical violation that axe-core finds, in either theme."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.accessible import violations
from tests.support.editors import open_editor, person
from tests.support.graphs import block, edge
from tests.support.routes import all_routes
from tests.support.server import Client, ServerProcess

FOREIGN = {"/sign-in/oidc", "/metrics"}


@pytest.fixture(scope="module")
def workflow(client: Client) -> str:
    blocks = [
        block("start", "starter", {"variables": [{"name": "total", "type": "number", "default": 5}]}),
        block("list", "code", {"code": "return {'rows': [{'a': 1}]}"}, position={"x": 300, "y": 0}),
        block("check", "condition", {"branches": [{"expression": "variables.total > 1"}]}, position={"x": 600, "y": 0}),
        block("answer", "response", {"body": "{{ blocks.list.output.rows }}"}, position={"x": 900, "y": 0}),
    ]
    edges = [edge("start>list"), edge("list>check"), edge("check:if>answer")]
    made = client.post("/api/workflows", json={"name": f"Open {uuid4().hex}", "blocks": blocks, "edges": edges}).json()["id"]
    client.post(f"/api/workflows/{made}/execute", json={})
    client.post("/stored-values", data={"namespace": "open", "key": "k", "value": "1"})
    return str(made)


@pytest.fixture(scope="module")
def addresses(client: Client, workflow: str, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Every page without a parameter, and one of each with."""
    routes = all_routes(tmp_path_factory.mktemp("routes"))
    plain = {route.path for route in routes if route.method == "GET" and route.is_page and not route.parameters} - FOREIGN
    pages = [path for path in sorted(plain) if "<!doctype html>" in client.get(path, headers={"Accept": "text/html"}).text[:200]]
    assert len(pages) > 12
    execution = client.get(f"/api/executions?workflow_id={workflow}").json()["executions"][0]["id"]
    return [*pages, "/blocks/code", "/blocks/agent", f"/executions/{execution}", f"/executions?workflow={workflow}", "/nowhere"]


@pytest.fixture
def page(browser: Browser, server: ServerProcess) -> Iterator[Page]:
    with person(browser, server, color_scheme="light") as page:
        yield page


def test_no_page_keeps_anybody_out(page: Page, server: ServerProcess, addresses: list[str]) -> None:
    found = {}
    for address in addresses:
        page.goto(f"{server.url}{address}")
        found[address] = violations(page)
    page.context.clear_cookies()
    page.goto(f"{server.url}/sign-in")
    found["/sign-in"] = violations(page)
    assert {address: what for address, what in found.items() if what} == {}


def test_the_editor_keeps_nobody_out(page: Page, server: ServerProcess, client: Client, workflow: str) -> None:
    execution = client.get(f"/api/executions?workflow_id={workflow}").json()["executions"][0]["id"]
    page.goto(f"{server.url}/workflows/{workflow}?execution={execution}")
    expect(page.locator('.canvas-card[data-block-id="answer"]')).to_have_attribute("data-status", "completed")
    found = {"canvas": violations(page)}
    for block_id in ("start", "check", "answer"):
        page.locator(f'.canvas-card[data-block-id="{block_id}"]').click()
        expect(page.locator(f'[data-block-form="{block_id}"]')).to_be_visible()
        for fold in page.locator("#block-form > details:not([hidden])").all():
            fold.evaluate("(fold) => { fold.open = true; }")
        found[block_id] = violations(page, "#panel")
    page.get_by_role("tab", name="Data").click()
    expect(page.get_by_role("region", name="Output", exact=True)).to_be_visible()
    found["data"] = violations(page, "#panel")
    page.get_by_role("button", name="Run the workflow").click()
    expect(page.get_by_role("dialog", name="Run the workflow")).to_be_visible()
    found["run"] = violations(page, "#run-dialog")
    assert {place: what for place, what in found.items() if what} == {}


def test_what_opens_over_a_page_and_what_goes_wrong_keeps_nobody_out(page: Page, server: ServerProcess, workflow: str) -> None:
    page.goto(server.url)
    page.locator("main .menu > summary").first.click()
    found = {"menu": violations(page, ".menu[open]")}
    page.get_by_role("button", name="Group and tags").first.click()
    found["group and tags"] = violations(page, "dialog[open]")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Create workflow").click()
    found["new workflow"] = violations(page, "dialog[open]")
    page.goto(f"{server.url}/credentials")
    page.locator("#credential-name").fill("NOT_COMPLETE")
    page.locator("main form:has(#credential-name)").evaluate("(form) => { form.noValidate = true; form.requestSubmit(); }")
    expect(page.get_by_role("alert")).to_be_visible()
    found["refused"] = violations(page, "main")
    page.goto(f"{server.url}/?q=nothing+like+this")
    found["nothing fits"] = violations(page, "main")
    assert {place: what for place, what in found.items() if what} == {}


def test_what_opens_over_the_canvas_keeps_nobody_out(page: Page, server: ServerProcess, workflow: str) -> None:
    open_editor(page, server, workflow)
    found = {}
    page.keyboard.press("Control+k")
    found["commands"] = violations(page, ".picker")
    page.keyboard.press("Escape")
    page.locator("#canvas").focus()
    page.keyboard.press("?")
    found["shortcuts"] = violations(page, "#shortcuts-dialog")
    page.keyboard.press("Escape")
    for name, place in (("History", "#history"), ("Copilot", "#copilot"), ("Show as a list", "#outline")):
        page.locator(".editor-bar").get_by_role("button", name=name, exact=True).click()
        expect(page.locator(place)).to_be_visible()
        found[name] = violations(page, place)
    page.set_viewport_size({"width": 390, "height": 844})
    found["on a phone"] = violations(page)
    assert {place: what for place, what in found.items() if what} == {}
