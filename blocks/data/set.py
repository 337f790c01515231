"""Sets, renames or removes fields of the data.

Each line under Fields gives a name and a value. A value may hold placeholders such as `{{ input.price * 1.2 }}`; a value
that is exactly one placeholder keeps its type, so numbers stay numbers and lists stay lists. A dot in a name makes or
changes a field inside an object: `customer.name`.

Choose what becomes of the other fields: keep them, or keep only those that are set or listed here.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.sdk import AnyJson, Block, BlockError, Config, Context, Example, Json, Output

MAX_FIELDS = 200


class Assignment(Config):
    """One field and its new value."""

    name: str = Field(
        title="Name",
        min_length=1,
        max_length=200,
        pattern=r"^[^.]+(\.[^.]+)*$",
        description="The field to set. A dot goes into an object: customer.name",
        json_schema_extra={"initial": "", "placeholder": "total"},
    )
    value: AnyJson = Field(None, title="Value", description="Text, a number, JSON or {{ input.price * 2 }}.")


class SetConfig(Config):
    """Configuration of set."""

    fields: list[Assignment] = Field(
        default_factory=list,
        title="Fields",
        max_length=MAX_FIELDS,
        description="Set from the top.",
        json_schema_extra={"initial": [{"name": "", "value": ""}]},
    )
    others: Literal["keep", "drop"] = Field(
        "keep", title="Other fields", description="Whether fields that are not named here stay in the data."
    )
    remove: list[str] = Field(
        default_factory=list, title="Remove", max_length=MAX_FIELDS, description="Names of fields to take away."
    )


async def execute(context: Context, config: SetConfig, value: Json) -> Output:
    data = _copied(value) if config.others == "keep" else {}
    for assignment in config.fields:
        *path, last = assignment.name.split(".")
        _object_at(data, path, assignment.name)[last] = assignment.value
    for name in config.remove:
        *path, last = name.split(".")
        parent: Json = data
        for part in path:
            parent = parent.get(part) if isinstance(parent, dict) else None
        if isinstance(parent, dict):
            parent.pop(last, None)
    return Output(data)


def _copied(value: Json) -> Json:
    """Objects are copied all the way down, because other blocks may hold the same ones."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BlockError("NOT_AN_OBJECT", "the data that comes in is no object; choose to drop other fields", retryable=False)
    return {name: _copied(child) if isinstance(child, dict) else child for name, child in value.items()}


def _object_at(data: dict[str, Json], path: list[str], name: str) -> dict[str, Json]:
    for part in path:
        data = data.setdefault(part, {})
        if not isinstance(data, dict):
            message = f"field `{name}` cannot be set, because `{part}` is no object"
            raise BlockError("NOT_AN_OBJECT", message, retryable=False)
    return data


BLOCK = Block(
    type="data.set",
    title="Set fields",
    category="Data",
    icon="pencil-line",
    description="Sets, renames or removes fields of the data.",
    config=SetConfig,
    execute=execute,
    output_schema={"type": "object", "description": "The data with its fields changed."},
    examples=(
        Example(
            "A total with tax",
            {"fields": [{"name": "total", "value": "{{ input.net * 1.2 }}"}]},
            input={"net": 10},
            output={"net": 10, "total": 12.0},
        ),
        Example(
            "Only what the next system needs",
            {"fields": [{"name": "customer.name", "value": "{{ input.first }} {{ input.last }}"}], "others": "drop"},
            input={"first": "Ada", "last": "Lovelace", "age": 36},
            output={"customer": {"name": "Ada Lovelace"}},
        ),
        Example("Take a field away", {"remove": ["secret"]}, input={"a": 1, "secret": "x"}, output={"a": 1}),
    ),
)
