"""The variables that a workflow declares, and how what is given is checked against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from app.sdk import AnyJson, BlockError, Config, Json

VariableType = Literal["text", "number", "integer", "boolean", "object", "array", "json", "string", "any"]

WHAT_IT_MUST_BE: Mapping[str, str] = {
    "text": "text", "string": "text", "number": "a number", "integer": "a whole number", "boolean": "true or false",
    "object": "an object", "array": "a list",
}  # fmt: skip


class Variable(Config):
    """One input of the workflow."""

    name: str = Field(
        title="Name",
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        max_length=100,
        description="Letters, digits and underscores. Other blocks use it as variables.name.",
        json_schema_extra={"placeholder": "customer_name"},
    )
    type: VariableType = Field("text", title="Type", description="What may be given. json (or any) takes everything.")
    required: bool = Field(False, title="Required", description="Whether the run is refused when it is missing.")
    default: AnyJson = Field(None, title="Default", description="Used when nothing is given.")
    description: str = Field("", title="Help", description="Shown beside the field in the Run form.")

    @field_validator("default")
    @classmethod
    def _default_fits(cls, default: Json, info: ValidationInfo) -> Json:
        wanted = info.data.get("type", "any")
        if default is not None and not has_type(default, wanted):
            raise ValueError(f"must be {WHAT_IT_MUST_BE[wanted]}")
        return default


def _names_differ(variables: list[Variable]) -> list[Variable]:
    names = [variable.name for variable in variables]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"has the name {name} twice")
    return variables


Variables = Annotated[list[Variable], AfterValidator(_names_differ)]
"""A list of variables, each name once."""


def has_type(value: Json, wanted: str) -> bool:
    """True when a JSON value is of a variable's type; true and false are no numbers."""
    match wanted:
        case "text" | "string":
            return isinstance(value, str)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
    return True


def given_variables(value: Json) -> dict[str, Json]:
    """What a run was started with, as names and values: nothing is no variables. BlockError when it is something else."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BlockError("VARIABLES_INVALID", "The variables must be an object of names and values", retryable=False)
    return value


def read_variables(variables: Sequence[Variable], given: Mapping[str, Json]) -> dict[str, Json]:
    """What was given with defaults filled in. BlockError VARIABLES_INVALID names every variable that is missing or wrong."""
    values = dict(given)
    problems: list[dict[str, Json]] = []
    for variable in variables:
        if values.get(variable.name) is None:
            values[variable.name] = variable.default
        value = values[variable.name]
        if value is None and variable.required:
            problems.append({"name": variable.name, "message": f"Variable `{variable.name}` is needed"})
        elif value is not None and not has_type(value, variable.type):
            wanted = WHAT_IT_MUST_BE[variable.type]
            problems.append({"name": variable.name, "message": f"Variable `{variable.name}` must be {wanted}"})
    if problems:
        message = "; ".join(problem["message"] for problem in problems)
        raise BlockError("VARIABLES_INVALID", message, details=problems, retryable=False)
    return values
