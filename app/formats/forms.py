"""The published shape of the three YAML forms of a workflow: a task list, nodes with `depends_on`, and the complete graph."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.sdk import Json

Form = Literal["tasks", "nodes", "graph"]
FORMS: tuple[Form, ...] = ("tasks", "nodes", "graph")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Policy(_Strict):
    timeout_ms: int | None = Field(None, ge=1, le=86_400_000, description="Milliseconds for one attempt.")
    retry: int | dict[str, Any] | None = Field(
        None, description="How many attempts, or {attempts, delay_ms, factor, max_delay_ms, jitter, never_for}."
    )
    run_if: str = Field("", description="A bare expression; when it is false, the step is left out.")
    on_error: Literal["fail", "continue"] = Field("fail", description="What follows when the last attempt fails.")
    enabled: bool = True

    def policy(self) -> dict[str, Json]:
        found: dict[str, Json] = {} if self.timeout_ms is None else {"timeout_ms": self.timeout_ms}
        if self.retry is not None:
            found["retry"] = {"attempts": self.retry} if isinstance(self.retry, int) else self.retry
        found |= {"run_if": self.run_if} if self.run_if else {}
        return found | ({} if self.on_error == "fail" else {"on_error": self.on_error})


class TaskModel(_Policy):
    """One task; tasks run in their order unless `depends_on` says otherwise."""

    name: str = Field(min_length=1, max_length=200)
    id: str | None = Field(None, max_length=100, description="The block's id; made of the name when left out.")
    type: str = Field(min_length=1, max_length=100)
    properties: dict[str, Any] = Field(default_factory=dict)
    depends_on: list[str] | None = Field(None, description="Tasks to wait for; `name:port` for another port than output.")
    needs_approval: bool | dict[str, Any] = False


class NodeModel(_Policy):
    """One node; nodes that depend on nothing run first."""

    id: str = Field(min_length=1, max_length=100)
    name: str = Field("", max_length=200)
    type: str = Field(min_length=1, max_length=100)
    config: dict[str, Any] = Field(default_factory=dict)
    depends_on: list[str] = Field(default_factory=list)
    needs_approval: bool | dict[str, Any] = False


class TriggerModel(_Strict):
    """A block at which the workflow starts."""

    id: str | None = Field(None, max_length=100)
    name: str = Field("", max_length=200)
    type: str = Field(min_length=1, max_length=100)
    config: dict[str, Any] = Field(default_factory=dict)


class _Head(_Strict):
    name: str = Field(min_length=1, max_length=200)
    namespace: str = Field("", max_length=100)
    description: str = Field("", max_length=10_000)
    timeout_ms: int | None = Field(None, ge=1, le=31_536_000_000, description="Deadline of an execution.")


class ListedDocument(_Head):
    variables: list[dict[str, Any]] | dict[str, Any] | None = Field(
        None, description="Variables as the block `starter` declares them, or names with their defaults."
    )
    triggers: list[TriggerModel] = Field(default_factory=list)


class TaskDocument(ListedDocument):
    tasks: list[TaskModel]


class NodeDocument(ListedDocument):
    version: int | str | None = None
    nodes: list[NodeModel]


class GraphDocument(_Head):
    version: Literal[1] = 1
    blocks: list[dict[str, Any]]
    edges: list[dict[str, Any]] = Field(default_factory=list)
    annotations: list[dict[str, Any]] | None = Field(None, description="Notes and frames; left out, those that are there stay.")


def json_schema() -> dict[str, Json]:
    """One JSON Schema for all three forms."""
    forms: list[Json] = []
    definitions: dict[str, Json] = {}
    for model in (TaskDocument, NodeDocument, GraphDocument):
        schema = model.model_json_schema(ref_template="#/$defs/{model}")
        definitions |= schema.pop("$defs", {})
        forms.append(schema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Workflow",
        "oneOf": forms,
        "$defs": definitions,
    }
