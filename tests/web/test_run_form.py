"""What the Run dialog asks for."""

from __future__ import annotations

from app.catalog import Catalog
from app.engine.graph import Graph, GraphBlock
from app.sdk import Json
from app.web.run_form import chosen, entries

BLOCK_OF = Catalog.load().get
VARIABLES: list[Json] = [
    {"name": "customer", "type": "text", "required": True},
    {"name": "count", "type": "integer", "default": 3, "required": True},
    {"name": "items", "type": "array", "description": "What is ordered."},
    {"name": ""},
]
STARTER = GraphBlock("starter_1", "starter", "By hand", config={"variables": VARIABLES})
WEBHOOK = GraphBlock("webhook_1", "webhook", "")
CODE = GraphBlock("code_1", "code", "Not a start")


def test_a_starter_asks_for_its_variables_with_their_defaults() -> None:
    (entry,) = entries(Graph((STARTER, CODE)), BLOCK_OF)
    assert entry.body is None
    assert [(v.name, v.type, v.text, v.required) for v in entry.variables] == [
        ("customer", "string", "", True),
        ("count", "integer", "3", False),
        ("items", "json", "", False),
    ]


def test_what_other_workflows_run_asks_a_person_for_the_same_variables() -> None:
    called = GraphBlock("called_1", "trigger.workflow", "", config={"variables": VARIABLES})
    (entry,) = entries(Graph((called, CODE)), BLOCK_OF)
    assert (entry.title, entry.body) == ("When a workflow runs it", None)
    assert entry.variables == entries(Graph((STARTER,)), BLOCK_OF)[0].variables


def test_a_webhook_asks_for_a_body_filled_with_what_came_last_or_the_sample() -> None:
    graph = Graph((WEBHOOK,))
    assert entries(graph, BLOCK_OF)[0].body == "{}"
    assert entries(graph, BLOCK_OF, None, {"a": 1})[0].body == '{\n  "a": 1\n}'
    last = entries(graph, BLOCK_OF, {"b": 2}, {"a": 1})[0]
    assert (last.body, last.from_last) == ('{\n  "b": 2\n}', True)


def test_of_several_starts_the_one_with_a_form_comes_first_and_any_can_be_chosen() -> None:
    found = entries(Graph((WEBHOOK, STARTER)), BLOCK_OF)
    assert [entry.block_id for entry in found] == ["starter_1", "webhook_1"]
    assert chosen(found, "webhook_1") == found[1]
    assert chosen(found, "nobody") == found[0]
    assert chosen((), "") is None
