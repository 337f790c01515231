"""What hangs on an agent of n8n: its model, its memory and its tools."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from app.formats.n8n.expressions import Scope
from app.formats.n8n.links import Link
from app.formats.n8n.node import Mapped, Node
from app.formats.n8n.services import service
from app.formats.n8n.web_nodes import http, model_of
from app.sdk import Json


def is_part(name: str, links: Iterable[Link]) -> bool:
    """Whether a node only hangs on others and is no step of its own."""
    kinds = {link.kind for link in links if link.source == name}
    return bool(kinds) and "main" not in kinds


def attached(
    node: Node, agent: Mapped, parts: Iterable[tuple[str, dict[str, Json]]], knows: Callable[[str], bool], scope: Scope
) -> Mapped:
    """The agent with what hangs on it; anything else is noted."""
    config, tools = dict(agent.config), []
    for kind, raw in parts:
        part = Node(raw, scope, knows)
        if kind == "ai_languageModel" and agent.type == "agent":
            config |= model_of(part)
        elif kind == "ai_memory" and agent.type == "agent":
            config["memory_key"] = part.text("sessionKey") or "{{ workflow.id }}"
            node.note("What it remembers is kept under its memory key: check that it tells conversations apart.")
        elif kind == "ai_tool" and agent.type == "agent" and (tool := _tool(part, knows)) is not None:
            tools.append(tool)
        else:
            node.note(f"“{part.name}” ({part.type}) hung on it and was not taken over.")
        node.notes += [f"{part.name}: {note}" for note in part.notes]
    return replace(agent, config=config | ({"tools": tools} if tools else {}))


def _tool(part: Node, knows: Callable[[str], bool]) -> dict[str, Json] | None:
    short = part.type.rpartition(".")[2]
    about = part.text("description") or part.text("toolDescription")
    if short == "toolWorkflow":
        raw = part.params.get("workflowId")
        named = raw.get("cachedResultName") if isinstance(raw, dict) else None
        return {"kind": "workflow", "workflow": str(named or part.text("workflowId")), "description": about}
    found = http(part) if short in ("toolHttpRequest", "httpRequestTool") else service(part)
    if found is None or not knows(found.type):
        return None
    decided = {name: value for name, value in found.config.items() if not _is_left_to_it(value)}
    return {"kind": "block", "block": found.type, "config": decided, "description": about}


def _is_left_to_it(value: Json) -> bool:
    """Whether the model fills this in."""
    return isinstance(value, str) and "$fromAI" in value
