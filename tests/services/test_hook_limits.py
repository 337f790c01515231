"""What is left of a webhook's calls, from what is known of the last minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.services.hook_limits import left_after

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds_ago", "left"),
    {
        "nothing was called": ([], 60.0),
        "all of them at once, just now": ([0.0] * 60, 0.0),
        "all of them at once, half a minute ago": ([30.0] * 60, 30.0),
        "one": ([10.0], 59.0),
        "one, just now": ([0.0], 59.0),
        "as many as come back, all the time": ([float(second) for second in range(60, 0, -1)], 1.0),
        "more than there may be": ([20.0] * 200, 20.0),
        "a clock that was put back": ([-5.0], 59.0),
    }.values(),
)
def test_what_is_left(seconds_ago: list[float], left: float) -> None:
    moments = [NOW - timedelta(seconds=seconds) for seconds in seconds_ago]
    assert left_after(moments, 60, NOW) == pytest.approx(left, abs=1.01 if left == 1.0 else 0.001)
