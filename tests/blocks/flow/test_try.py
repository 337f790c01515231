"""Try: success, failure, finally, and several attempts."""

from collections.abc import Mapping
from typing import Any

import pytest

from app.describe import validate_config
from app.sdk import BlockError, Json, Output
from blocks.flow.try_ import BLOCK

pytestmark = pytest.mark.anyio


class Body:
    """Fails with these errors, one for each run, then succeeds."""

    def __init__(self, *errors: BlockError) -> None:
        self._errors = list(errors)

    async def __call__(self, iteration: int, value: Json, names: Mapping[str, Json]) -> Json:
        if self._errors:
            raise self._errors.pop(0)
        return {"done": value}


BUSY = BlockError("BUSY", "the line is busy", details={"tries": 1})
WRONG = BlockError("WRONG", "the number does not exist", retryable=False)


async def test_success(stage: Any) -> None:
    assert await stage(body=Body()).run("flow.try", {}, "é") == Output({"done": "é"}, ("output", "finally"))


async def test_failure_is_data_behind_catch(stage: Any) -> None:
    outcome = await stage(body=Body(BUSY)).run("flow.try", {}, 1)
    error = {"code": "BUSY", "message": "the line is busy", "details": {"tries": 1}}
    assert outcome == Output({"error": error}, ("catch", "finally"))


async def test_every_attempt_is_an_iteration_of_its_own(stage: Any) -> None:
    context = stage(body=Body(BUSY, BUSY))
    assert await context.run("flow.try", {"attempts": 3}, 1) == Output({"done": 1}, ("output", "finally"))
    assert context.bodies == [(0, 1, {}), (1, 1, {}), (2, 1, {})]
    assert context.lines == ["Attempt 1 of 3 failed: the line is busy", "Attempt 2 of 3 failed: the line is busy"]


async def test_the_last_failure_counts_when_all_attempts_fail(stage: Any) -> None:
    context = stage(body=Body(BUSY, BlockError("LATER", "still busy"), BUSY))
    outcome = await context.run("flow.try", {"attempts": 2}, 1)
    assert outcome == Output({"error": {"code": "LATER", "message": "still busy"}}, ("catch", "finally"))
    assert len(context.bodies) == 2


async def test_what_cannot_get_better_is_not_tried_again(stage: Any) -> None:
    context = stage(body=Body(WRONG, BUSY))
    outcome = await context.run("flow.try", {"attempts": 5}, 1)
    assert outcome.value["error"]["code"] == "WRONG"
    assert len(context.bodies) == 1


async def test_only_failures_of_blocks_are_caught(stage: Any) -> None:
    async def crashes(iteration: int, value: Json, names: Mapping[str, Json]) -> Json:
        raise KeyError("a mistake in the engine")

    with pytest.raises(KeyError):
        await stage(body=crashes).run("flow.try", {"attempts": 3}, 1)


@pytest.mark.parametrize("attempts", [0, 21])
def test_the_attempts_have_limits(attempts: int) -> None:
    assert len(validate_config(BLOCK, {"attempts": attempts})) == 1


def test_a_disabled_try_passes_on_at_output() -> None:
    assert (BLOCK.outputs[0].name, BLOCK.body) == ("output", "try")
