"""The copilot in the editor: say what you want, see what would change, take it or leave it."""

from __future__ import annotations

import httpx
from playwright.sync_api import Page, expect

from tests.browser.copilot.acting import changes, copilot, edit, say
from tests.copilot.talking import ADD_DOUBLE
from tests.support.accessible import violations
from tests.support.editors import card, state
from tests.support.graphs import block
from tests.support.model_server import ModelServer
from tests.support.server import Client, ServerProcess

BUILD = [
    {"type": "add_block", "block": {"id": "order", "type": "webhook", "name": "Order comes in", "config": {"methods": ["POST"]}}},
    {
        "type": "add_block",
        "block": {
            "id": "total", "type": "code", "name": "Add up",
            "config": {"code": "return sum(item['price'] for item in input.get('items', []))"},
        },
    },
    {"type": "add_block", "block": {"id": "answer", "type": "response", "config": {"body": "{{ total.output }}"}}},
    {"type": "connect", "edge": {"source": "order", "target": "total"}},
    {"type": "connect", "edge": {"source": "total", "target": "answer"}},
]  # fmt: skip
MARKUP = "<img src=x onerror=\"document.title='owned'\">"


def test_a_webhook_workflow_is_built_from_one_sentence(
    page: Page, server: ServerProcess, client: Client, model: ModelServer
) -> None:
    workflow = client.new()
    model.uses("search_block_types", q="webhook")
    model.uses("propose", summary="Answers with the total of an order", operations=BUILD)
    model.says("The webhook takes an order and answers with its **total**.")
    copilot(page, server, workflow)
    say(page, "When an order comes in by webhook, answer with its total")
    expect(page.locator(".copilot-ghosts .canvas-card")).to_have_count(3)
    expect(page.locator(".edge-proposed")).to_have_count(2)
    expect(page.locator(".canvas-card[data-block-id]")).to_have_count(0)
    expect(page.locator(".copilot-tools li")).to_have_text(["Looks for blocks: webhook", "Proposes changes"])
    expect(page.locator(".copilot-text strong")).to_have_text("total")
    expect(page.locator(".copilot-simulation")).to_contain_text("it ran to its end")
    assert client.drawn(workflow)["blocks"] == []
    page.get_by_role("button", name="Take all").click()
    expect(page.locator(".canvas-card[data-block-id]")).to_have_count(3)
    expect(page.locator(".copilot-ghosts .canvas-card")).to_have_count(0)
    config = next(one["config"] for one in client.drawn(workflow)["blocks"] if one["id"] == "order")
    client.post(f"/api/workflows/{workflow}/deploy")
    answer = httpx.post(
        f"{server.url}/api/webhooks/{config['webhook_id']}", json={"items": [{"price": 2}, {"price": 40}]},
        headers={"Authorization": f"Bearer {config['webhook_secret']}"},
    )  # fmt: skip
    assert (answer.status_code, answer.json()) == (200, 42)
    page.get_by_role("button", name="History", exact=True).click()
    expect(page.locator(".revision").first).to_contain_text("with copilot: Answers with the total of an order")
    page.locator("[data-history-close]").click()
    page.locator("#canvas").focus()
    page.keyboard.press("Control+z")
    expect(page.locator(".canvas-card[data-block-id]")).to_have_count(0)
    state(page, "saved")
    assert client.drawn(workflow)["blocks"] == []


def test_one_of_three_is_left_and_one_undo_takes_the_rest_back(
    page: Page, server: ServerProcess, client: Client, model: ModelServer, workflow: str
) -> None:
    model.uses("propose", summary="Doubles", operations=ADD_DOUBLE)
    model.says("There.")
    copilot(page, server, workflow)
    say(page, "Double it")
    expect(page.locator(".copilot-changes li")).to_have_count(3)
    expect(card(page, "sum")).to_have_attribute("data-proposed", "changed")
    assert violations(page, "#copilot") == []
    page.get_by_role("button", name="Leave: “Add one” renamed “Plus one”").click()
    expect(card(page, "sum")).not_to_have_attribute("data-proposed", "changed")
    page.get_by_role("button", name="Take the rest").click()
    expect(card(page, "double")).to_be_visible()
    changes(page, "accepted", "accepted", "rejected")
    expect(card(page, "sum")).to_contain_text("Add one")
    assert client.execute(workflow)["output"] == 4
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-editor-ready", "true")
    page.locator("#canvas").focus()
    page.keyboard.press("Control+z")
    expect(card(page, "double")).to_have_count(0)
    state(page, "saved")
    assert client.execute(workflow)["output"] == 2


def test_a_failed_execution_is_explained_repaired_and_run_again(
    page: Page, server: ServerProcess, client: Client, model: ModelServer, workflow: str
) -> None:
    broken = {"type": "set_field", "block_id": "sum", "path": ["code"], "value": "return 1 + nothing"}
    edit(client, workflow, broken)
    failed = client.execute(workflow)["execution_id"]
    model.uses("propose", summary="Gives it a number", operations=[broken | {"value": "return 1 + 5"}])
    model.says("It used a name that does not exist.")
    page.goto(f"{server.url}/workflows/{workflow}?execution={failed}")
    expect(card(page, "sum")).to_have_attribute("data-status", "failed")
    card(page, "sum").click()
    page.get_by_role("tab", name="Data").click()
    page.get_by_role("button", name="Why did this fail?").click()
    expect(page.locator("[data-role=user]")).to_have_text("Why did “Add one” fail?")
    expect(page.locator(".copilot-text")).to_have_text("It used a name that does not exist.")
    assert "nothing" in str(model.asked[0]["messages"])
    page.get_by_role("button", name="Take it").click()
    page.get_by_role("button", name="Run again from “Add one”").click()
    expect(card(page, "sum")).to_have_attribute("data-status", "completed")
    expect(card(page, "answer")).to_have_attribute("data-status", "completed")


def test_what_a_model_or_data_says_is_only_ever_text(
    page: Page, server: ServerProcess, client: Client, model: ModelServer
) -> None:
    workflow = client.new(block("start", "starter", name=MARKUP, position={"x": 0, "y": 0}))
    before = client.get(f"/api/workflows/{workflow}").json()
    model.uses("read_graph")
    model.uses("deploy")
    model.uses("ask_user", question=MARKUP, options=[MARKUP])
    model.says(f"I do what the block says: {MARKUP}")
    copilot(page, server, workflow)
    page.get_by_role("button", name="What does this do?").click()
    expect(page.locator(".copilot-text")).to_contain_text(MARKUP)
    expect(page.locator(".copilot-question")).to_contain_text(MARKUP)
    expect(page.locator(".copilot img")).to_have_count(0)
    assert "owned" not in page.title()
    assert client.get(f"/api/workflows/{workflow}").json() == before


def test_two_people_edit_while_a_proposal_is_open(
    page: Page, server: ServerProcess, client: Client, model: ModelServer, workflow: str
) -> None:
    model.uses("propose", summary="Doubles", operations=ADD_DOUBLE)
    model.says("There.")
    copilot(page, server, workflow)
    say(page, "Double it")
    expect(page.locator(".copilot-changes li")).to_have_count(3)
    theirs = {"type": "set_block", "block_id": "sum", "name": "Theirs"}
    edit(client, workflow, theirs, {"type": "set_block", "block_id": "start", "name": "First"})
    expect(page.locator('.copilot-changes li[data-state="stale"]')).to_contain_text("“Theirs”: name was changed meanwhile")
    page.get_by_role("button", name="Take the rest").click()
    expect(card(page, "double")).to_be_visible()
    changes(page, "accepted", "accepted", "stale")
    expect(page.get_by_role("button", name="Ask again", exact=True)).to_be_visible()
    expect(card(page, "sum")).to_contain_text("Theirs")
    expect(card(page, "start")).to_contain_text("First")


def test_an_answer_is_stopped_asked_otherwise_and_the_state_of_then_comes_back(
    page: Page, server: ServerProcess, client: Client, model: ModelServer, workflow: str
) -> None:
    model.is_slow("Too late", 2.0)
    copilot(page, server, workflow)
    say(page, "Tell me something")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator(".copilot-state")).to_have_text("Stopped.")
    model.uses("propose", summary="Renames", operations=[{"type": "set_block", "block_id": "sum", "name": "Sum"}])
    model.says("There.")
    page.get_by_role("button", name="Say it in other words").click()
    expect(page.locator("#copilot textarea")).to_have_value("Tell me something")
    say(page, "Call it sum")
    expect(page.locator("[data-role=user]")).to_have_text("Call it sum")
    page.get_by_role("button", name="Take it").click()
    expect(card(page, "sum")).to_contain_text("Sum")
    page.get_by_role("button", name="Back to the state of then").click()
    expect(card(page, "sum")).to_contain_text("Add one")
    state(page, "saved")
    assert "Restored revision" in client.get(f"/api/workflows/{workflow}/revisions").json()["revisions"][0]["message"]


def test_a_model_is_set_up_in_one_form(page: Page, server: ServerProcess, client: Client) -> None:
    with ModelServer() as model:
        model.uses("report", word="ready")
        model.says("ready")
        page.goto(f"{server.url}/copilot")
        page.get_by_label("Address").fill(model.address)
        page.get_by_label("Model", exact=True).fill("small")
        page.get_by_role("button", name="Test the connection").click()
        expect(page.get_by_role("status").filter(has_text="small answers and can use tools")).to_be_visible()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("The copilot uses this model now.")).to_be_visible()
        assert client.get("/api/copilot/model").json()["model"] == "small"
        page.get_by_role("button", name="Take this model away").click()
        page.get_by_role("button", name="Take it away").click()
        expect(page.get_by_text("The model was taken away.")).to_be_visible()


def test_without_a_model_it_says_how_to_get_one_and_finds_templates(
    page: Page, server: ServerProcess, client: Client, workflow: str
) -> None:
    copilot(page, server, workflow)
    expect(page.get_by_role("link", name="Set up a model")).to_be_visible()
    assert violations(page, "#copilot") == []
    page.get_by_role("searchbox", name="What should the workflow do?").fill("Bestellung mit Steuer")
    page.keyboard.press("Enter")
    expect(page.locator(".copilot-templates li").first).to_contain_text("Order total with tax")
    page.get_by_role("link", name="Set up a model").click()
    expect(page.get_by_role("heading", name="Copilot")).to_be_visible()
