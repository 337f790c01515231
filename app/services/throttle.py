"""Slows down guessing: after a few failures for one key, further tries have to wait, longer each time."""

from __future__ import annotations

import time
from collections import OrderedDict

FREE_FAILURES = 5
FIRST_WAIT = 2.0
LONGEST_WAIT = 300.0
REMEMBERED = 10_000


class Throttle:
    """Counts failures by key in memory; the least recently seen keys are forgotten first."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, *keys: str) -> float:
        """Seconds that must pass before the next try is allowed; 0 when it is allowed now."""
        now = time.monotonic()
        return max(0.0, *(self._failures.get(key, (0, 0.0))[1] - now for key in keys))

    def failed(self, *keys: str) -> None:
        now = time.monotonic()
        for key in keys:
            count = self._failures.pop(key, (0, 0.0))[0] + 1
            excess = count - FREE_FAILURES
            pause = min(LONGEST_WAIT, FIRST_WAIT * 2.0**excess) if excess >= 0 else 0.0
            self._failures[key] = (count, now + pause)
        while len(self._failures) > REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, *keys: str) -> None:
        for key in keys:
            self._failures.pop(key, None)
