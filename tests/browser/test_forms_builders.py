"""Builders in forms: conditions without writing expressions, times without cron lines, how a block is run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.editors import open_editor, person
from tests.support.graphs import block, edge
from tests.support.server import Client, ServerProcess


@pytest.fixture
def workflow(client: Client) -> str:
    blocks = [
        block("start", "starter", {"variables": [{"name": "total", "type": "number", "default": 5}]}),
        block("check", "condition", {"branches": [{"expression": "variables.total > 100"}]}, position={"x": 300, "y": 0}),
        block("plan", "trigger.schedule", {"cron": "0 9 * * 1-5"}, position={"x": 0, "y": 200}),
    ]
    made = client.post("/api/workflows", json={"name": f"Rules {uuid4().hex}", "blocks": blocks, "edges": [edge("start>check")]})
    return str(made.json()["id"])


@pytest.fixture
def page(browser: Browser, server: ServerProcess, workflow: str) -> Iterator[Page]:
    with person(browser, server) as page:
        yield open_editor(page, server, workflow)


def show(page: Page, block_id: str) -> None:
    page.locator(f'.canvas-card[data-block-id="{block_id}"]').click()
    expect(page.locator(f'[data-block-form="{block_id}"]')).to_be_visible()


def stored(page: Page, client: Client, workflow: str, block_id: str) -> dict[str, Any]:
    expect(page.locator("[data-save-state]")).to_have_attribute("data-save-state", "saved")
    graph = client.get(f"/api/workflows/{workflow}/graph").json()
    return next(one for one in graph["blocks"] if one["id"] == block_id)


def test_rules_write_the_condition_and_the_text_stays_in_reach(page: Page, client: Client, workflow: str) -> None:
    show(page, "check")
    expect(page.get_by_role("textbox", name="Condition, rule 1: value")).to_contain_text("total")
    page.get_by_label("Condition, rule 1: compared with").fill("7")
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_role("button", name="Insert a value into Condition, rule 2").first.click()
    page.get_by_role("dialog", name="Insert a value").get_by_role("button", name="total number").click()
    page.get_by_label("Condition, rule 2: comparison").select_option("is less than")
    page.get_by_label("Condition, rule 2: compared with").fill("9")
    page.get_by_label("Condition: how many must be so").select_option("or")
    expect(page.locator("[name='config.branches.0.expression']")).to_have_value("variables.total > 7 or variables.total < 9")
    branches = stored(page, client, workflow, "check")["config"]["branches"]
    assert branches == [{"expression": "variables.total > 7 or variables.total < 9"}]
    page.get_by_text("As text").first.click()
    page.locator("[name='config.branches.0.expression']").fill("variables.total % 2 == 0")
    expect(page.get_by_label("Condition, rule 1: comparison")).to_have_count(0)
    assert stored(page, client, workflow, "check")["config"]["branches"] == [{"expression": "variables.total % 2 == 0"}]


def test_times_are_chosen_and_the_next_five_are_shown(page: Page, client: Client, workflow: str) -> None:
    show(page, "plan")
    expect(page.locator("#block-next-times li")).to_have_count(5)
    page.get_by_label("Time of day").fill("06:45")
    page.get_by_text("Sa", exact=True).click()
    expect(page.locator("#block-next-times")).to_contain_text("06:45")
    expect(page.locator("[name='config.cron']")).to_have_value("45 6 * * 1,2,3,4,5,6")
    page.get_by_label("How often").select_option("Once a month")
    page.get_by_label("Day of the month").fill("31")
    expect(page.locator("#block-next-times")).to_contain_text(" 31 ")
    assert stored(page, client, workflow, "plan")["config"]["cron"] == "45 6 31 * *"


def test_how_a_block_is_run_is_a_form_too(page: Page, client: Client, workflow: str) -> None:
    show(page, "check")
    page.get_by_text("Notes and when it fails").click()
    page.get_by_label("Try again").select_option("Up to 2 times")
    page.get_by_label("First wait").fill("5 s")
    page.get_by_label("Timeout of one attempt").fill("2 min")
    page.get_by_label("Keep the answer for").fill("soon")
    expect(page.get_by_text("Keep the answer for: must be a time such as 30 s")).to_be_visible()
    page.get_by_label("Keep the answer for").fill("1 h")
    page.get_by_label("Pinned output").fill('{"a": 1}')
    expect(page.get_by_text("must be a time such as")).to_have_count(0)
    assert stored(page, client, workflow, "check")["policy"] == {
        "timeout_ms": 120_000,
        "retry": {"attempts": 3, "delay_ms": 5_000},
        "cache_ttl_ms": 3_600_000,
        "pinned": {"output": {"a": 1}, "port": ""},
    }


def test_a_credential_that_was_just_added_can_be_chosen(page: Page, client: Client, server: ServerProcess) -> None:
    name = f"KEY_{uuid4().hex[:8].upper()}"
    graph = {"name": f"Call {uuid4().hex}", "blocks": [block("call", "general_api", {"url": "https://example.com"})], "edges": []}
    made = client.post("/api/workflows", json=graph).json()["id"]
    open_editor(page, server, made)
    show(page, "call")
    picker = page.get_by_label("Credential", exact=True)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Add a credential").click()
    credential = {"name": name, "type": "bearer", "data": {"token": "secret"}}
    assert client.post("/api/v1/credentials", json=credential).status_code == 201
    opened.value.close()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    picker.select_option(name)
    assert stored(page, client, made, "call")["config"]["credential"] == name
