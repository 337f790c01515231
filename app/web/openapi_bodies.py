"""Examples and shapes for the OpenAPI description, beside what the routes themselves say."""

from __future__ import annotations

from collections.abc import Mapping

from app.formats.forms import json_schema
from app.sdk import Json

HELLO = "name: my-workflow\ntasks:\n  - name: hello\n    type: util.log\n    properties:\n      message: Hello world\n"
TEXT: dict[str, Json] = {"type": "string"}
FLAG: dict[str, Json] = {"type": "boolean"}
LIST: dict[str, Json] = {"type": "array", "items": {"type": "object"}}
ANYTHING: dict[str, Json] = {"type": "object"}


def _body(example: Json, *needed: str, **fields: dict[str, Json]) -> dict[str, Json]:
    schema: dict[str, Json] = {"type": "object", "properties": fields} if fields else {}
    return {"schema": schema | ({"required": list(needed)} if needed else {}), "example": example}


GRAPH: dict[str, Json] = {
    "blocks": [{"id": "start", "type": "starter"}, {"id": "answer", "type": "response"}],
    "edges": [{"source": "start", "target": "answer"}],
}
FLOW = {"name": TEXT, "namespace": TEXT, "description": TEXT, "yamlContent": TEXT, "enabled": FLAG}
RUN = {"schema": {}, "example": {"payload": "hello", "mode": "live"}}

BODIES: Mapping[tuple[str, str], dict[str, Json]] = {
    ("POST", "/api/workflows"): _body({"name": "hello", **GRAPH}, "name", name=TEXT),
    ("PUT", "/api/workflows/{workflow}/graph"): _body(GRAPH, "blocks", "edges", blocks=LIST, edges=LIST),
    ("POST", "/api/workflows/{workflow}/execute"): _body(
        {"input": {"who": "you"}}, variables=ANYTHING, input=ANYTHING, wait=FLAG
    ),
    ("POST", "/api/v1/flows"): _body({"name": "my-workflow", "yamlContent": HELLO}, **FLOW),
    ("PUT", "/api/v1/flows/{flow}"): _body({"yamlContent": HELLO}, **FLOW),
    ("POST", "/api/v1/flows/validate"): _body({"yamlContent": HELLO}, "yamlContent", yamlContent=TEXT),
    ("POST", "/api/v1/flows/{flow}/runs"): RUN,
    ("POST", "/api/v1/flows/{flow}/execute"): RUN,
    ("POST", "/api/v1/webhook/{key}"): {"schema": {}, "example": {"customerId": 42}},
    ("POST", "/api/v1/triggers"): _body(
        {"flowId": "my-workflow", "type": "schedule", "config": {"cron": "0 9 * * 1-5"}}, "flowId", "type",
        flowId=TEXT, type={"enum": ["webhook", "schedule", "event"]}, config=ANYTHING, enabled=FLAG,
    ),
    ("PUT", "/api/v1/kv/{namespace}/{key}"): {"schema": {}, "example": {"value": {"n": 1}, "ttl": 60000}},
    ("POST", "/api/flows/{flow}/run"): _body({"args": {"who": "you"}}, args=ANYTHING, idempotencyKey=TEXT),
}  # fmt: skip

LISTS = frozenset(
    {
        "/api/workflows", "/api/executions", "/api/workflows/{workflow}/revisions", "/api/v1/flows", "/api/v1/executions",
        "/api/v1/triggers", "/api/v1/approvals", "/api/v1/kv/{namespace}", "/api/v1/flows/{flow}/revisions",
        "/api/v1/webhook-endpoints", "/api/flows", "/api/plays", "/api/groups", "/api/kv", "/api/channels", "/api/schedules",
    }
)  # fmt: skip
"""The paths whose answers come in pages."""

SCHEMAS: Mapping[str, Json] = {
    "Error": {
        "type": "object",
        "required": ["error", "message", "statusCode"],
        "properties": {
            "error": {"type": "string", "description": "A code", "examples": ["FLOW_NOT_FOUND"]},
            "message": TEXT,
            "statusCode": {"type": "integer"},
            "request_id": TEXT,
            "details": {"type": "array", "items": {"type": "object"}},
        },
    },
    "WorkflowText": {
        "description": "What `yamlContent` may say; the schema is at /api/schema/workflow.json.",
        "type": "string",
    },
}


def workflow_schema() -> dict[str, Json]:
    """The JSON Schema of the YAML forms."""
    return json_schema()
