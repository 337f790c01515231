"""Whatever dies in the middle of an edit, the tab, the server or the network: no operation is lost, and none is done twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.editors import add, card, open_editor, person, ready, rename, state
from tests.support.graphs import block
from tests.support.server import Client, ServerProcess

OPERATIONS = "**/operations"


@pytest.fixture
def workflow(client: Client) -> str:
    return new_workflow(client)


def new_workflow(client: Client) -> str:
    return client.new(
        block("start", "starter", position={"x": 0, "y": 0}),
        block("a", "code", {"code": "return 1"}, position={"x": 360, "y": 0}),
        edges=["start>a"],
    )


@pytest.fixture
def page(browser: Browser, server: ServerProcess) -> Iterator[Page]:
    with person(browser, server) as page:
        yield page


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that tests may kill, if they start it again."""
    process = ServerProcess(tmp_path_factory.mktemp("mortal") / "data").owned().start()
    Client(process.url).set_up()
    yield process
    process.stop()


def names(client: Client, workflow: str) -> dict[str, str]:
    return {found["id"]: found["name"] for found in client.drawn(workflow)["blocks"]}


def test_the_tab_dies_before_anything_is_saved(page: Page, client: Client, server: ServerProcess, workflow: str) -> None:
    open_editor(page, server, workflow)
    page.context.set_offline(True)
    rename(page, "a", "Kept")
    add(page, "Split")
    state(page, "offline")
    expect(page.locator("[data-save-state]")).to_contain_text("kept in this browser")
    again = page.context.new_page()
    page.close()
    again.context.set_offline(False)
    open_editor(again, server, workflow)
    expect(card(again, "a")).to_contain_text("Kept")
    expect(again.locator("#editor-toasts")).to_contain_text("2 changes that were not saved were taken up again")
    state(again, "saved")
    assert set(names(client, workflow).values()) == {"Start", "Kept", "Split"}
    again.reload()
    ready(again)
    expect(again.locator("#editor-toasts")).to_be_empty()
    assert len(names(client, workflow)) == 3, "nothing is taken up twice"


def test_a_tab_that_is_closed_at_once_has_saved(page: Page, client: Client, server: ServerProcess, workflow: str) -> None:
    open_editor(page, server, workflow)
    other = open_editor(page.context.new_page(), server, workflow)
    page.bring_to_front()
    rename(page, "a", "The last thing I did")
    page.close(run_before_unload=True)
    expect(card(other, "a")).to_contain_text("The last thing I did")
    assert names(client, workflow)["a"] == "The last thing I did"


def test_what_the_server_will_never_take_can_be_given_up(
    page: Page, client: Client, server: ServerProcess, workflow: str
) -> None:
    open_editor(page, server, workflow)
    page.route(OPERATIONS, lambda route: route.fulfill(status=400, json={"message": "Never.", "details": []}))
    rename(page, "a", "Refused")
    expect(page.locator("#save-bar")).to_contain_text("Not saved: Never. Your changes are kept in this browser.")
    page.unroute(OPERATIONS)
    page.get_by_role("button", name="Discard my changes").click()
    page.get_by_role("button", name="Really discard them?").click()
    expect(card(page, "a")).not_to_contain_text("Refused")
    ready(page)
    state(page, "saved")
    assert names(client, workflow)["a"] == "A"


def test_the_server_dies_while_somebody_draws_and_types(browser: Browser, mortal: ServerProcess) -> None:
    client = Client(mortal.url).sign_in()
    workflow = new_workflow(client)
    with person(browser, mortal) as page:
        open_editor(page, mortal, workflow)
        card(page, "a").click()
        code = page.locator('#block-form [name="config.code"]')
        expect(code).to_be_visible()
        mortal.kill()
        code.fill("return 'typed while the server was down'")
        rename(page, "start", "Drawn while it was down")
        state(page, "offline")
        mortal.start()
        state(page, "saved")
        expect(card(page, "start")).to_contain_text("Drawn while it was down")
        stored(page, workflow, "typed while the server was down")
    assert names(client, workflow) == {"start": "Drawn while it was down", "a": "A"}


def stored(page: Page, workflow: str, text: str) -> None:
    """Wait until the text stands in the stored graph."""
    asked = "([path, text]) => fetch(path).then(answer => answer.text()).then(found => found.includes(text))"
    page.wait_for_function(asked, arg=[f"/api/workflows/{workflow}/graph", text])


def test_what_was_typed_while_the_server_was_down_survives_the_tab(browser: Browser, mortal: ServerProcess) -> None:
    client = Client(mortal.url).sign_in()
    workflow = new_workflow(client)
    with person(browser, mortal) as page:
        open_editor(page, mortal, workflow)
        card(page, "a").click()
        code = page.locator('#block-form [name="config.code"]')
        expect(code).to_be_visible()
        mortal.kill()
        code.fill("return 'typed into a lost tab'")
        state(page, "offline")
        again = page.context.new_page()
        page.close()
        mortal.start()
        open_editor(again, mortal, workflow)
        stored(again, workflow, "typed into a lost tab")


def test_the_network_goes_and_comes_back(page: Page, client: Client, server: ServerProcess, workflow: str) -> None:
    open_editor(page, server, workflow)
    page.context.set_offline(True)
    rename(page, "a", "First")
    state(page, "offline")
    expect(card(page, "a").locator("use").first).to_have_attribute("href", "#icon-code")
    add(page, "Response")
    card(page, "start").focus()
    page.keyboard.press("Control+z")
    expect(page.locator(".canvas-card")).to_have_count(2)
    page.keyboard.press("Control+Shift+z")
    expect(page.locator(".canvas-card")).to_have_count(3)
    page.context.set_offline(False)
    state(page, "saved")
    assert sorted(names(client, workflow).values()) == ["First", "Response", "Start"]


def test_what_is_typed_without_a_network_is_told_to_be_kept(
    page: Page, client: Client, server: ServerProcess, workflow: str
) -> None:
    open_editor(page, server, workflow)
    card(page, "a").click()
    name = page.locator('#block-form [name="name"]')
    expect(name).to_be_visible()
    page.context.set_offline(True)
    name.fill("Typed without a network")
    state(page, "offline")
    expect(page.locator("[data-save-state]")).to_contain_text("Offline, kept in this browser")
    page.context.set_offline(False)
    state(page, "saved")
    assert names(client, workflow)["a"] == "Typed without a network"


def test_an_answer_that_is_lost_does_not_make_it_happen_twice(
    page: Page, client: Client, server: ServerProcess, workflow: str
) -> None:
    open_editor(page, server, workflow)
    sent: list[int] = []

    def lose_the_first_answer(route: Route) -> None:
        sent.append(route.fetch().status)
        if len(sent) == 1:
            route.abort()
        else:
            route.continue_()

    page.route(OPERATIONS, lose_the_first_answer)
    add(page, "Split")
    state(page, "offline")
    state(page, "saved")
    assert len(sent) > 1
    assert list(names(client, workflow)) == ["start", "a", "split_1"]
    assert client.drawn(workflow)["revision"] == 2


def test_an_ended_session_keeps_everything_until_the_person_is_back(
    page: Page, client: Client, server: ServerProcess, workflow: str
) -> None:
    open_editor(page, server, workflow)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    rename(page, "a", "Signed out")
    state(page, "failed")
    expect(page.locator("#save-bar")).to_contain_text("signed out")
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.get_by_role("button", name="Retry").click()
    state(page, "saved")
    assert names(client, workflow)["a"] == "Signed out"


def test_undo_and_redo_reach_back_over_a_reload(page: Page, client: Client, server: ServerProcess, workflow: str) -> None:
    open_editor(page, server, workflow)
    rename(page, "a", "One")
    state(page, "saved")
    add(page, "Split")
    state(page, "saved")
    page.locator("#canvas").focus()
    page.keyboard.press("Control+z")
    expect(card(page, "split_1")).to_have_count(0)
    state(page, "saved")
    page.reload()
    ready(page)
    page.locator("#canvas").focus()
    page.keyboard.press("Control+Shift+z")
    expect(card(page, "split_1")).to_have_count(1)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(card(page, "a")).not_to_contain_text("One")
    state(page, "saved")
    assert names(client, workflow) == {"start": "Start", "a": "A"}
