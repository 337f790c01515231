"""The small check of JSON Schema that blocks use themselves."""

import pytest

from app.sdk import Json
from blocks.core._schema import mismatch


@pytest.mark.parametrize(
    ("value", "schema", "problem"),
    [
        ({"a": [1, "x"]}, {"properties": {"a": {"items": {"type": "integer"}}}}, "the answer.a[1] must be of type integer"),
        (True, {"type": "integer"}, "the answer must be of type integer"),
        (None, {"type": ["string", "null"]}, None),
        ("b", {"enum": ["a"]}, "the answer must be one of the allowed values"),
        (1.5, {"type": "number"}, None),
    ],
)
def test_the_schema_check(value: Json, schema: Json, problem: str | None) -> None:
    assert mismatch(value, schema) == problem
