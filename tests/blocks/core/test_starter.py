"""Variables of the starter: defaults, required ones, types."""

from typing import Any

import pytest

from app.describe import validate_config
from app.sdk import BlockError, Json
from blocks.core._variables import Variable, read_variables
from blocks.core.starter import BLOCK


def variable(name: str, type: str = "text", **more: Any) -> Variable:
    return Variable(name=name, type=type, **more)


def test_defaults_are_filled_in_and_unknown_variables_pass() -> None:
    declared = [variable("name", default="Ada"), variable("note"), variable("amount", "number", default=1)]
    assert read_variables(declared, {"amount": 2.5, "extra": [1]}) == {"name": "Ada", "note": None, "amount": 2.5, "extra": [1]}


def test_every_missing_or_wrong_variable_is_named_at_once() -> None:
    declared = [variable("name", required=True), variable("amount", "number"), variable("ok", "boolean")]
    with pytest.raises(BlockError) as caught:
        read_variables(declared, {"amount": "12", "ok": True})
    assert caught.value.code == "VARIABLES_INVALID"
    assert caught.value.message == "Variable `name` is needed; Variable `amount` must be a number"
    assert [problem["name"] for problem in caught.value.details] == ["name", "amount"]


def test_a_required_variable_with_a_default_is_never_missing() -> None:
    assert read_variables([variable("n", "integer", required=True, default=3)], {}) == {"n": 3}


GOOD: list[tuple[str, Json]] = [
    ("text", "a"), ("string", ""), ("number", 1), ("number", 1.5), ("integer", 0), ("boolean", False), ("object", {}),
    ("array", []), ("json", [1]), ("any", True),
]  # fmt: skip
BAD: list[tuple[str, Json]] = [
    ("text", 1), ("string", []), ("number", True), ("number", "1"), ("integer", 1.5), ("integer", False), ("boolean", 0),
    ("object", []), ("array", {}),
]  # fmt: skip


@pytest.mark.parametrize(("type", "value"), GOOD)
def test_a_value_of_the_right_type_is_taken(type: str, value: Json) -> None:
    assert read_variables([variable("x", type)], {"x": value}) == {"x": value}


@pytest.mark.parametrize(("type", "value"), BAD)
def test_a_value_of_a_wrong_type_is_refused_without_being_shown(type: str, value: Json) -> None:
    with pytest.raises(BlockError, match="Variable `x` must be"):
        read_variables([variable("x", type)], {"x": value})


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"variables": [{"name": "a"}, {"name": "a"}]}, "Variables: has the name a twice"),
        ({"variables": [{"name": "two words"}]}, "Variables 1, Name: has characters that are not allowed here"),
        ({"variables": [{"name": "n", "type": "integer", "default": "x"}]}, "Variables 1, Default: must be a whole number"),
        (
            {"schedule_interval_value": 59, "schedule_interval_unit": "seconds"},
            "Unit: makes runs that are less than 60 seconds apart",
        ),
        ({"schedule_cron": "9 o'clock"}, "Cron line: must have five parts: minute, hour, day of month, month, day of week"),
        ({"schedule_timezone": "Mars/Base"}, "Time zone: is not a known time zone"),
        ({"schedule_start_at": "soon"}, "Not before: must be a date and time such as 2026-01-31T09:00:00Z"),
    ],
)
def test_a_wrong_configuration_is_told_in_plain_words(config: dict[str, Json], message: str) -> None:
    assert [problem.message for problem in validate_config(BLOCK, config)] == [message]


@pytest.mark.anyio
async def test_something_else_than_an_object_is_refused(stage: Any) -> None:
    with pytest.raises(BlockError, match="must be an object"):
        await stage().run("starter", {}, [1])
