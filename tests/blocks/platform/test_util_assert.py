"""Checks: what holds, what does not, in words without the data."""

from typing import Any

import pytest

pytestmark = pytest.mark.anyio


async def test_the_data_passes_unchanged(run: Any) -> None:
    outcome = await run("util.assert", {"conditions": [{"condition": "len(input) == 2"}]}, [1, 2])
    assert (outcome.value, outcome.ports) == ([1, 2], ("output",))
    assert (await run("util.assert", {}, "x")).value == "x"


async def test_everything_that_does_not_hold_is_told_at_once(refused: Any) -> None:
    config = {
        "conditions": [{"condition": "input.secret == 'a'"}, {"condition": "true"}, {"condition": "false", "message": "never"}],
        "rules": [{"field": "n", "comparison": "greater", "value": 5}, {"comparison": "exists"}],
    }
    error = await refused("util.assert", config, {"secret": "hidden", "n": 1})
    assert error.message == "condition 1 is not true; never; rule 1 does not hold: n greater"
    assert (error.code, error.retryable, len(error.details["failed"])) == ("ASSERTION_FAILED", False, 3)
