"""A workflow of n8n is sent to the server, deployed and called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.hooks import call_hook
from tests.support.server import Client, ServerProcess

DATA = Path(__file__).parents[1] / "data" / "n8n"


def node(name: str, type: str, version: float = 1, **parameters: Any) -> dict[str, Any]:
    full = f"n8n-nodes-base.{type}"
    return {"name": name, "type": full, "typeVersion": version, "position": [0, 0], "parameters": parameters}


def then(name: str) -> list[dict[str, Any]]:
    return [{"node": name, "type": "main", "index": 0}]


PRICE = {
    "name": "Price/list",
    "nodes": [
        node("Hook", "webhook", 2, httpMethod="POST"),
        node("Lines", "splitOut", fieldToSplitOut="body.lines"),
        node("Dear", "filter", 2, conditions={"conditions": [
            {"leftValue": "={{ $json.price }}", "rightValue": 5, "operator": {"type": "number", "operation": "gte"}}]}),
        node("Each", "splitInBatches", 3, batchSize=1),
        node("Name", "set", 3.4, assignments={"assignments": [{"name": "label", "value": "={{ $json.item.toUpperCase() }}"}]}),
        node("All", "aggregate", aggregate="aggregateAllItemData"),
        node("Off", "code", 2, jsCode="return 1"),
        node("Answer", "respondToWebhook", respondWith="json",
             responseBody="={{ { labels: $('All').item.json.data.map(x => x.label) } }}"),
    ],
    "connections": {
        "Hook": {"main": [then("Lines")]},
        "Lines": {"main": [then("Dear")]},
        "Dear": {"main": [then("Each")]},
        "Each": {"main": [then("All"), then("Name")]},
        "Name": {"main": [then("Each")]},
        "All": {"main": [then("Off")]},
        "Off": {"main": [then("Answer")]},
    },
}  # fmt: skip


def test_an_imported_workflow_runs_as_it_did(server: ServerProcess, client: Client) -> None:
    made = client.post("/api/v1/flows/import", json=PRICE)
    assert made.status_code == 201, made.text
    found = made.json()
    assert found["name"].startswith("Price list")
    assert [one["outcome"] for one in found["report"]].count("placeholder") == 1
    graph = client.get(f"/api/workflows/{found['id']}/graph").json()
    hook = next(block for block in graph["blocks"] if block["type"] == "webhook")
    assert client.post(f"/api/workflows/{found['id']}/deploy").is_success
    lines = [{"item": "pen", "price": 1}, {"item": "book", "price": 9}, {"item": "lamp", "price": 30}]
    answer = call_hook(server, hook, {"lines": lines})
    assert (answer.status_code, answer.json()) == (200, {"labels": ["BOOK", "LAMP"]})


def test_every_file_is_taken_in_with_a_report(client: Client) -> None:
    for file in sorted(DATA.glob("*.json")):
        made = client.post("/api/v1/flows/import", content=file.read_bytes(), headers={"Content-Type": "application/json"})
        assert made.status_code == 201, made.text
        found = made.json()
        assert found["report"]
        notes = client.get(f"/api/workflows/{found['id']}").json()["annotations"]
        assert any("nodes of n8n became blocks" in note["text"] for note in notes)


def test_what_is_no_workflow_is_refused_in_words(client: Client) -> None:
    answer = client.post("/api/v1/flows/import", json={"nodes": [{"name": "a"}], "connections": {}})
    assert (answer.status_code, "Node 1 has no type" in json.dumps(answer.json())) == (400, True)
