"""What kind of answer is asked for: words, or data that fits a schema."""

from __future__ import annotations

import json
from typing import Any

from pydantic_ai import Agent, ModelRetry, NativeOutput, PromptedOutput, StructuredDict, TextOutput
from pydantic_ai.exceptions import UserError
from pydantic_ai.models import Model
from pydantic_ai.tools import DeferredToolRequests

from app.adapters.json_schema import Schema
from app.sdk import Json, ModelRequest


class Wanted:
    """The output that a request asks for; remembers what was wrong with the last answer."""

    def __init__(self, request: ModelRequest) -> None:
        schema = request.output_schema
        self._schema = None if schema is None else dict(schema)
        self._check = None if schema is None else Schema(schema, "field `output_schema`")
        self.problem = "the answer is not JSON"

    def type(self, model: Model) -> Any:
        """The output type for pydantic-ai."""
        if self._schema is None:
            return [str, DeferredToolRequests]
        try:
            shape = StructuredDict(json.loads(json.dumps(self._schema)), name="answer")
        except UserError:  # not an object, or one that contains itself: asked for in words
            return [TextOutput(self._read), DeferredToolRequests]
        marked = NativeOutput if model.profile.get("supports_json_schema_output") else PromptedOutput
        return [marked(shape, name="answer"), DeferredToolRequests]

    def instructions(self, model: Model) -> str:
        """What the model must be told beside its instructions."""
        if self._schema is None or not isinstance(self.type(model)[0], TextOutput):
            return ""
        return f"Answer with nothing but JSON that fits this JSON Schema:\n{json.dumps(self._schema, ensure_ascii=False)}"

    def watch(self, agent: Agent[None, Any]) -> None:
        """Have the agent check every answer; one that does not fit is asked for once more."""
        if self._check is not None:
            agent.output_validator(self._fits)

    def _read(self, text: str) -> Json:
        bare = text.strip()
        if bare.startswith("```"):
            bare = bare.partition("\n")[2].rpartition("```")[0]
        try:
            return json.loads(bare)
        except (ValueError, RecursionError):
            raise ModelRetry("The answer is not JSON. Answer again with nothing but JSON that fits the schema.") from None

    def _fits(self, value: Any) -> Any:
        if isinstance(value, DeferredToolRequests) or self._check is None:
            return value
        problem = self._check.problem(value)
        if problem is not None:
            self.problem = problem
            raise ModelRetry(f"{problem}. Answer again with nothing but JSON that fits the schema.")
        return value
