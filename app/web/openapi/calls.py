"""What is said of one call beside what its route declares itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.sdk import Json
from app.web.openapi.shapes import ANY, FLAG, MOMENT, TEXT, WHOLE, Schema, many, mapping, maybe, one_of, text, thing, whole

STREAM = "text/event-stream"
Tables = Mapping[str, "Call"]
"""Calls by method and path, for example `GET /api/flows`."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something in the address or in a header."""

    name: str
    words: str
    schema: Schema
    place: str = "query"
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent. `needed`: a call without a body is refused."""

    schema: Schema
    example: Json
    needed: bool = True
    kinds: tuple[str, ...] = ("application/json",)


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back under one status; without a kind, there is nothing to read."""

    schema: Schema
    kind: str = "application/json"
    words: str = "Done"
    headers: tuple[str, ...] = ()
    other_kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """`answers` by status; `refusals` are statuses beside those that every call of its kind may have."""

    answers: Mapping[int, Answer]
    body: Body | None = None
    parameters: Sequence[Parameter] = ()
    refusals: Sequence[int] = ()
    paths: Mapping[str, Schema] = field(default_factory=dict)
    summary: str = ""


def ok(schema: Schema, *, status: int = 200, headers: tuple[str, ...] = ()) -> dict[int, Answer]:
    return {status: Answer(schema, headers=headers)}


def made(schema: Schema) -> dict[int, Answer]:
    return {201: Answer(schema, words="Made")}


def accepted(schema: Schema, *, headers: tuple[str, ...] = ()) -> dict[int, Answer]:
    return {202: Answer(schema, words="Accepted; it goes on by itself", headers=headers)}


def streamed(words: str, status: int = 200) -> dict[int, Answer]:
    """Server-sent events; `data` is JSON with `type` and `seq`."""
    event: Schema = {"type": "object", "properties": dict.fromkeys(("id", "event", "data", "retry"), TEXT)}
    return {status: Answer(event, STREAM, words)}


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
IDEMPOTENCY = Parameter(
    "Idempotency-Key", "The same key and body start one execution", text("order-7", least=1, most=255), "header"
)
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

__all__ = [
    "ANY", "FLAG", "MOMENT", "Answer", "Body", "Call", "Parameter", "accepted", "listing", "made", "mapping", "ok", "paging",
    "single", "streamed",
]  # fmt: skip
