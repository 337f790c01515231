"""Stop, do nothing, log."""

from typing import Any

import pytest
from pydantic import ValidationError

from app.describe import validate_config
from app.sdk import BlockError, Json, Output
from blocks.flow._failures import failure
from blocks.flow.stop_error import BLOCK

pytestmark = pytest.mark.anyio


async def test_stop_fails_for_good_with_its_message_code_and_data(stage: Any) -> None:
    config = {"message": "Keine {{ input.what }}", "code": "ORDER_EMPTY", "data": {"what": "{{ input.what }}", "n": [1]}}
    with pytest.raises(BlockError) as caught:
        await stage().run("flow.stop_error", config, {"what": "Äpfel"})
    error = caught.value
    assert (error.code, error.message, error.retryable) == ("ORDER_EMPTY", "Keine Äpfel", False)
    assert error.details == {"what": "Äpfel", "n": [1]}


async def test_a_code_is_not_needed_and_a_long_message_is_cut(stage: Any) -> None:
    with pytest.raises(BlockError) as caught:
        await stage().run("flow.stop_error", {"message": "{{ input }}"}, "x" * 5_000)
    assert (caught.value.code, len(caught.value.message), caught.value.details) == ("STOP_ERROR", 2_001, None)


async def test_a_message_that_turns_out_empty_is_named(stage: Any) -> None:
    with pytest.raises(ValidationError, match="message"):
        await stage().run("flow.stop_error", {"message": "{{ input }}"}, None)


@pytest.mark.parametrize("config", [{"message": ""}, {"message": "m", "code": "not found"}, {"message": "m", "code": ""}])
def test_a_message_and_a_proper_code_are_needed(config: dict[str, Json]) -> None:
    assert len(validate_config(BLOCK, config)) == 1


async def test_the_example_of_stop(stage: Any) -> None:
    (example,) = BLOCK.examples
    with pytest.raises(BlockError) as caught:
        await stage().run(BLOCK.type, example.config, example.input)
    assert failure(caught.value) == example.output


@pytest.mark.parametrize("value", [None, {"a": [1]}, "ß", False])
async def test_doing_nothing_changes_nothing(stage: Any, value: Json) -> None:
    assert await stage().run("flow.noop", {}, value) == Output(value)


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ({"message": "Order {{ input.order }}"}, "Order 7"),
        ({"message": "Größe", "level": "error"}, "ERROR: Größe"),
        ({"message": "{{ input }}", "level": "debug"}, 'DEBUG: {"order": 7}'),
    ],
)
async def test_a_line_is_logged_and_the_input_goes_on(stage: Any, config: dict[str, Json], line: str) -> None:
    context = stage()
    assert await context.run("util.log", config, {"order": 7}) == Output({"order": 7})
    assert context.lines == [line]
