"""Pure: the OpenAPI description as a page shows it, with lines to copy that name the reader's own things."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.sdk import Json

FIRST = "v1 flows"
MOST_FOUND = 40
OF_A_WORKFLOW = ("workflow", "flow")
OF_AN_EXECUTION = ("execution", "play")


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter, in words."""

    name: str
    place: str
    shape: str
    words: str
    needed: bool


@dataclass(frozen=True, slots=True)
class AnswerShown:
    status: str
    words: str
    example: str


@dataclass(frozen=True, slots=True)
class CallShown:
    """One call of the API."""

    id: str
    tag: str
    method: str
    path: str
    title: str
    words: str
    rights: str
    fields: Sequence[Field]
    body: str
    curl: str
    answers: Sequence[AnswerShown]
    refusals: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Own:
    """What lines to copy name: this server, and something of the reader's."""

    address: str
    workflow: str = ""
    execution: str = ""

    def filled(self, path: str) -> str:
        for names, value in ((OF_A_WORKFLOW, self.workflow), (OF_AN_EXECUTION, self.execution)):
            for name in names if value else ():
                path = path.replace(f"{{{name}}}", value)
        return self.address + path.replace("{", "").replace("}", "")


def calls_shown(description: Mapping[str, Json], own: Own) -> Iterator[CallShown]:
    """Every call, in the order of its address."""
    named = description["components"]["responses"]
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield _call(method.upper(), path, operation, named, own)


def chosen(calls: Sequence[CallShown], tag: str, words: str) -> list[CallShown]:
    """The calls in which the words stand; without words, those of one part."""
    wanted = words.casefold().split()
    if not wanted:
        return [call for call in calls if call.tag == tag]
    texts = [(call, f"{call.method} {call.path} {call.title} {call.words}".casefold()) for call in calls]
    return [call for call, text in texts if all(word in text for word in wanted)][:MOST_FOUND]


def _call(method: str, path: str, operation: Json, named: Mapping[str, Json], own: Own) -> CallShown:
    scope, role = operation.get("x-scope"), operation.get("x-role")
    rights = f"Scope {scope}, role {role}." if scope else f"Role {role}." if role else "Needs no key."
    body: dict[str, Json] = next(iter(operation.get("requestBody", {}).get("content", {}).values()), {})
    answers = [
        AnswerShown(status, answer["description"], _example(answer))
        for status, answer in operation["responses"].items()
        if status[0] in "12"
    ]
    refused = [
        (status, named[answer["$ref"].rpartition("/")[2]]["description"])
        for status, answer in operation["responses"].items()
        if "$ref" in answer
    ]
    example = body.get("example")
    return CallShown(
        operation["operationId"],
        operation["tags"][0],
        method,
        path,
        operation["summary"],
        operation.get("description", ""),
        rights,
        [_field(one) for one in operation["parameters"]],
        "" if example is None else _pretty(example),
        _curl(method, own.filled(path), example, bool(operation["security"])),
        answers,
        refused,
    )


def _field(one: Json) -> Field:
    return Field(one["name"], one["in"], _shape(one["schema"]), one.get("description", ""), one["required"])


def _shape(schema: Json) -> str:
    """Type and limits in a few words."""
    if "enum" in schema:
        return ", ".join(str(value) for value in schema["enum"] if value != "")
    kind = {"integer": "whole number", "string": "text", "boolean": "true or false"}.get(str(schema.get("type")), "JSON")
    least, most = schema.get("minimum", schema.get("minLength")), schema.get("maximum", schema.get("maxLength"))
    unit = " characters" if kind == "text" else ""
    if least is not None and most is not None:
        return f"{kind}, {least:,} to {most:,}{unit}"
    return kind if most is None else f"{kind}, at most {most:,}{unit}"


def _example(answer: Json) -> str:
    content = next(iter(answer.get("content", {}).values()), None)
    return "" if content is None else _pretty(content["example"])


def _pretty(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _curl(method: str, address: str, body: Json, signed: bool) -> str:
    parts = ["curl"] + ([] if method == "GET" else ["-X", method]) + [f"'{address}'"]
    parts += ["-H 'Authorization: Bearer KEY'"] if signed else []
    if body is not None:
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        quoted = text.replace("'", "'\\''")
        parts += ["-H 'Content-Type: application/json'", f"-d '{quoted}'"]
    return " ".join(parts)
