"""What several calls have in common: lists and their parameters, revisions, problems, refusals."""

from __future__ import annotations

from app.web.openapi.calls import Parameter
from app.web.openapi.kinds import TEXT, WHOLE, Schema
from app.web.openapi.shapes import many, maybe, one_of, text, thing, title, whole


def listing(item: Schema, name: str = "data") -> Schema:
    """A page of a list (contract.md C1)."""
    return thing(**{name: many(item)}, total=WHOLE, page=WHOLE, size=WHOLE, pages=WHOLE)


def going_on(item: Schema, name: str = "data") -> Schema:
    """A page of a list that goes on after a place."""
    page = listing(item, name)
    return page | {"required": [*page["required"], "next"], "properties": {**page["properties"], "next": maybe(TEXT)}}


def single(schema: Schema) -> Schema:
    """One object: its fields, and the same once more under `data` (contract.md C3)."""
    return {
        **schema,
        "required": [*schema["required"], "data"],
        "properties": {**schema["properties"], "data": schema},
    }


def paging(*sorts: str) -> tuple[Parameter, ...]:
    """The parameters of a list; the first of `sorts` is the usual order."""
    return (
        Parameter("page", "Which page, from 0", whole(0, 1_000_000, default=0)),
        Parameter("size", "How many on a page", whole(1, 100, default=25)),
        Parameter("q", "Only what holds this text", text(most=200)),
        Parameter("sort", "By what", one_of(*sorts)),
        Parameter("order", "Which way", one_of("asc", "desc")),
    )


PLACE = text(most=60, pattern=r"^([0-9]{1,17}\.[0-9a-f-]{1,36})?$")
AFTER = Parameter("after", "The `next` of another page: goes on there, whatever was added since", PLACE)
REVISION_TAG = text('"3"', pattern=r'^(|\*|(W/)?"?[0-9]{1,9}"?)$')
IF_MATCH = Parameter("If-Match", "The revision that the write is based on", REVISION_TAG, "header")
IDEMPOTENCY = Parameter("Idempotency-Key", "The same key and body start one execution", title("order-7", most=255), "header")
SEVERITY = one_of("error", "incomplete", "warning")
PROBLEM = thing(code=TEXT, message=TEXT, block_id=maybe(TEXT), field=maybe(TEXT), severity=SEVERITY)
MORE: Schema = {"additionalProperties": True}
"""What else a refusal may tell: a place, a line, what is newest."""
DETAIL: Schema = {"type": "object", "required": ["message"], "properties": {"field": maybe(TEXT), "message": TEXT}} | MORE
ERROR_SCHEMA: Schema = {
    "type": "object",
    "required": ["error", "message", "statusCode", "request_id", "details"],
    "properties": {
        "error": text("VALIDATION_ERROR", "FLOW_NOT_FOUND") | {"description": "A code for programs"},
        "message": TEXT | {"description": "For people"},
        "statusCode": WHOLE,
        "request_id": TEXT,
        "details": many(DETAIL),
        "execution_id": TEXT,
        "retry_after": WHOLE,
    },
    **MORE,
}
STEP_ERROR = maybe({"type": "object", "properties": {"code": TEXT, "message": TEXT, "block_id": maybe(TEXT)}})
