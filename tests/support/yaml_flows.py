"""Workflows as YAML, as the developer surface takes them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.support.server import Client

HELLO = "name: my-workflow\ntasks:\n  - name: hello\n    type: util.log\n    properties:\n      message: Hello world\n"
"""The sample of seed 002, to the letter."""

THREE = """
name: three
variables: {who: nobody}
tasks:
  - name: first
    type: util.log
    properties: {message: "One {{ variables.who }}"}
  - name: second
    type: code
    properties:
      code: |
        output = {"greeting": "Hello " + variables["who"]}
  - name: third
    type: util.log
    properties: {message: Three}
"""


def unique(name: str = "flow") -> str:
    return f"{name}-{uuid4().hex[:12]}"


def new_flow(client: Client, text: str = THREE, **more: Any) -> dict[str, Any]:
    """A new flow written as YAML, with a name that no other has."""
    answer = client.post("/api/v1/flows", json={"name": unique(), "yamlContent": text, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def finished(client: Client, execution_id: str) -> dict[str, Any]:
    """An execution in both spellings once it has ended."""
    client.wait_for(execution_id)
    found: dict[str, Any] = client.get(f"/api/v1/executions/{execution_id}").json()
    return found
