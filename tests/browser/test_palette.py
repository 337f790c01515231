"""The palette: blocks by category, services folded, everything found by typing and reached by keyboard."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.support.editors import open_editor, person, ready
from tests.support.server import Client, ServerProcess


def test_services_are_folded_and_everything_is_found_and_reached_by_keys(
    browser: Browser, server: ServerProcess, client: Client
) -> None:
    with person(browser, server) as page:
        open_editor(page, server, client.new())
        palette = page.get_by_role("region", name="Blocks to add")
        operation = palette.locator('[data-palette-type="github.create_issue"]')
        expect(palette.get_by_role("button", name="Set fields")).to_be_visible()
        expect(operation).to_have_count(0)
        search = palette.get_by_role("searchbox", name="Search blocks")
        search.fill("github issue")
        expect(operation).to_be_visible()
        search.fill("there is no such block")
        expect(palette.get_by_text("No block fits.")).to_be_visible()
        search.fill("")

        services = palette.get_by_role("button", name="Services")
        expect(services).to_have_attribute("aria-expanded", "false")
        search.press("ArrowDown")
        page.keyboard.press("End")
        expect(services).to_be_focused()
        page.keyboard.press("ArrowRight")
        expect(services).to_have_attribute("aria-expanded", "true")
        service = palette.locator('[data-palette-fold="GitHub"]')
        service.focus()
        page.keyboard.press("Enter")
        expect(operation).to_be_visible()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowLeft")
        expect(service).to_be_focused()
        page.keyboard.press("ArrowLeft")
        expect(operation).to_have_count(0)
        page.keyboard.press("Home")
        page.keyboard.press("ArrowUp")
        expect(search).to_be_focused()


def test_what_was_used_lately_stands_first_also_after_a_reload(browser: Browser, server: ServerProcess, client: Client) -> None:
    with person(browser, server) as page:
        open_editor(page, server, client.new())
        lately = page.locator("#palette section", has=page.get_by_role("heading", name="Used lately"))
        expect(lately).to_have_count(0)
        for type in ("data.set", "condition", "data.set"):
            page.locator(f'[data-palette-type="{type}"]').click()
            expect(lately.get_by_role("button").first).to_have_attribute("data-recent-type", type)
        expect(page.locator("[data-save-state]")).to_have_attribute("data-save-state", "saved")
        page.reload()
        ready(page)
        expect(lately.get_by_role("button")).to_have_count(2)
        lately.get_by_role("button", name="Condition").click()
        expect(page.locator('.canvas-card[data-type="condition"]')).to_have_count(2)
