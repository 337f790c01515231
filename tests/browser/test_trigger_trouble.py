"""What keeps a trigger from working is shown at its block, among the problems and at home, until it works again."""

from __future__ import annotations

from uuid import uuid4

from playwright.sync_api import Browser, expect

from tests.support.accessible import violations
from tests.support.editors import card, open_editor, person
from tests.support.graphs import block
from tests.support.peer import Peer, Reply
from tests.support.server import Client, ServerProcess

FEED = {"version": "https://jsonfeed.org/version/1.1", "title": "F", "items": []}


def test_a_feed_that_cannot_be_read_is_told_until_it_can(browser: Browser, server: ServerProcess, client: Client) -> None:
    with Peer() as feed, person(browser, server) as page:
        feed.replies["/feed"] = Reply("gone", 503)
        name = f"Feed {uuid4().hex}"
        workflow = client.create(name, block("seen", "trigger.rss", {"urls": [f"{feed.url}/feed"], "interval_seconds": 1}))
        open_editor(page, server, workflow)
        problems = page.locator("[data-action=problems]")
        expect(problems).to_have_attribute("data-count", "0")
        client.post(f"/api/workflows/{workflow}/deploy")
        expect(problems).to_have_attribute("data-count", "1")
        problems.click()
        expect(page.locator("#problems")).to_contain_text("It does not start anything at the moment: HTTP_STATUS")
        page.locator("#problems [data-problem]").click()
        told = page.locator("[data-watch-of=seen]")
        expect(told).to_contain_text("503")
        assert violations(page, "#panel-settings") == []
        home = page.context.new_page()
        home.goto(f"{server.url}/?q={name.replace(' ', '+')}")
        expect(home.get_by_text("A trigger does not work")).to_be_visible()
        feed.replies["/feed"] = Reply(FEED)
        expect(problems).to_have_attribute("data-count", "0")
        expect(told).to_be_hidden()
        expect(card(page, "seen")).to_be_visible()
        home.reload()
        expect(home.get_by_role("link", name=name, exact=True)).to_be_visible()
        expect(home.get_by_text("A trigger does not work")).to_have_count(0)
        client.post(f"/api/workflows/{workflow}/undeploy")
