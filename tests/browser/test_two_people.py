"""Two people, or two tabs, in one workflow at once: they see each other, and neither loses anything."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.editors import add, card, open_editor, person, remove, rename, state
from tests.support.graphs import block
from tests.support.people import join
from tests.support.server import Client, ServerProcess


@pytest.fixture
def workflow(client: Client) -> str:
    return client.new(
        block("start", "starter", position={"x": 0, "y": 0}),
        block("a", "code", {"code": "return 1"}, position={"x": 360, "y": 0}),
        block("b", "code", {"code": "return 2"}, position={"x": 360, "y": 200}),
        edges=["start>a", "start>b"],
    )


@pytest.fixture(scope="module")
def colleague(server: ServerProcess) -> str:
    username = f"grace-{uuid4().hex[:6]}"
    join(server, username, "editor").close()
    return username


@pytest.fixture
def ada(browser: Browser, server: ServerProcess, workflow: str) -> Iterator[Page]:
    with person(browser, server) as page:
        yield open_editor(page, server, workflow)


@pytest.fixture
def grace(browser: Browser, server: ServerProcess, workflow: str, ada: Page, colleague: str) -> Iterator[Page]:
    with person(browser, server, colleague) as page:
        yield open_editor(page, server, workflow)


def offline(*pages: Page) -> None:
    for page in pages:
        page.context.set_offline(True)


def online(*pages: Page) -> None:
    for page in pages:
        page.context.set_offline(False)
        state(page, "saved")


def test_they_see_each_other_come_and_go(ada: Page, grace: Page, colleague: str) -> None:
    expect(ada.locator("[data-presence]")).to_have_attribute("aria-label", f"Also here: {colleague}")
    expect(grace.locator("[data-presence] .face")).to_have_text("OW")
    grace.context.close()
    expect(ada.locator("[data-presence]")).to_be_hidden()


def test_two_tabs_of_one_person_are_two_editors(ada: Page, server: ServerProcess, client: Client, workflow: str) -> None:
    other = open_editor(ada.context.new_page(), server, workflow)
    expect(ada.locator("[data-presence]")).to_have_attribute("aria-label", "Also here: owner (you, in another tab)")
    offline(ada)
    rename(ada, "a", "In the first")
    rename(other, "b", "In the second")
    for tab in (ada, other):
        state(tab, "offline")
    ada.context.set_offline(False)
    for tab in (ada, other):
        state(tab, "saved")
        expect(card(tab, "a")).to_contain_text("In the first")
        expect(card(tab, "b")).to_contain_text("In the second")
    assert [found["name"] for found in client.drawn(workflow)["blocks"]] == ["Start", "In the first", "In the second"]
    assert client.drawn(workflow)["revision"] == 3


def test_each_sees_what_the_other_does(ada: Page, grace: Page, colleague: str) -> None:
    rename(grace, "a", "By Grace")
    expect(card(ada, "a")).to_contain_text("By Grace")
    expect(ada.locator("#editor-toasts")).to_contain_text(f"{colleague}: “A” renamed “By Grace”")
    rename(ada, "b", "By Ada")
    expect(card(grace, "b")).to_contain_text("By Ada")
    ada.locator("#canvas").focus()
    ada.keyboard.press("Control+z")
    expect(card(ada, "b")).to_contain_text("B")
    expect(card(ada, "a")).to_contain_text("By Grace")


def test_what_both_did_while_apart_is_there_for_both(ada: Page, grace: Page, client: Client, workflow: str) -> None:
    """Both add a block, which gets the same id in both browsers, and each changes something else of the same block."""
    offline(ada, grace)
    add(ada, "Split")
    add(grace, "Split")
    rename(grace, "split_1", "Split of Grace")
    rename(ada, "a", "Named by Ada")
    card(grace, "a").click()
    card(grace, "a").focus()
    grace.keyboard.press("e")
    remove(grace, "b")
    online(grace, ada)
    drawn = {found["id"]: found for found in client.drawn(workflow)["blocks"]}
    assert {found["name"] for found in drawn.values()} == {"Start", "Named by Ada", "Split", "Split of Grace"}
    assert drawn["a"]["enabled"] is False
    for page in (ada, grace):
        expect(page.locator(".canvas-card")).to_have_count(4)
        expect(card(page, "a")).to_contain_text("Named by Ada")


def test_where_both_changed_the_same_either_can_be_had(ada: Page, grace: Page, client: Client, workflow: str) -> None:
    offline(ada, grace)
    rename(ada, "a", "By Ada")
    rename(grace, "a", "By Grace")
    online(grace, ada)
    bar = ada.locator("#others-bar")
    expect(bar).to_contain_text("both changed name")
    expect(card(grace, "a")).to_contain_text("By Ada")
    bar.get_by_role("button", name="Take theirs").click()
    expect(card(grace, "a")).to_contain_text("By Grace")
    expect(bar).to_be_hidden()


def test_a_block_that_one_removes_while_the_other_changes_it_can_be_brought_back(
    ada: Page, grace: Page, client: Client, workflow: str
) -> None:
    offline(ada)
    rename(ada, "a", "My work")
    remove(grace, "a")
    state(grace, "saved")
    online(ada)
    expect(card(ada, "a")).to_have_count(0)
    ada.get_by_role("button", name="Bring it back with my changes").click()
    expect(card(grace, "a")).to_contain_text("My work")
    assert [(edge["source"], edge["target"]) for edge in client.drawn(workflow)["edges"]] == [("start", "b"), ("start", "a")]


def test_a_form_follows_its_block_when_the_other_has_taken_its_id(ada: Page, grace: Page, client: Client, workflow: str) -> None:
    ada.route("**/operations", lambda route: route.abort())
    add(ada, "Split")
    name = ada.locator('#block-form [name="name"]')
    expect(name).to_have_value("Split")
    add(grace, "Split")
    rename(grace, "split_1", "Split of Grace")
    expect(card(ada, "split_2")).to_be_attached()
    expect(card(ada, "split_1")).to_contain_text("Split of Grace")
    name.fill("Split of Ada")
    ada.unroute("**/operations")
    expect(card(grace, "split_2")).to_contain_text("Split of Ada")
    expect(card(ada, "split_2")).to_have_class("canvas-card selected")
    drawn = {found["id"]: found["name"] for found in client.drawn(workflow)["blocks"]}
    assert (drawn["split_1"], drawn["split_2"]) == ("Split of Grace", "Split of Ada")


def test_what_is_typed_into_a_block_that_the_other_removes_is_not_gone(
    ada: Page, grace: Page, client: Client, workflow: str
) -> None:
    card(ada, "a").click()
    code = ada.locator('#block-form [name="config.code"]')
    expect(code).to_be_visible()
    held: list[Route] = []
    ada.route("**/form", lambda route: held.append(route))
    with ada.expect_request("**/form"):
        code.fill("return 'hours of work'")
    remove(grace, "a")
    expect(card(ada, "a")).to_have_count(0)
    for route in held:
        route.continue_()
    ada.unroute("**/form")
    expect(ada.locator("#others-bar")).to_contain_text("You typed into “A” while somebody else removed it.")
    ada.get_by_role("button", name="Bring it back with my changes").click()
    expect(card(grace, "a")).to_be_visible()
    (back,) = [found for found in client.drawn(workflow)["blocks"] if found["id"] == "a"]
    assert (back["config"]["code"], back["position"]) == ("return 'hours of work'", {"x": 360, "y": 0})


def test_typing_goes_on_while_the_other_changes_the_same_block(ada: Page, grace: Page, client: Client, workflow: str) -> None:
    card(ada, "a").click()
    code = ada.locator('#block-form [name="config.code"]')
    code.fill("return 10")
    code.press("End")
    rename(grace, "a", "Renamed meanwhile")
    ada.keyboard.type(" + 1")
    expect(ada.locator('#block-form [name="name"]')).to_have_value("Renamed meanwhile")
    ada.keyboard.type(" + 2")
    expect(code).to_have_value("return 10 + 1 + 2")
    expect(code).to_be_focused()
    state(ada, "saved")
    expect(card(grace, "a")).to_contain_text("Renamed meanwhile")
    (stored,) = [found for found in client.drawn(workflow)["blocks"] if found["id"] == "a"]
    assert (stored["name"], stored["config"]["code"]) == ("Renamed meanwhile", "return 10 + 1 + 2")
