"""The templates of the gallery: whole, valid, and they do what they say, on the real engine."""

import asyncio
import copy
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.catalog import Catalog
from app.describe import validate_config
from app.engine.events import Event
from app.engine.graph import Graph, parse_graph
from app.engine.program import compile_program
from app.engine.references import check_sources
from app.engine.runner import Assignment, Outcome, Runner
from app.engine.validate import validate
from app.sdk import Json
from tests.support.language_models import lent, loopback_models

pytestmark = pytest.mark.anyio

FOLDER = Path(__file__).parents[2] / "templates" / "gallery"
CATALOG = Catalog.load()
TEMPLATES: dict[str, Any] = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}
WEBHOOK_ID = "5f0f5a0c-3f0e-4b7e-9a53-0b7c1c6f2d11"


def canonical(type: str) -> str:
    return CATALOG.canonical(type) or type


def graph_of(name: str) -> Graph:
    raw = copy.deepcopy(TEMPLATES[name]["graph"])
    for block in raw["blocks"]:
        if block["type"] == "webhook":
            block["config"] |= {"webhook_id": WEBHOOK_ID, "webhook_secret": "minted"}
    graph, problems = parse_graph(raw, canonical)
    assert problems == []
    return graph


@dataclass
class Environment:
    """What the engine lends to the blocks."""

    sandbox: Any = None
    http: Any = None
    workflows: Any = None
    platform: Any = None
    models: Any = None
    network: Any = None
    settings: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, Any] = field(default_factory=dict)


class Forgetful:
    """A recorder for executions that nobody will look at."""

    def record(self, event: Event) -> None:
        pass

    def durable(self) -> asyncio.Future[None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


async def run(name: str, given: Json, start_block: str | None = None, **environment: Any) -> Outcome:
    program = compile_program(graph_of(name), CATALOG)
    workflow = {"id": "w", "name": name}
    assignment = Assignment("run-1", program, program.entries(start_block), given, "manual", "live", workflow)
    return await Runner(assignment, Forgetful(), Environment(**environment)).drive()


def test_there_are_twelve_and_more_in_a_fixed_order() -> None:
    ordered = sorted(TEMPLATES.values(), key=lambda template: template["order"])
    assert [template["name"] for template in ordered] == [
        "github_triage", "order_total", "order_checks", "summarise_agent", "csv_report", "signup_check", "expense_approval",
        "support_router", "list_cleanup", "daily_digest", "price_watch", "failure_alarm", "order_letters",
    ]  # fmt: skip
    assert sum(not template["needs"] for template in ordered) >= 11, "most work without network and account"


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_whole_and_free_of_problems(name: str) -> None:
    template = TEMPLATES[name]
    assert template["name"] == name
    assert all(template[word] for word in ("title", "description", "sample"))
    assert set(template["needs"]) <= {"network", "model"}
    graph = graph_of(name)
    assert validate(graph, CATALOG) == []
    assert check_sources(graph, CATALOG) == []
    for drawn in graph.blocks:
        block = CATALOG.get(drawn.type)
        assert block is not None
        assert validate_config(block, drawn.config) == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_template_carries_a_secret_and_no_blocks_lie_on_each_other(name: str) -> None:
    blocks = TEMPLATES[name]["graph"]["blocks"]
    for block in blocks:
        if block["type"] == "webhook":
            assert (block["config"]["webhook_id"], block["config"]["webhook_secret"]) == ("", "")
    places = [(block["position"]["x"], block["position"]["y"]) for block in blocks]
    assert len(set(places)) == len(places)


def issue(*labels: str) -> Json:
    return {"action": "opened", "issue": {"number": 3, "title": "T", "labels": [{"name": label} for label in labels]}}


@pytest.mark.parametrize(
    ("body", "decision"),
    [
        (issue("bug"), "bug"),
        (issue("kind/Enhancement"), "feature"),
        (issue("help wanted"), "question"),
        (issue("question", "BUG"), "bug"),
        (issue("documentation"), "untriaged"),
        (issue(), "untriaged"),
        ({"zen": "Keep it logically awesome.", "hook_id": 1}, "ignored"),
        ({"ref": "refs/heads/main", "commits": []}, "ignored"),
        ({"action": "opened", "pull_request": {"number": 1}}, "ignored"),
    ],
)
async def test_github_events_are_triaged(sandbox: Any, body: Json, decision: str) -> None:
    outcome = await run("github_triage", body, sandbox=sandbox)
    known = decision != "ignored"
    expected = {"decision": decision, "title": "T" if known else None, "number": 3 if known else None}
    assert (outcome.status, outcome.output) == ("completed", expected)


async def test_a_real_issue_is_triaged(sandbox: Any) -> None:
    outcome = await run("github_triage", TEMPLATES["github_triage"]["sample"], sandbox=sandbox)
    assert outcome.output == {"decision": "bug", "title": "Spelling error in the README file", "number": 1}


@pytest.mark.parametrize("start_block", ["starter_1", "webhook_1"])
async def test_an_order_is_added_up(sandbox: Any, start_block: str) -> None:
    outcome = await run("order_total", TEMPLATES["order_total"]["sample"], start_block, sandbox=sandbox)
    assert outcome.output == {"size": "large", "needs_approval": True, "net": 608.0, "tax": 115.52, "total": 723.52}


async def test_a_small_order_goes_ahead(sandbox: Any) -> None:
    outcome = await run("order_total", {"items": [{"price": 10}]}, "webhook_1", sandbox=sandbox)
    assert outcome.output == {"size": "standard", "needs_approval": False, "net": 10, "tax": 1.9, "total": 11.9}


@pytest.mark.parametrize("start_block", ["starter_1", "webhook_1"])
async def test_an_order_is_checked_three_ways(sandbox: Any, start_block: str) -> None:
    outcome = await run("order_checks", TEMPLATES["order_checks"]["sample"], start_block, sandbox=sandbox)
    assert outcome.output == {
        "approved": True,
        "stock": {"ok": True, "left": 5},
        "credit": {"ok": True, "room": 302.0},
        "address": {"ok": True, "missing": []},
    }


async def test_one_failed_check_refuses_the_order(sandbox: Any) -> None:
    order = {**TEMPLATES["order_checks"]["sample"], "item": "Lamp"}
    outcome = await run("order_checks", order, "webhook_1", sandbox=sandbox)
    assert (outcome.output["approved"], outcome.output["stock"]) == (False, {"ok": False, "left": 0})


async def test_a_text_is_summarised_by_the_operators_model(peer: Any) -> None:
    peer.says("The harbour is open again.")
    settings = {"model_base_url": peer.url, "model": "house"}
    outcome = await run("summarise_agent", {}, models=lent(loopback_models(), peer.url), settings=settings)
    assert (outcome.status, outcome.output) == ("completed", {"summary": "The harbour is open again."})
    assert peer.sent()["messages"][1]["content"] == TEMPLATES["summarise_agent"]["sample"]["text"]


async def test_without_a_model_the_execution_says_where_to_set_one() -> None:
    outcome = await run("summarise_agent", {})
    assert outcome.status == "failed"
    assert outcome.error is not None
    assert outcome.error.code == "MODEL_NOT_CONFIGURED"
