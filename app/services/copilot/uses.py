"""Uses of a tool by a model: checked like those of the other door, told to whoever watches, and never a crash."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from app.sdk import BlockError, Json, ModelTool
from app.services.actors import Actor
from app.services.agent_tools import AgentTool, check_arguments
from app.services.copilot.data import QUOTED
from app.services.errors import ServiceError

MOST_DETAILS = 20

Hear = Callable[[str, Mapping[str, Json], Json], None]
"""Told of each use of a tool: its name, what it was given, and what it answered."""


def for_model(actor: Actor, tool: AgentTool, began: Callable[[str, Mapping[str, Json]], None], ended: Hear) -> ModelTool:
    """A tool as the model's library calls it: whatever goes wrong is answered in words, so that the model can do better."""

    async def call(arguments: dict[str, Json]) -> Json:
        began(tool.name, arguments)
        try:
            answer = await tool.call(tool.actor_for(actor), check_arguments(tool, arguments))
        except ServiceError as error:
            told = {"code": error.code, "message": error.message, "details": error.details[:MOST_DETAILS]}
            answer = {"error": told, "note": QUOTED}
        except BlockError as error:
            answer = {"error": {"code": error.code, "message": error.message}, "note": QUOTED}
        ended(tool.name, arguments, answer)
        return answer

    return ModelTool(tool.name, tool.description, dict(tool.schema), call)


def is_error(answer: Json) -> bool:
    """Whether a tool answered that it could not."""
    return isinstance(answer, dict) and isinstance(answer.get("error"), dict) and "code" in answer["error"]


def brief(value: Json, most: int = 400) -> str:
    """A value as a short text."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= most else f"{text[:most]}…"
