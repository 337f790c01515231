"""How many requests a caller may make: a bucket for each that fills again evenly."""

from __future__ import annotations

import time
from collections import OrderedDict

REMEMBERED = 10_000


class RateLimit:
    """`per_minute` requests, all at once or spread; 0 switches it off. The least recently seen callers are forgotten."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def begin(self, caller: str, left: float) -> None:
        """Say how many requests a caller has left just now."""
        self._buckets[caller] = left, time.monotonic()

    def take(self, caller: str) -> float:
        """0 when this request may pass, else the seconds after which the next one may."""
        if not self._per_minute:
            return 0.0
        now, rate = time.monotonic(), self._per_minute / 60
        left, since = self._buckets.pop(caller, (float(self._per_minute), now))
        left = min(float(self._per_minute), left + (now - since) * rate)
        passes = left >= 1
        self._buckets[caller] = (left - 1 if passes else left, now)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        return 0.0 if passes else (1 - left) / rate
