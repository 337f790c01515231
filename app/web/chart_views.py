"""The chart of a workflow's last days as shapes for an SVG. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.services.charts import Day

HEIGHT: Final = 64
WIDTH: Final = 20
GAP: Final = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: a bar for its runs, the lower part of it for failures, and where the line of durations passes."""

    x: int
    y: float
    height: float
    failed_y: float
    failed_height: float
    p95_y: float | None
    day: Day


@dataclass(frozen=True, slots=True)
class Chart:
    bars: tuple[Bar, ...]
    width: int
    height: int
    line: str
    runs: int
    failures: int


def chart(days: Sequence[Day]) -> Chart:
    """Bars as high as the day's runs, and a line through the 95th percentiles."""
    most = max([1, *(day.runs for day in days)])
    slowest = max([1.0, *(day.p95_ms or 0 for day in days)])
    bars = []
    for number, day in enumerate(days):
        height, failed = HEIGHT * day.runs / most, HEIGHT * day.failures / most
        p95 = None if day.p95_ms is None else round(HEIGHT - (HEIGHT - 6) * day.p95_ms / slowest, 1)
        x, tops = number * (WIDTH + GAP), (round(HEIGHT - height, 1), round(HEIGHT - failed, 1))
        bars.append(Bar(x, tops[0], round(height, 1), tops[1], round(failed, 1), p95, day))
    points = [f"{bar.x + WIDTH / 2:g},{bar.p95_y:g}" for bar in bars if bar.p95_y is not None]
    width = len(days) * (WIDTH + GAP) - GAP
    return Chart(tuple(bars), width, HEIGHT, " ".join(points), sum(day.runs for day in days), sum(day.failures for day in days))
