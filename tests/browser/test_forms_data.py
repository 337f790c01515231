"""The data of a step: looked at in three ways, pinned, changed and gone on from, run again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.editors import open_editor, person
from tests.support.graphs import block, edge
from tests.support.server import Client, ServerProcess

ROWS = "return {'rows': [{'sku': 'A-1', 'price': 20}, {'sku': 'B-2', 'price': 30}]}"


@pytest.fixture
def workflow(client: Client) -> str:
    blocks = [
        block("start", "starter"),
        block("list", "code", {"code": ROWS}, position={"x": 300, "y": 0}),
        block("answer", "response", {"body": "{{ len(blocks.list.output.rows) }}"}, position={"x": 600, "y": 0}),
    ]
    graph = {"name": f"Data {uuid4().hex}", "blocks": blocks, "edges": [edge("start>list"), edge("list>answer")]}
    return str(client.post("/api/workflows", json=graph).json()["id"])


@pytest.fixture
def page(browser: Browser, server: ServerProcess, client: Client, workflow: str) -> Iterator[Page]:
    done = client.post(f"/api/workflows/{workflow}/execute", json={}).json()
    with person(browser, server) as page:
        open_editor(page, server, f"{workflow}?execution={done['execution_id']}")
        expect(card(page, "answer")).to_have_attribute("data-status", "completed")
        card(page, "list").click()
        page.get_by_role("tab", name="Data").click()
        yield page


def card(page: Page, block_id: str):  # type: ignore[no-untyped-def]
    return page.locator(f'.canvas-card[data-block-id="{block_id}"]')


def test_a_value_is_shown_as_tree_table_and_json_and_can_be_kept(page: Page) -> None:
    output = page.get_by_role("region", name="Output", exact=True)
    expect(output.get_by_text("list of 2")).to_be_visible()
    output.get_by_role("button", name="Table").click()
    expect(output.get_by_role("row")).to_have_count(3)
    expect(output.get_by_role("cell", name="B-2")).to_be_visible()
    output.get_by_role("button", name="JSON").click()
    expect(output.locator("pre")).to_contain_text('"sku": "A-1"')
    with page.expect_download() as download:
        output.get_by_role("link", name="Download Output").click()
    assert download.value.suggested_filename == "list-output.json"


def test_an_output_is_changed_and_what_follows_runs_on_that(page: Page, client: Client, workflow: str) -> None:
    page.get_by_role("button", name="Edit and go on").click()
    editor = page.get_by_role("dialog", name="Edit the output and go on")
    editor.get_by_label("Output as JSON").fill("{oops")
    editor.get_by_role("button", name="Pin and go on").click()
    expect(editor.get_by_role("alert")).to_contain_text("not valid JSON")
    editor.get_by_label("Output as JSON").fill('{"rows": [1, 2, 3]}')
    editor.get_by_role("button", name="Pin and go on").click()
    expect(page.get_by_role("button", name="Unpin")).to_be_visible()
    card(page, "answer").click()
    expect(page.locator("#panel-data")).to_contain_text("body3")
    newest = client.get(f"/api/executions?workflow_id={workflow}").json()["executions"][0]
    assert newest["retry_of"]
    card(page, "list").click()
    page.get_by_role("button", name="Unpin").click()
    expect(page.get_by_role("button", name="Pin this output")).to_be_visible()
    page.get_by_role("button", name="Run this block").click()
    expect(page.get_by_role("region", name="Output", exact=True)).to_contain_text("list of 2")
    graph = client.get(f"/api/workflows/{workflow}/graph").json()
    assert all("pinned" not in one.get("policy", {}) for one in graph["blocks"])


def test_a_block_that_has_an_effect_is_not_run_again_unasked(page: Page, client: Client, workflow: str) -> None:
    graph = client.get(f"/api/workflows/{workflow}/graph").json()
    graph["blocks"].append(block("keep", "kv.set", {"key": f"k{uuid4().hex}", "value": "1"}, position={"x": 600, "y": 200}))
    graph["edges"].append(edge("list>keep"))
    body = {"blocks": graph["blocks"], "edges": graph["edges"]}
    assert client.put(f"/api/workflows/{workflow}/graph", json=body).status_code == 200
    done = client.post(f"/api/workflows/{workflow}/execute", json={}).json()
    page.goto(page.url.partition("?")[0] + f"?execution={done['execution_id']}")
    expect(card(page, "keep")).to_have_attribute("data-status", "completed")
    card(page, "list").click()
    page.get_by_role("tab", name="Data").click()
    page.get_by_role("button", name="Run from here").click()
    asked = page.get_by_role("dialog", name="These would happen again")
    expect(asked).to_contain_text("Keep (kv.set)")
    asked.get_by_role("button", name="Cancel").click()
    listed = client.get(f"/api/executions?workflow_id={workflow}").json()
    assert listed["executions"][0]["id"] == done["execution_id"]


def test_an_input_is_kept_by_name_and_an_earlier_call_is_run_again(page: Page, client: Client, workflow: str) -> None:
    variables = {"variables": [{"name": "who", "type": "text", "default": "Ada"}]}
    graph = client.get(f"/api/workflows/{workflow}/graph").json()
    graph["blocks"][0]["config"] = variables
    client.put(f"/api/workflows/{workflow}/graph", json={"blocks": graph["blocks"], "edges": graph["edges"]})
    client.post(f"/api/workflows/{workflow}/execute", json={"variables": {"who": "Grace"}})
    page.goto(page.url.partition("?")[0])
    page.get_by_role("button", name="Run the workflow").click()
    dialog = page.get_by_role("dialog", name="Run the workflow")
    dialog.get_by_label("Fill in from").select_option(index=1)
    expect(dialog.get_by_label("who")).to_have_value("Grace")
    dialog.get_by_label("who").fill("Linus")
    dialog.get_by_text("Keep this input for later").click()
    dialog.get_by_label("Name of the input").fill("The Finn")
    dialog.get_by_role("button", name="Keep", exact=True).click()
    expect(dialog.get_by_label("Fill in from")).to_have_value(re.compile("^test:"))
    dialog.get_by_label("Fill in from").select_option("The defaults")
    expect(dialog.get_by_label("who")).to_have_value("Ada")
    dialog.get_by_label("Fill in from").select_option("The Finn")
    expect(dialog.get_by_label("who")).to_have_value("Linus")
    dialog.get_by_role("button", name="Run", exact=True).click()
    expect(card(page, "answer")).to_have_attribute("data-status", "completed")
    newest = client.get(f"/api/executions?workflow_id={workflow}").json()["executions"][0]["id"]
    assert client.get(f"/api/executions/{newest}").json()["input"] == {"who": "Linus"}
