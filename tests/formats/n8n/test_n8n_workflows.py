"""Whole workflows of n8n: which blocks they become, how these are connected, and what is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.catalog import Catalog
from app.describe import validate_config
from app.engine.graph import parse_graph
from app.engine.references import check_sources
from app.engine.validate import validate
from app.formats.n8n.reading import Imported, NotN8n, read_n8n
from app.sdk import Json

DATA = Path(__file__).parents[2] / "data" / "n8n"
CATALOG = Catalog.load()
FILES = sorted(path.name for path in DATA.glob("*.json"))


def knows(type: str) -> bool:
    return CATALOG.get(type) is not None


def imported(name: str) -> Imported:
    return read_n8n(json.loads((DATA / name).read_text()), knows)


def blocks(found: Imported) -> dict[str, dict[str, Any]]:
    return {block["id"]: block for block in found.graph["blocks"]}


def picture(found: Imported) -> list[str]:
    """Edges as `source:port>target`; the usual port is left out."""
    usual = "output"
    return [
        f"{edge['source']}{'' if edge['sourceHandle'] == usual else ':' + edge['sourceHandle']}>{edge['target']}"
        for edge in found.graph["edges"]
    ]


def node(type: str, name: str = "N", /, **parameters: Json) -> dict[str, Json]:
    full = type if "." in type else f"n8n-nodes-base.{type}"
    return {"name": name, "type": full, "typeVersion": 1, "position": [0, 0], "parameters": parameters}


def one(raw: dict[str, Json], **more: Json) -> tuple[dict[str, Any], list[str]]:
    """The block that a single node becomes, and the notes on it."""
    found = read_n8n({"nodes": [raw | more], "connections": {}}, knows)
    return found.graph["blocks"][0], list(found.report.nodes[0].notes)


@pytest.mark.parametrize("name", FILES)
def test_a_file_becomes_a_graph_that_can_be_saved_and_is_ready_but_for_what_is_told(name: str) -> None:
    graph, problems = parse_graph(imported(name).graph, lambda type: type)
    assert [*problems, *validate(graph, CATALOG)] == []
    assert check_sources(graph, CATALOG) == []
    for block in graph.blocks:
        declared = CATALOG.get(block.type)
        assert declared is not None
        missing = [one.message for one in validate_config(declared, block.config) if block.enabled]
        assert all(message.endswith("is needed") for message in missing), (block.id, missing)


def test_a_webhook_that_answers() -> None:
    found = imported("lead_intake.json")
    made = blocks(found)
    assert picture(found) == [
        "webhook>is_it_a_lead", "is_it_a_lead:if>edit_fields", "is_it_a_lead:else>refuse", "edit_fields>crm", "crm>slack",
        "slack>respond_to_webhook",
    ]  # fmt: skip
    assert made["is_it_a_lead"]["config"]["branches"] == [
        {"expression": '(contains(input.email, "@")) and (input.budget >= 1000)'}
    ]
    assert made["edit_fields"]["config"]["fields"][1]["value"] == (
        'Hello {{ default(input.name, "there") }}, you came from {{ execution.request.query.source }}'
    )
    assert made["crm"]["config"]["body"] == {"email": "{{ input.email }}", "score": "{{ input.score }}"}
    assert (made["crm"]["config"]["credential"], made["crm"]["policy"]["retry"]) == ("CRM_KEY", {"attempts": 4, "delay_ms": 2000})
    assert made["slack"]["type"] == "slack.post_message"
    assert made["slack"]["config"]["text"] == "New lead {{ blocks.edit_fields.output.email }}: {{ input.body.id }}"
    assert made["respond_to_webhook"]["config"]["body"] == '{{ {"ok": true, "lead": blocks.crm.output.body.id} }}'
    assert found.graph["annotations"][0]["text"] == "## Leads\nFrom the form on the site"
    assert found.report.number("placeholder") == 0


def test_a_schedule_with_a_loop_and_what_cannot_be_carried_over() -> None:
    found = imported("nightly_report.json")
    made = blocks(found)
    assert made["every_night"]["config"] == {"cron": "30 3 * * *"}
    assert made["split_out"]["config"] == {"field": "orders", "source": "{{ input.body }}"}
    assert made["filter"]["config"]["condition"] == "item.total > 50"
    assert "loop_over_items:item>append_row" in picture(found)
    assert "wait>loop_over_items" not in picture(found)
    assert "gmail:error>mail_failed" in picture(found)
    assert made["append_row"]["config"]["rows"] == [["{{ input.id }}", "{{ input.total }}"]]
    assert made["code"]["enabled"] is False
    assert "# const total" in made["code"]["config"]["code"]
    assert (made["home"]["type"], made["home"]["enabled"]) == ("flow.noop", False)
    assert '"deviceId": "abc"' in made["home"]["notes"]
    assert (found.report.number("mapped"), found.report.number("placeholder")) == (12, 2)


def test_an_agent_with_model_memory_and_tools() -> None:
    made = blocks(imported("support_agent.json"))
    agent = made["ai_agent"]["config"]
    assert (agent["prompt"], agent["model"], agent["credential"]) == ("{{ input.chatInput }}", "gpt-4o-mini", "OPENAI")
    assert agent["memory_key"] == "{{ input.sessionId }}"
    assert [(tool["kind"], tool.get("block") or tool.get("workflow")) for tool in agent["tools"]] == [
        ("block", "general_api"),
        ("workflow", "Call a person"),
    ]
    assert made["telegram"]["config"]["text"] == "{{ input.text }}"
    assert made["log"]["config"] == {"workflow": "Log answers", "input": {"text": "{{ input.text }}"}, "wait": False}


def test_older_nodes_and_a_circle() -> None:
    found = imported("old_style.json")
    made = blocks(found)
    assert made["set"]["config"]["fields"][1]["value"] == "{{ (blocks.http_request.output.body.user.age + 1) }}"
    assert made["merge"]["config"] == {"mode": "combine", "keys": ["id"], "join": "inner"}
    assert "switch:default>merge" in picture(found)
    assert any("led back to" in note for note in found.report.notes)


@pytest.mark.parametrize(
    ("raw", "block_type", "config"),
    [
        (node("limit", maxItems=3, keep="lastItems"), "data.limit", {"count": 3, "take": "last"}),
        (node("removeDuplicates", compare="selectedFields", fieldsToCompare="a, b"), "data.dedupe", {"fields": ["a", "b"]}),
        (node("itemLists", operation="sort", sortFieldsUi={"sortField": [{"fieldName": "a"}]}), "data.sort",
         {"keys": [{"field": "a", "order": "ascending"}]}),
        (node("summarize", fieldsToSplitBy="c", fieldsToSummarize={"values": [{"aggregation": "sum", "field": "t"}]}),
         "data.summarize", {"group_by": ["c"], "summaries": [{"function": "sum", "field": "t", "name": "sum_t"}]}),
        (node("wait", unit="minutes", amount=2), "flow.wait", {"seconds": 120}),
        (node("stopAndError", errorMessage="=No {{ $json.a }}"), "flow.stop_error", {"message": "No {{ input.a }}"}),
        (node("crypto", action="hash", type="SHA256", value="={{ $json.a }}"), "crypto.hash",
         {"source": "{{ input.a }}", "algorithm": "sha256", "encoding": "hex"}),
        (node("markdown", mode="markdownToHtml", markdown="# a"), "fmt.markdown", {"operation": "to_html", "source": "# a"}),
        (node("xml"), "fmt.xml", {"operation": "parse", "source": "{{ input.data }}"}),
        (node("rssFeedRead", url="https://example.com/feed"), "rss.read", {"url": "https://example.com/feed"}),
        (node("executeWorkflowTrigger"), "trigger.workflow", {"variables": []}),
        (node("errorTrigger"), "trigger.error", {}),
        (node("interval", interval=2, unit="minutes"), "trigger.schedule", {"interval_seconds": 120}),
        (node("github", resource="issue", operation="create", owner={"__rl": True, "value": "o"}, repository="r", title="t"),
         "github.create_issue", {"owner": "o", "repo": "r", "title": "t"}),
        (node("airtable", operation="search", base="app1", table="T", filterByFormula="{a}=1"), "airtable.list_records",
         {"base": "app1", "table": "T", "formula": "{a}=1"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_node_becomes_a_block(raw: dict[str, Json], block_type: str, config: dict[str, Json]) -> None:
    block, _ = one(raw)
    assert (block["type"], block["config"]) == (block_type, config)
    assert block["enabled"]


@pytest.mark.parametrize(
    "raw",
    [
        node("sort", type="random"), node("switch", mode="expression"), node("crypto", action="sign"), node("nobodyKnowsIt"),
        node("slack", resource="user", operation="info"), node("dateTime", operation="roundDate"),
        node("scheduleTrigger", rule={"interval": [{"field": "cronExpression", "expression": "x"}]}),
        node("postgres", operation="insert"),
    ],
    ids=lambda raw: raw["type"],
)  # fmt: skip
def test_what_has_no_block_is_kept_as_a_note(raw: dict[str, Json]) -> None:
    block, notes = one(raw)
    assert (block["type"], block["enabled"]) == ("flow.noop", False)
    assert "Its settings were" in notes[-1]


def test_an_expression_that_cannot_be_translated_stays_where_it_was() -> None:
    block, notes = one(node("httpRequest", url="=https://x.example/{{ $items().length }}"))
    assert block["config"]["url"] == "https://x.example/{{ $items().length }}"
    assert "`url` could not be translated" in notes[0]


def test_a_node_that_ran_for_each_entry_is_told() -> None:
    raw = [node("splitOut", "Split", fieldToSplitOut="a"), node("httpRequest", "Call", url="=https://x.example/{{ $json.id }}")]
    found = read_n8n({"nodes": raw, "connections": {"Split": {"main": [[{"node": "Call"}]]}}}, knows)
    assert any("once for each entry" in note for note in found.report.nodes[1].notes)


def test_what_follows_an_answer_follows_what_was_before_it() -> None:
    raw = [node("webhook", "Hook"), node("respondToWebhook", "Answer"), node("noOp", "After")]
    links = {"Hook": {"main": [[{"node": "Answer"}]]}, "Answer": {"main": [[{"node": "After"}]]}}
    assert picture(read_n8n({"nodes": raw, "connections": links}, knows)) == ["hook>answer", "hook>after"]


@pytest.mark.parametrize(
    "document",
    [
        {}, [], {"nodes": []}, {"nodes": {}, "connections": {}}, {"nodes": [1], "connections": {}},
        {"nodes": [{"name": "a"}], "connections": {}}, {"nodes": [node("noOp"), node("noOp")], "connections": {}},
        {"nodes": [node("noOp", str(number)) for number in range(1_001)], "connections": {}},
    ],
)  # fmt: skip
def test_what_is_no_workflow_is_refused(document: Json) -> None:
    with pytest.raises(NotN8n):
        read_n8n(document, knows)


@pytest.mark.parametrize(
    "connections",
    [
        {"N": 5}, {"N": {"main": 5}}, {"N": {"main": [5]}}, {"N": {"main": [[5, {"node": 7}, {"node": "gone"}]]}},
        {"gone": {"main": [[{"node": "N"}]]}}, {"N": {"main": [[{"node": "N"}]]}}, {"N": {"main": [None, [{"node": "M"}]] * 20}},
    ],
)  # fmt: skip
def test_strange_connections_are_left_out(connections: Json) -> None:
    found = read_n8n({"nodes": [node("noOp"), node("noOp", "M")], "connections": connections}, knows)
    assert all(edge["source"] != edge["target"] for edge in found.graph["edges"])


@pytest.mark.parametrize("position", [None, [1], ["a", "b"], [1, 2, 3], {}])
@pytest.mark.parametrize(
    "type", ["if", "set", "switch", "httpRequest", "scheduleTrigger", "stickyNote", "slack", "merge", "webhook"]
)
def test_strange_nodes_do_no_harm(type: str, position: Json) -> None:
    odd: list[Json] = [None, [], 5, {"conditions": 5, "rules": [], "values": "x", "assignments": {"assignments": [1, {}]}}]
    for parameters in odd:
        raw = {"name": "N", "type": f"n8n-nodes-base.{type}", "parameters": parameters, "position": position, "credentials": 5}
        graph, problems = parse_graph(read_n8n({"nodes": [raw], "connections": {}}, knows).graph, lambda type: type)
        assert problems == []
        assert len(graph.blocks) + len(graph.annotations) == 1
