"""Native blocks are dragged in, connected, filled in as their first example says, and run, all in the browser.

Many blocks share a workflow and a run; what was seen of each is kept, and every test looks at one block. Blocks that speak to
others meet servers on loopback, or a port where nobody listens: `tests/support/block_cases.py` says which. The blocks are in
parts, each with a file of its own in `tests/browser`, so that several processes share them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

from playwright.sync_api import Browser, Page, expect
from pydantic import ValidationError

from app.describe import form
from app.sdk import Block, Json
from tests.support.block_cases import NATIVE, PARKED, Case, agrees, cases
from tests.support.block_peers import world
from tests.support.editors import card, open_editor, person
from tests.support.graphs import block
from tests.support.server import Client, ServerProcess
from tests.support.trying import Seen, connect, drag_in, fill_in, read, saved, see_all

TOGETHER = 12
"""So many blocks share a workflow."""
IS_UNDER_WAY = "#run-dialog[open], [data-action=run][data-running], .canvas-card[data-status]"
IS_OVER = '[data-status="completed"], [data-status="failed"]'
REST = [declared for declared in NATIVE if not declared.trigger and declared.type not in PARKED]
WITH_TRIGGERS = 24
"""So many other blocks are tried where the triggers are."""
TRIGGERS_AND_SOME = [declared for declared in NATIVE if declared not in REST] + REST[:WITH_TRIGGERS]
FIRST_HALF = REST[WITH_TRIGGERS::2]
SECOND_HALF = REST[WITH_TRIGGERS + 1 :: 2]


@dataclass
class Outcomes:
    """What was seen of each block, by type; a reason where it did not come so far."""

    cases: dict[str, Case] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)
    configs: dict[str, dict[str, Json]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def about(self, block_type: str) -> Iterator[None]:
        """What goes wrong in here is this block's fault."""
        try:
            yield
        except Exception as error:  # whatever stops one block must not hide the others
            self.reasons.setdefault(block_type, f"{type(error).__name__}: {error}")


@contextmanager
def tried(browser: Browser, server: ServerProcess, client: Client, part: Sequence[Block]) -> Iterator[Outcomes]:
    """A part of the blocks, tried once; the tests only look at what was seen."""
    found = Outcomes()
    triggers = [declared for declared in part if declared.trigger]
    parked = [declared for declared in part if declared.type in PARKED]
    others = [declared for declared in part if not declared.trigger and declared.type not in PARKED]
    with world(client) as there, person(browser, server, reduced_motion="reduce") as page:
        page.set_viewport_size({"width": 1500, "height": 1000})
        for start in range(0, len(others), TOGETHER):
            try_together(page, server, client, cases(others[start : start + TOGETHER], there), found)
        if parked:
            waiting = cases(parked, there)
            try_together(page, server, client, waiting, found, meanwhile=lambda: go_on(page, client, waiting))
        if triggers:
            try_triggers(page, server, client, cases(triggers, there), found)
        yield found


def try_together(
    page: Page, server: ServerProcess, client: Client, group: list[Case], found: Outcomes,
    meanwhile: Callable[[], None] = lambda: None,
) -> None:  # fmt: skip
    """Build one workflow of these blocks, run it, and look at each."""
    workflow, feeders = prepared(client, group)
    open_editor(page, server, workflow)
    placed: dict[str, str] = {}
    for case in group:
        found.cases[case.block.type] = case
        with found.about(case.block.type):
            placed[case.block.type] = place(page, case, feeders[case.block.type])
    page.get_by_role("button", name="Run the workflow").click()
    confirm_run(page)
    meanwhile()
    ended(page)
    note_stored(page, client, workflow, placed, found)
    page.get_by_role("tab", name="Data").click()
    see_all(page)
    for type, block_id in placed.items():
        with found.about(type):
            card(page, block_id).and_(page.locator(IS_OVER)).wait_for()
            found.seen[type] = read(page, block_id)


def go_on(page: Page, client: Client, parked: Sequence[Case]) -> None:
    """Decide and tell what the blocks wait for."""
    expect(page.locator('.canvas-card[data-status="waiting"]')).to_have_count(len(parked))
    gate, event = parked
    approvals = client.get("/api/v1/approvals", params={"status": "pending", "size": 100}).json()["data"]
    (approval,) = [one for one in approvals if one["title"] == "Order 7" and one["flowName"].startswith("Every block")]
    decided = client.post(
        f"/api/v1/approvals/{approval['id']}/approve", json={"note": "Good customer", "form": gate.output["form"]}
    )
    assert decided.status_code == 200, decided.text
    told = client.post("/api/events", json={"name": event.config["event"], "payload": event.output})
    assert told.status_code < 300, told.text


def try_triggers(page: Page, server: ServerProcess, client: Client, group: list[Case], found: Outcomes) -> None:
    """All triggers in one workflow, which is run once from each with what it may get."""
    workflow = client.create(f"Every trigger {uuid4().hex}")
    open_editor(page, server, workflow)
    canvas = page.locator("#canvas").bounding_box()
    assert canvas is not None
    placed: dict[str, str] = {}
    for number, case in enumerate(group):
        found.cases[case.block.type] = case
        with found.about(case.block.type):
            if placed:
                see_all(page)
            at = (canvas["x"] + 150 + number % 2 * 300, canvas["y"] + 60 + number // 2 * 100)
            placed[case.block.type] = drag_in(page, case.block, at)
            fill_in(page, placed[case.block.type], case.block, case.config)
    page.get_by_role("tab", name="Data").click()
    for case in group:
        with found.about(case.block.type):
            start_at(page, placed[case.block.type], case.input)
            ended(page)
            see_all(page)
            found.seen[case.block.type] = read(page, placed[case.block.type])
    note_stored(page, client, workflow, placed, found)


def start_at(page: Page, block_id: str, given: Json) -> None:
    """Run the workflow from this trigger, and give it what it would get."""
    if page.locator("#run-dialog").is_visible():
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Run the workflow").click()
    dialog = page.get_by_role("dialog", name="Run the workflow")
    start = dialog.get_by_label("Start at")
    if start.input_value() != block_id:  # else the form would come anew, over what is filled in
        start.select_option(block_id)
        dialog.locator(f'#run-start option[value="{block_id}"][selected]').wait_for(state="attached")
    body = dialog.get_by_label("Body")
    if body.is_visible():
        body.fill(json.dumps(given or {}))
    elif isinstance(given, dict):
        for name, value in given.items():
            dialog.get_by_label(re.compile(rf"^{name}( \*)?$")).fill(str(value))
    confirm_run(page)


def note_stored(page: Page, client: Client, workflow: str, placed: Mapping[str, str], found: Outcomes) -> None:
    """Keep how each block was saved: at the latest when the workflow was run."""
    saved(page)
    stored = {one["id"]: one["config"] for one in client.drawn(workflow)["blocks"]}
    found.configs |= {type: stored[block_id] for type, block_id in placed.items()}


def confirm_run(page: Page) -> None:
    """Press Run in the dialog, where there is one."""
    page.wait_for_selector(IS_UNDER_WAY)
    dialog = page.locator("#run-dialog")
    if dialog.is_visible():
        dialog.get_by_role("button", name="Run", exact=True).click()
        page.wait_for_function(
            "() => !document.querySelector('#run-dialog[open]') || document.querySelector('[data-run-message]').textContent"
        )
        refusal = dialog.locator("[data-run-message]").text_content() if dialog.is_visible() else ""
        assert not refusal, refusal


def ended(page: Page) -> None:
    """Wait for the end of the execution that is followed."""
    page.wait_for_selector("[data-action=run]:not([data-running])", timeout=40_000)


def prepared(client: Client, group: list[Case]) -> tuple[str, dict[str, list[str]]]:
    """A workflow whose blocks give each case its input; the ids of these by the type of the case."""
    variables = [{"name": name, "default": value} for case in group for name, value in case.variables.items()]
    blocks = [block("start", "starter", {"variables": variables})]
    feeders: dict[str, list[str]] = {}
    for row, case in enumerate(group):
        for column, (name, value) in enumerate(case.feeders.items()):
            id = name if len(case.feeders) > 1 else f"feeder_{row}"
            blocks.append(block(id, "code", {"code": f"output = {value!r}"}, position={"x": 280, "y": row * 130 + column * 90}))
            feeders.setdefault(case.block.type, []).append(id)
    edges = [f"start>{id}" for ids in feeders.values() for id in ids]
    return client.create(f"Every block {uuid4().hex}", *blocks, edges=edges), feeders


def place(page: Page, case: Case, feeders: list[str]) -> str:
    """Drag a block in beside what feeds it, fill it in and connect it."""
    see_all(page)
    box = card(page, feeders[0]).bounding_box()
    assert box is not None
    block_id = drag_in(page, case.block, (box["x"] + 2.2 * box["width"], box["y"] + box["height"] / 2))
    fill_in(page, block_id, case.block, case.config, goes_on=bool(case.error))
    for feeder in feeders:
        connect(page, feeder, block_id)
    return block_id


def check(declared: Block, outcomes: Outcomes) -> None:
    """A block was saved as its case says, and gave what it says."""
    case, reason = outcomes.cases[declared.type], outcomes.reasons.get(declared.type)
    assert reason is None, reason
    saved_as, wanted = whole(declared, outcomes.configs[declared.type]), whole(declared, case.config)
    assert saved_as == wanted, (saved_as, wanted)
    seen = outcomes.seen[declared.type]
    if case.error:
        assert seen.status == "failed" and case.error in seen.error, seen
    else:
        assert seen.status == "completed" and agrees(case.output, seen.output), (case.output, seen)


def whole(declared: Block, config: dict[str, Json]) -> Json:
    """A configuration with all defaults. Nothing, an empty text and an empty list are one to whoever fills in a form."""
    try:
        filled = declared.config.model_validate(config).model_dump()
    except ValidationError:  # a placeholder stands where a number or a list will be
        filled = {one.name: one.default for one in form(declared)} | config
    return {name: None if value in ("", [], {}) else value for name, value in filled.items()}
