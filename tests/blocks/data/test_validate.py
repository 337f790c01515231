"""JSON Schema: what fits, what does not, conversion, and schemas that are none."""

from typing import Any

import pytest

from app.sdk import Json

pytestmark = pytest.mark.anyio
SCHEMA = {
    "type": "object",
    "properties": {
        "n": {"type": "integer", "maximum": 10},
        "x": {"type": "number"},
        "on": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "integer"}, "maxItems": 2},
        "mail": {"format": "email"},
        "kind": {"enum": ["a", "b"]},
        "name": {"type": "string", "minLength": 2},
    },
    "required": ["n"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("value", "path", "words"),
    [
        ({}, "", "the data lacks n"),
        ([], "", "the data must be of type object"),
        ({"n": "5"}, "n", "n must be of type integer"),
        ({"n": 11}, "n", "n must be at most 10"),
        ({"n": 1, "tags": [1, "x"]}, "tags[1]", "tags[1] must be of type integer"),
        ({"n": 1, "tags": [1, 2, 3]}, "tags", "tags must have at most 2 entries"),
        ({"n": 1, "mail": "@"}, "mail", "mail must be a valid email"),
        ({"n": 1, "kind": "secret"}, "kind", "kind must be one of the allowed values"),
        ({"n": 1, "name": "a"}, "name", "name must have at least 2 characters"),
        ({"n": 1, "more": 1}, "", "the data must not have more"),
    ],
    ids=str,
)
async def test_what_is_wrong(run: Any, value: Json, path: str, words: str) -> None:
    outcome = await run("data.validate", {"json_schema": SCHEMA}, value)
    assert outcome.ports == ("invalid",)
    assert outcome.value["value"] == value
    assert [(error["path"], error["message"]) for error in outcome.value["errors"]] == [(path, words)]


async def test_texts_are_converted_where_the_schema_asks_for_it(run: Any) -> None:
    value = {"n": " 7", "x": "1.5", "on": "TRUE", "tags": ["1", "2"], "name": "12"}
    outcome = await run("data.validate", {"json_schema": SCHEMA, "coerce": True}, value)
    assert (outcome.value, outcome.ports) == ({"n": 7, "x": 1.5, "on": True, "tags": [1, 2], "name": "12"}, ("valid",))
    outcome = await run("data.validate", {"json_schema": SCHEMA, "coerce": True}, {"n": "many"})
    assert outcome.value["value"] == {"n": "many"}


async def test_it_may_fail_instead(refused: Any) -> None:
    error = await refused("data.validate", {"json_schema": SCHEMA, "fail": True}, {})
    assert (error.code, error.message) == ("INVALID_DATA", "the data does not fit: the data lacks n")


async def test_a_hundred_errors_are_enough(run: Any) -> None:
    outcome = await run("data.validate", {"json_schema": {"items": {"type": "integer"}}}, ["x"] * 500)
    assert len(outcome.value["errors"]) == 100


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"$ref": "http://127.0.0.1:1/schema.json"},
        {"$ref": "file:///etc/passwd"},
        {"pattern": "("},
    ],
)
async def test_a_schema_that_cannot_be_used(refused: Any, schema: Json) -> None:
    error = await refused("data.validate", {"json_schema": schema}, "x")
    assert (error.code, "json_schema" in error.message) == ("SCHEMA", True)


async def test_a_pattern_cannot_hang_it(run: Any) -> None:
    outcome = await run("data.validate", {"json_schema": {"pattern": "^(a+)+$"}}, "a" * 5_000 + "!")
    assert outcome.ports == ("invalid",)
