"""Somebody whose browser speaks German: builds, fills in, runs, repairs and deploys without a word of English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from app.web.translation import PLACEHOLDER, catalogue, read
from tests.support.editors import card, open_editor, person, state
from tests.support.graphs import block, edge
from tests.support.server import Client, ServerProcess
from tests.web.test_languages import ROOT

WORDS = dict(catalogue("de")) | read(ROOT / "static" / "languages" / "de.json")
OF_TEMPLATES = read(ROOT / "templates" / "languages" / "de.gallery.json")
ENGLISH = (
    {key for key, text in WORDS.items() if key != text and not PLACEHOLDER.search(key)} - set(WORDS.values()) - set(OF_TEMPLATES)
)
COMMON = re.compile(r"\b(?:the|this|that|with|when|which|your|is|are|of|and|from|nothing|yet)\b", re.IGNORECASE)
"""Words that no German sentence has."""
PAGES = (
    "/", "/templates", "/executions", "/approvals", "/tables", "/credentials", "/blocks", "/blocks/data.limit", "/expressions",
    "/blocks/slack.post_message", "/account", "/workspaces", "/members", "/keys", "/schedules", "/stored-values", "/developers",
    "/copilot", "/audit", "/operator", "/nowhere",
)  # fmt: skip
OF_OTHERS = "code, pre, script, style, textarea, svg, kbd, time, [lang=en], .ace_editor, table td, .minimap, [data-workflow-name]"
SEEN = """(others) => {
  const found = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode;
    if (!node.parentElement.closest(others)) found.add(node.data.replace(/\\s+/g, " ").trim());
  }
  for (const name of ["aria-label", "title", "placeholder"]) {
    for (const element of document.body.querySelectorAll(`[${name}]`)) {
      if (!element.closest(others)) found.add(element.getAttribute(name));
    }
  }
  return [...found];
}"""


@pytest.fixture
def page(browser: Browser, server: ServerProcess) -> Iterator[Page]:
    with person(browser, server, locale="de-DE") as page:
        yield page


def english_on(page: Page, sentences: bool = True) -> list[str]:
    """What is left in English: words that the catalogue has in German, and sentences with English words."""
    seen = page.evaluate(SEEN, OF_OTHERS)
    return sorted(text for text in seen if text in ENGLISH or (sentences and len(COMMON.findall(text)) > 1))


def test_every_page_speaks_german(page: Page, server: ServerProcess) -> None:
    left = {}
    for path in PAGES:
        page.goto(f"{server.url}{path}", wait_until="domcontentloaded")
        expect(page.locator("html")).to_have_attribute("lang", "de")
        left[path] = english_on(page)
    assert {path: texts for path, texts in left.items() if texts} == {}


def test_a_workflow_is_built_run_repaired_and_deployed_in_german(page: Page, server: ServerProcess, client: Client) -> None:
    blocks = [block("start", "starter"), block("antwort", "response", {"body": "{{ input }}"}, position={"x": 900, "y": 0})]
    made = client.post("/api/workflows", json={"name": f"Auszug {uuid4().hex}", "blocks": blocks, "edges": []}).json()["id"]
    client.put(f"/api/workflows/{made}/graph", json={"blocks": blocks, "edges": [edge("start>antwort")]})
    open_editor(page, server, made)
    expect(page.locator("#palette").get_by_text("Ablauf", exact=True)).to_be_visible()
    assert english_on(page) == []

    page.get_by_label("Blöcke suchen").fill("Begrenzen")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Wie viele")).to_be_visible()
    assert page.get_by_role("combobox", name="Nehmen").locator("option").all_inner_texts() == [
        "die ersten",
        "die letzten",
        "zufällig",
    ]
    page.get_by_role("textbox", name="Wie viele").fill("viele")
    expect(page.locator("#panel")).to_contain_text("Muss eine ganze Zahl sein")
    expect(page.locator(".card-problem")).to_have_attribute("title", "Wie viele: muss eine ganze Zahl sein")
    assert english_on(page) == []
    state(page, "saved")
    page.locator("[data-action=run]").click()
    expect(page.locator("#problems")).to_contain_text("Wie viele: muss eine ganze Zahl sein")
    assert english_on(page) == []

    page.get_by_role("textbox", name="Wie viele").fill("3")
    unconnected = "Nichts führt zu diesem Block, also läuft er nicht."
    expect(page.locator(".card-problem")).to_have_attribute("title", unconnected)
    state(page, "saved")
    page.keyboard.press("Escape")
    page.locator("[data-action=run]").click()
    expect(page.locator("#editor-toasts")).to_contain_text("Abgeschlossen")
    card(page, "start").click()
    page.get_by_role("tab", name="Daten").click()
    page.locator("[data-action=deploy]").click()
    expect(page.locator("[data-state-light]")).to_contain_text("Veröffentlicht")
    page.get_by_role("button", name="Verlauf", exact=True).click()
    expect(page.locator("#history")).to_contain_text("„Begrenzen“ hinzugefügt")
    page.keyboard.press("Escape")
    page.locator("#canvas").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Leertaste")
    assert english_on(page) == []


def test_german_words_fit_on_a_phone(browser: Browser, server: ServerProcess, client: Client) -> None:
    blocks = [block("start", "starter"), block("antwort", "response", position={"x": 400, "y": 0})]
    made = client.post(
        "/api/workflows", json={"name": f"Handy {uuid4().hex}", "blocks": blocks, "edges": [edge("start>antwort")]}
    )
    with person(browser, server, locale="de-DE") as page:
        page.set_viewport_size({"width": 390, "height": 844})
        for path in ("/", "/templates", "/executions", "/account", "/blocks/data.limit", f"/workflows/{made.json()['id']}"):
            page.goto(f"{server.url}{path}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
