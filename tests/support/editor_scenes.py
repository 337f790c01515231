"""The states of the editor, as things that a person does in it."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page, expect

from tests.support.editors import card, ready
from tests.support.sample_studio import SampleStudio
from tests.support.scenes import Act, Scene


def editor_scenes(studio: SampleStudio) -> Iterator[Scene]:
    total = f"/workflows/{studio.workflows['order_total']}"
    run = f"{total}?execution={studio.executions['completed']}"
    checks = f"/workflows/{studio.workflows['order_checks']}"

    def scene(name: str, path: str, *acts: Act, who: str = "owner") -> Scene:
        return Scene(f"editor, {name}", path, lambda page: [act(page) for act in (ready, _settled, *acts)], who=who)

    yield scene("as opened", total)
    yield scene("empty", f"/workflows/{studio.workflows['empty']}")
    yield scene("long name", f"/workflows/{studio.workflows['long']}")
    yield scene("view only", total, who="vera")
    yield scene("run", run, _ran)
    yield scene("failed run", f"{total}?execution={studio.executions['failed']}", _ran)
    yield scene("form of webhook", total, _open("webhook_1"))
    yield scene("form of code", total, _open("code_1"))
    yield scene("form of condition", total, _open("condition_1"))
    yield scene("form with chips", f"/workflows/{studio.workflows['expense_approval']}", _open("gate_1"))
    yield scene("form of a service", checks, _added("GitHub"))
    yield scene("data", run, _ran, _open("code_1"), _tab("Data"))
    parallel = f"{checks}?execution={studio.executions['parallel']}"
    yield scene("parallel run", parallel, _ran)
    yield scene("error in data", f"{total}?execution={studio.executions['failed']}", _ran, _open("code_1"), _tab("Data"))
    yield scene("run dialog", total, _action("run"), _dialog("run-dialog"))
    yield scene("deploy dialog", total, _changed, _action("deploy"), _dialog("deploy-dialog"))
    yield scene("commands", total, _keys("Control+k"))
    yield scene("shortcuts", total, _keys("?"))
    yield scene("palette search", total, _searched("mail"))
    yield scene("palette, nothing fits", total, _searched("nothing like this"))
    yield scene("problems", checks, _added("HTTP request"), _action("problems"))
    yield scene("history", total, _opened("History"))
    yield scene("copilot", total, _opened("Copilot"))
    yield scene("past executions", total, _keys("r"))
    yield scene("outline", f"/workflows/{studio.workflows['support_router']}", _keys("o"))
    yield scene("network gone", f"/workflows/{studio.workflows['price_watch']}", _offline)
    yield scene("the other view", checks, _action("outline"))
    yield scene("several selected", checks, _keys("Control+a"))
    yield scene("a note", checks, _keys("n"))


def _settled(page: Page) -> None:
    page.wait_for_load_state("networkidle")


def _ran(page: Page) -> None:
    expect(page.locator(".canvas-card[data-status]").first).to_be_attached()


def _open(block_id: str) -> Act:
    """The form of a block, from its card or, where the workflow is a list, from there."""

    def act(page: Page) -> None:
        card(page, block_id).or_(page.locator(f'[data-outline-block="{block_id}"]')).locator("visible=true").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#block-form")).to_be_visible()
        _settled(page)

    return act


def _tab(name: str) -> Act:
    def act(page: Page) -> None:
        page.get_by_role("tab", name=name).click()
        _settled(page)

    return act


def _action(name: str) -> Act:
    return lambda page: page.locator(f'.editor-bar [data-action="{name}"]').click()


def _opened(name: str) -> Act:
    def act(page: Page) -> None:
        page.locator(".editor-bar").get_by_role("button", name=name, exact=True).click()
        _settled(page)

    return act


def _dialog(id: str) -> Act:
    def act(page: Page) -> None:
        expect(page.locator(f"#{id}")).to_be_visible()
        _settled(page)

    return act


def _keys(keys: str) -> Act:
    def act(page: Page) -> None:
        page.locator("#canvas").focus()
        page.keyboard.press(keys)
        _settled(page)

    return act


def _added(title: str) -> Act:
    def act(page: Page) -> None:
        _searched(title)(page)
        page.locator("[data-palette-list] .palette-item").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#block-form")).to_be_visible()
        _settled(page)

    return act


def _changed(page: Page) -> None:
    """Two things that are not deployed yet."""
    for block_id, field, text in (("condition_1", "Name", "Is it a big order?"), ("response_1", "Status", "202")):
        _open(block_id)(page)
        page.locator("#block-form").get_by_label(field, exact=True).first.fill(text)
        expect(page.locator("[data-save-state]")).to_have_attribute("data-save-state", "saved")
        _settled(page)
    page.locator('[data-action="closePanel"]').click()


def _searched(words: str) -> Act:
    def act(page: Page) -> None:
        field = page.locator("[data-palette-search]")
        if not field.is_visible():
            _action("add")(page)
        field.fill(words)

    return act


def _offline(page: Page) -> None:
    """A change that cannot be saved. The browser keeps it, so no other state may be of the same workflow."""
    _open("webhook_1")(page)
    page.context.set_offline(True)
    page.locator('[data-action="duplicate"]').click()
    expect(page.locator("[data-save-state]")).to_have_attribute("data-save-state", "offline")
