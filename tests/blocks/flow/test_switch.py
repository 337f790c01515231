"""The switch: by value, by rules, the first way or every one."""

from typing import Any

import pytest

from app.describe import validate_config
from app.sdk import Json, Output
from blocks.flow.switch import BLOCK

pytestmark = pytest.mark.anyio


def values(*wanted: Json, **more: Json) -> dict[str, Json]:
    return {"cases": [{"value": value} for value in wanted], **more}


def rules(*conditions: str, **more: Json) -> dict[str, Json]:
    return {"mode": "rules", "cases": [{"expression": condition} for condition in conditions], **more}


@pytest.mark.parametrize(
    ("value", "port"),
    [
        ("b", "case_2"),
        ("B", "default"),
        ("Zürich 🚲", "case_3"),
        (1, "case_4"),
        (1.0, "case_4"),
        (True, "default"),
        ("1", "default"),
        (None, "case_5"),
        ({"y": [1], "x": 2}, "case_6"),
        ({"y": [True], "x": 2}, "default"),
        ([], "case_7"),
        ({}, "default"),
    ],
)
async def test_values_are_compared_exactly(stage: Any, value: Json, port: str) -> None:
    config = values("a", "b", "Zürich 🚲", 1, None, {"x": 2, "y": [1]}, [])
    assert await stage().run("flow.switch", config, value) == Output(value, (port,))


async def test_the_compared_value_may_be_a_template_that_gives_null(stage: Any) -> None:
    config = values(None, "DE", value="{{ input.country }}")
    assert await stage().run("flow.switch", config, {"country": None}) == Output({"country": None}, ("case_1",))
    assert await stage().run("flow.switch", config, {"country": "DE"}) == Output({"country": "DE"}, ("case_2",))


async def test_cases_may_be_templates(stage: Any) -> None:
    context = stage(variables={"wanted": 7})
    assert (await context.run("flow.switch", values("{{ variables.wanted }}"), 7)).ports == ("case_1",)


async def test_of_equal_cases_the_first_wins(stage: Any) -> None:
    assert (await stage().run("flow.switch", values("a", "a"), "a")).ports == ("case_1",)
    assert (await stage().run("flow.switch", values("a", "a", all_matches=True), "a")).ports == ("case_1", "case_2")


async def test_rules_are_tried_in_order_and_the_rest_is_left_alone(stage: Any) -> None:
    config = rules("input > 5", "input > 1", "input.no_such_field")
    assert (await stage().run("flow.switch", config, 9)).ports == ("case_1",)
    assert (await stage().run("flow.switch", config, 3)).ports == ("case_2",)


async def test_no_rule_holds(stage: Any) -> None:
    assert await stage().run("flow.switch", rules("input > 5"), 1) == Output(1, ("default",))
    assert await stage().run("flow.switch", rules("input > 5", all_matches=True), 1) == Output(1, ("default",))


async def test_a_rule_that_is_not_true_or_false_names_its_case(stage: Any) -> None:
    with pytest.raises(AssertionError, match=r"cases\.1\.expression"):
        await stage().run("flow.switch", rules("False", "input"), "text")


def test_the_ports_follow_the_cases() -> None:
    assert [port.name for port in BLOCK.ports(values(1, 2))] == ["case_1", "case_2", "default"]
    assert [port.name for port in BLOCK.ports({})] == ["default"]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"cases": []}, "Cases: is needed"),
        (values(*range(51)), "Cases: must have at most 50 entries"),
        (rules("True", " "), "Cases: the condition of case 2 is needed"),
        ({"mode": "luck", "cases": [{}]}, "Decide by: must be one of 'value' or 'rules'"),
    ],
)
def test_a_wrong_configuration_is_told_in_plain_words(config: dict[str, Json], message: str) -> None:
    assert [problem.message for problem in validate_config(BLOCK, config)] == [message]
