"""Answers whoever started the workflow.

The caller of a webhook, or of the workflow from code, gets this status, these headers and this body. When no body is
given, the input of the block is the body. A file, such as a PDF that a block before has made, is sent as a file. The caller
waits until this block is reached; other branches go on.
"""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from app.sdk import AnyJson, Block, Config, Context, Example, Json, Output
from blocks.core._fields import Text

HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
RESERVED_HEADERS = frozenset({"connection", "content-length", "set-cookie", "transfer-encoding", "upgrade"})
"""Framing belongs to the server, and a cookie would be set for the studio's own origin."""


class ResponseConfig(Config):
    """Configuration of the response."""

    status: int = Field(200, title="Status", ge=200, le=599, description="The HTTP status: 200 is fine, 404 is not found.")
    headers: dict[str, Text] = Field(default_factory=dict, title="Headers", description="HTTP headers of the answer.")
    body: AnyJson = Field(
        None, title="Body", description="What the caller gets. Leave it out to answer with the input of this block."
    )

    @field_validator("headers")
    @classmethod
    def _are_headers(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, text in headers.items():
            if not HEADER_NAME.fullmatch(name):
                raise ValueError("has a name that is not allowed in a header")
            if name.lower() in RESERVED_HEADERS:
                raise ValueError(f"must not contain {name}")
            if CONTROL_CHARACTER.search(text):
                raise ValueError(f"has a line break or another control character in {name}")
        return headers


async def execute(context: Context, config: ResponseConfig, value: Json) -> Output:
    body = config.body if "body" in config.model_fields_set else value
    answer = {"status": config.status, "headers": dict(config.headers), "body": body}
    return Output(answer, ports=(), response=answer)


BLOCK = Block(
    type="response",
    title="Response",
    category="Answer",
    icon="reply",
    description="Answers the caller of the workflow.",
    config=ResponseConfig,
    execute=execute,
    outputs=(),
    answers=True,
    output_schema={
        "type": "object",
        "properties": {"status": {"type": "integer"}, "headers": {"type": "object", "description": "What was set."}, "body": {}},
        "required": ["status", "headers", "body"],
    },
    examples=(
        Example(
            "Answer with the input",
            {},
            input={"total": 12},
            output={"status": 200, "headers": {}, "body": {"total": 12}},
            ports=(),
        ),
        Example(
            "Say that something was made",
            {"status": 201, "headers": {"Location": "/orders/7"}, "body": {"order": 7}},
            output={"status": 201, "headers": {"Location": "/orders/7"}, "body": {"order": 7}},
            ports=(),
        ),
    ),
)
