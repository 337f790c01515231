"""Asks a GraphQL service, or tells it to change something.

Write the query, and give its variables as an object: `{"id": "{{ input.id }}"}`. You get the data; errors that the service
reports fail the step, unless you accept partial answers.

To collect all pages, the query must take the variable `after` and ask for `pageInfo { hasNextPage endCursor }` beside `nodes`
or `edges`. Say where this list is, for example `repository.issues`, and you get all its entries as `items`.
"""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import Field

from app.sdk import Block, BlockError, Code, Config, Context, CredentialName, Example, HttpRequest, Json, Output, kind
from blocks.core._fields import ADVANCED, Text, cut
from blocks.data._paths import get
from blocks.net._answers import check

MAX_ITEMS = 10_000


class GraphqlConfig(Config):
    """Configuration of the query."""

    url: str = Field(
        title="Address",
        min_length=1,
        max_length=8_000,
        description="Of the service, usually ending in /graphql.",
        json_schema_extra={"initial": "", "placeholder": "https://api.example.com/graphql"},
    )
    query: Code = Field(
        title="Query",
        min_length=1,
        max_length=100_000,
        description="A query or a mutation.",
        json_schema_extra={"initial": "query ($id: ID!) {\n  user(id: $id) { name }\n}"},
    )
    variables: Annotated[dict[str, Json], kind("json")] = Field(
        default_factory=dict, title="Variables", description="Values for the names that begin with $ in the query."
    )
    operation_name: str = Field(
        "", title="Operation", max_length=200, description="When the query holds several.", json_schema_extra=ADVANCED
    )
    credential: CredentialName = Field("", title="Credential", description="Proves who you are to the service.")
    headers: dict[str, Text] = Field(
        default_factory=dict, title="Headers", max_length=50, description="Sent along.", json_schema_extra=ADVANCED
    )
    partial: bool = Field(
        False,
        title="Accept partial answers",
        description="Whether errors are passed on beside the data.",
        json_schema_extra=ADVANCED,
    )
    pages_at: str = Field(
        "",
        title="Collect pages of",
        max_length=500,
        description="The list with pageInfo, such as repository.issues. Left empty: one call.",
    )
    max_pages: int = Field(10, title="At most so many pages", ge=1, le=200, description="When pages are collected.")
    timeout_ms: int = Field(30_000, title="Timeout", ge=100, le=300_000, description="Milliseconds to wait for each answer.")


async def execute(context: Context, config: GraphqlConfig, value: Json) -> Output:
    answer = await _asked(context, config, config.variables)
    if not config.pages_at:
        return Output({"data": answer.get("data"), "errors": answer.get("errors") or []})
    items: list[Json] = []
    for page in range(1, config.max_pages + 1):
        part = get(answer.get("data"), config.pages_at)
        items.extend(_entries(part))
        if len(items) > MAX_ITEMS:
            raise BlockError("TOO_MANY_ITEMS", f"more than {MAX_ITEMS:,} entries; name fewer pages", retryable=False)
        cursor = _next(part)
        if cursor is None or page == config.max_pages:
            break
        answer = await _asked(context, config, {**config.variables, "after": cursor})
    return Output({"items": items, "errors": answer.get("errors") or [], "pages": page, "more": cursor is not None})


async def _asked(context: Context, config: GraphqlConfig, variables: dict[str, Json]) -> dict[str, Json]:
    sent = {"query": config.query, "variables": variables}
    if config.operation_name:
        sent["operationName"] = config.operation_name
    request = HttpRequest(
        "POST",
        config.url,
        headers={"Accept": "application/json", **config.headers},
        json=sent,
        timeout=config.timeout_ms / 1000,
        credential=config.credential,
    )
    response = await context.http.send(request)
    answer = _read(response.content)
    if answer is None:
        check("POST", config.url, response)
        raise BlockError("NOT_GRAPHQL", "the answer is not that of a GraphQL service", retryable=False)
    errors = answer.get("errors")
    if errors and not (config.partial and answer.get("data") is not None):
        raise BlockError("GRAPHQL_ERROR", _told(errors), details={"errors": cut(json.dumps(errors), 2_000)}, retryable=False)
    return answer


def _read(content: bytes) -> dict[str, Json] | None:
    """The answer when it has data or errors, whatever its status."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) and ("data" in answer or "errors" in answer) else None


def _told(errors: Json) -> str:
    listed = errors if isinstance(errors, list) else [errors]
    messages = [str(error.get("message")) if isinstance(error, dict) else str(error) for error in listed[:3]]
    return cut("; ".join(messages), 500)


def _entries(part: Json) -> list[Json]:
    if isinstance(part, dict) and isinstance(part.get("nodes"), list):
        return list(part["nodes"])
    if isinstance(part, dict) and isinstance(part.get("edges"), list):
        return [edge.get("node") for edge in part["edges"] if isinstance(edge, dict)]
    message = "field `pages_at`: there must be an object with nodes or edges, and pageInfo"
    raise BlockError("PAGES_INVALID", message, retryable=False)


def _next(part: Json) -> str | None:
    told = part.get("pageInfo")
    if not isinstance(told, dict) or told.get("hasNextPage") is not True:
        return None
    return told["endCursor"] if isinstance(told.get("endCursor"), str) else None


BLOCK = Block(
    type="net.graphql",
    title="GraphQL",
    category="Connect",
    icon="waypoints",
    description="Asks a GraphQL service, page by page if need be.",
    config=GraphqlConfig,
    execute=execute,
    effect="write",
    needs=frozenset({"http"}),
    timeout_ms=600_000,
    output_schema={
        "type": "object",
        "properties": {
            "data": {"description": "The answer."},
            "errors": {"type": "array", "description": "What the service could not do."},
            "items": {"type": "array", "description": "When pages are collected: all entries."},
            "pages": {"type": "integer", "description": "When pages are collected: how many."},
            "more": {"type": "boolean", "description": "When pages are collected: whether there are more."},
        },
    },
    examples=(
        Example(
            "A user's name",
            {
                "url": "https://api.example.com/graphql",
                "query": "query ($id: ID!) { user(id: $id) { name } }",
                "variables": {"id": "{{ input.id }}"},
                "credential": "EXAMPLE",
            },
            input={"id": "7"},
            output={"data": {"user": {"name": "Ada"}}, "errors": []},
            runnable=False,
        ),
    ),
)
