"""What is said of one call beside what its route declares itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.sdk import Json
from app.web.openapi.kinds import Schema

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
