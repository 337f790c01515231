"""Steps as rows and packed beside their execution are the same steps."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.db.step_rows import MAX_PACKED_BYTES, finished_row, packed, unpacked
from app.engine.events import Failure, StepFinished
from app.engine.values import encode
from tests.support.journals import NOW, finished, parked

STEPS = [
    finished("start", 1, {"n": 1}),
    finished("answer", 2, {"a": [1, "ä"]}, response={"status": 200, "headers": {}, "body": [None, 1.5]}, log=("one", "two")),
    finished("work", 3, None, iteration="3/0", attempts=2, input=encode([1]), ports=()),
    finished("fails", 4, status="failed", error=Failure("CODE_ERROR", "no", "fails", retryable=False)),
    StepFinished(5, datetime(2026, 1, 2, 3, 4, 5, 678901, UTC), "stopped", "cancelled", NOW, 0.125),
]


def test_packed_steps_are_the_rows_they_would_have_been() -> None:
    assert unpacked("e", packed(STEPS)) == [finished_row("e", step) for step in STEPS]


@pytest.mark.parametrize("nothing", [None, packed([])], ids=["not packed", "no steps"])
def test_of_nothing_comes_nothing(nothing: bytes | None) -> None:
    assert unpacked("e", nothing) == []


def test_what_waits_or_is_large_is_not_packed() -> None:
    assert packed([*STEPS, parked("waits", NOW)]) is None
    large = "x" * (MAX_PACKED_BYTES // 2)
    assert packed([finished("a", 1, large), finished("b", 2, "small")]) is not None
    assert packed([finished("a", 1, large), finished("b", 2, large)]) is None
