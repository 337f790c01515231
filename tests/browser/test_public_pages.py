"""A stranger's browser at the form and at the conversation of a workflow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.accessible import violations
from tests.support.browser import watched_page
from tests.support.graphs import block
from tests.support.model_server import ModelServer
from tests.support.public_pages import address, chat_block, form_block
from tests.support.server import Client, ServerProcess


@pytest.fixture
def stranger(browser: Browser) -> Iterator[Page]:
    with watched_page(browser, viewport={"width": 390, "height": 844}) as page:
        yield page


def test_somebody_fills_in_a_form_and_the_workflow_runs(stranger: Page, server: ServerProcess, client: Client) -> None:
    form = form_block(title="Ask the shop", description="We answer\nwithin a day.", button="Ask")
    answer = block("answer", "response", {"body": "Thank you, {{ variables.email }}. You ask about: {{ variables.topic }}"})
    workflow = client.deployed(form, answer, edges=["form>answer"])
    stranger.goto(address(server, form))
    expect(stranger.get_by_role("heading", name="Ask the shop")).to_be_visible()
    assert violations(stranger) == []
    stranger.get_by_role("button", name="Ask").click()  # the address is missing: the browser says so
    expect(stranger.get_by_role("button", name="Ask")).to_be_visible()
    stranger.get_by_label("Topic").select_option("Return")
    stranger.get_by_label("How many").fill("3")
    stranger.get_by_label("I agree").check()
    stranger.get_by_label("Picture").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"hello"})
    stranger.get_by_label("Your address").fill("ada@example.com")
    stranger.get_by_role("button", name="Ask").click()
    expect(stranger.get_by_role("status").first).to_have_text("Thank you, ada@example.com. You ask about: Return")
    (run,) = client.get("/api/executions", params={"workflow_id": workflow}).json()["executions"]
    assert client.get(f"/api/executions/{run['id']}").json()["input"]["count"] == 3


def test_somebody_talks_to_an_agent(stranger: Page, server: ServerProcess, client: Client) -> None:
    with ModelServer() as model:
        chat = chat_block(title="Talk to the shop", greeting="Hello! What are you looking for?")
        prompt = {"prompt": "{{ variables.message }}", "memory_key": "{{ variables.conversation }}"}
        agent = block("agent", "agent", {"base_url": model.address, "model": "small", **prompt})
        client.deployed(chat, agent, edges=["chat>agent"])
        stranger.goto(address(server, chat))
        expect(stranger.locator("[data-chat][data-ready]")).to_be_visible()
        log = stranger.get_by_role("log")
        expect(log).to_contain_text("What are you looking for?")
        assert violations(stranger) == []
        model.says("Blue ink and <b>black</b> ink.")
        stranger.get_by_label("Your message").fill("Do you have ink?")
        stranger.get_by_label("Your message").press("Enter")
        expect(log.locator("[data-role]")).to_have_count(3)
        expect(log.locator("[data-role]").last).to_contain_text("Blue ink and <b>black</b> ink.")
        expect(stranger.get_by_role("button", name="Send")).to_be_enabled()
        expect(stranger.get_by_label("Your message")).to_be_focused()
        stranger.reload()
        expect(log.locator("[data-role]")).to_have_count(3)
        expect(log).to_contain_text("Do you have ink?")
        model.answers({"error": {"message": "no"}}, 400)
        stranger.get_by_label("Your message").fill("And paper?")
        stranger.get_by_role("button", name="Send").click()
        expect(log.locator("[data-role]").last).to_have_text("Answer: Something went wrong, so there is no answer.")
        assert violations(stranger) == []
        stranger.get_by_role("button", name="New conversation").click()
        expect(log.locator("[data-role]")).to_have_count(1)
