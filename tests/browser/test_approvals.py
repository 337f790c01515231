"""Deciding in the browser: the inbox, its forms, the badge, and the page behind a resume address."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browser import watched_page
from tests.support.graphs import block
from tests.support.people import join
from tests.support.server import OWNER, Client, ServerProcess
from tests.support.waiting import approval_of, gate, resume_urls, start

FORM = [
    {"name": "limit", "type": "number", "label": "New limit", "required": True},
    {"name": "vip", "type": "boolean", "label": "Treat as VIP"},
    {"name": "day", "type": "date", "label": "Until"},
    {"name": "why", "type": "multiline", "label": "Why"},
]


@pytest.fixture
def client(studio: ServerProcess) -> Client:
    return Client(studio.url).set_up()


@pytest.fixture
def inbox(browser: Browser, studio: ServerProcess, client: Client) -> Iterator[Page]:
    """The owner's browser at the approvals."""
    with watched_page(browser) as page:
        open_inbox(page, studio)
        yield page


def open_inbox(page: Page, studio: ServerProcess, login: str = OWNER["email"]) -> None:
    page.goto(f"{studio.url}/sign-in?next=/approvals")
    page.get_by_label("E-mail or username").fill(login)
    page.get_by_label("Password").fill(OWNER["password"])
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_role("heading", name="Approvals")).to_be_visible()


def card(page: Page, title: str) -> Locator:
    return page.get_by_role("article", name=title)


def test_a_form_is_filled_in_and_approved_without_leaving_the_page(inbox: Page, client: Client) -> None:
    expect(inbox.locator("main")).to_contain_text("Nothing waits for a decision")
    execution = start(client, gate(title="Raise the limit", description="Ada asks.\n<b>Twice</b>.", form=FORM, timeout=7200))
    inbox.reload()
    asked = card(inbox, "Raise the limit")
    expect(asked).to_contain_text("<b>Twice</b>.")
    expect(asked).to_contain_text("time ends in 1 hour")
    expect(inbox.get_by_role("link", name="Approvals")).to_contain_text("1 waiting")
    inbox.evaluate("window.sameDocument = true")
    asked.get_by_role("button", name="Approve").click()
    expect(asked).to_be_visible()  # the limit is missing: the browser says so, nothing is sent
    asked.get_by_label("New limit").fill("12.5")
    asked.get_by_label("Treat as VIP").check()
    asked.get_by_label("Until").fill("2026-12-24")
    asked.get_by_label("Why").fill("Pays\nin time")
    asked.get_by_label("Note").fill("Fine")
    asked.get_by_role("button", name="Approve").click()
    expect(inbox.locator("tbody tr")).to_contain_text("Approved")
    expect(inbox.locator("#toasts")).to_contain_text("Approved.")
    expect(asked).to_have_count(0)
    expect(inbox.get_by_role("link", name="Approvals")).not_to_contain_text("waiting")
    assert inbox.evaluate("window.sameDocument") is True
    output = client.wait_for(execution)["output"]
    assert output["form"] == {"limit": 12.5, "vip": True, "day": "2026-12-24", "why": "Pays\nin time"}
    assert (output["decision"], output["note"], output["decided_by"]) == ("approved", "Fine", OWNER["email"])


def test_reject_needs_no_form(inbox: Page, client: Client) -> None:
    execution = start(client, gate(title="Too much", form=FORM))
    inbox.reload()
    card(inbox, "Too much").get_by_role("button", name="Reject").click()
    expect(inbox.locator("tbody tr")).to_contain_text("Rejected")
    assert client.wait_for(execution)["output"]["decision"] == "rejected"


def test_a_new_one_appears_and_what_was_typed_stays(inbox: Page, client: Client) -> None:
    start(client, gate(title="First", form=FORM))
    inbox.reload()
    first = card(inbox, "First")
    first.get_by_label("New limit").fill("7")
    first.get_by_label("Note").fill("half a sent")
    first.get_by_label("Treat as VIP").check()
    first.get_by_label("Note").focus()
    start(client, gate(title="Second"))
    inbox.evaluate("htmx.trigger('#approvals', 'every')")
    expect(card(inbox, "Second")).to_be_visible()
    expect(first.get_by_label("New limit")).to_have_value("7")
    expect(first.get_by_label("Note")).to_have_value("half a sent")
    expect(first.get_by_label("Note")).to_be_focused()
    expect(first.get_by_label("Treat as VIP")).to_be_checked()


def test_two_of_two_people(inbox: Page, browser: Browser, studio: ServerProcess, client: Client) -> None:
    execution = start(client, gate(title="Both", n_of_m=2))
    inbox.reload()
    card(inbox, "Both").get_by_role("button", name="Approve").click()
    expect(card(inbox, "Both")).to_contain_text("You approved this. It still needs 1 more.")
    expect(card(inbox, "Both")).to_contain_text("1 of 2 approvals")
    join(studio, "second")
    with watched_page(browser) as other:
        open_inbox(other, studio, "second")
        card(other, "Both").get_by_role("button", name="Approve").click()
        expect(card(other, "Both")).to_have_count(0)
    assert client.wait_for(execution)["output"]["decision"] == "approved"


def test_who_comes_too_late_is_told_so_and_sees_the_outcome(inbox: Page, client: Client) -> None:
    execution = start(client, gate(title="Taken"))
    inbox.reload()
    client.post(f"/api/v1/approvals/{approval_of(client, execution)}/approve")
    card(inbox, "Taken").get_by_role("button", name="Reject").click()
    expect(inbox.locator("#toasts")).to_contain_text("You have decided this already: approved.")
    expect(card(inbox, "Taken")).to_have_count(0)
    expect(inbox.locator("tbody tr")).to_contain_text("Approved")


def test_on_a_phone_nothing_runs_over_the_rim(browser: Browser, studio: ServerProcess, client: Client) -> None:
    long = "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    start(client, gate(title=long, description=long, form=FORM, timeout=3600, n_of_m=2))
    done = start(client, gate(title=f"{long} done"))
    client.post(f"/api/v1/approvals/{approval_of(client, done)}/reject", json={"note": long})
    with watched_page(browser, viewport={"width": 390, "height": 844}) as page:
        open_inbox(page, studio)
        expect(page.get_by_role("button", name="Approve")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_resume_page_lets_it_go_on_once(browser: Browser, studio: ServerProcess, client: Client) -> None:
    execution = start(client, block("wait", "flow.wait_event", {"event": "payment.7", "data": "Has it come?"}))
    url = resume_urls(client, execution)["wait", ""]
    with watched_page(browser) as stranger:
        stranger.goto(url)
        expect(stranger.locator("main")).to_contain_text("Has it come?")
        stranger.get_by_role("button", name="Let it go on").click()
        expect(stranger.get_by_role("heading", name="It goes on")).to_be_visible()
    assert client.wait_for(execution)["output"] == {}
