"""Cron lines as choices that people can make: from a line to a choice where it is one of these, and back. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

DAYS: Final = ((1, "Mo"), (2, "Tu"), (3, "We"), (4, "Th"), (5, "Fr"), (6, "Sa"), (0, "Su"))
RHYTHMS: Final = (
    ("minutes", "Every few minutes"),
    ("hour", "Every hour"),
    ("week", "On days of the week"),
    ("month", "Once a month"),
)
ALL_DAYS: Final = tuple(number for number, _ in DAYS)
STEPS: Final = (1, 2, 5, 10, 15, 20, 30)
TIME: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
NUMBER: Final = re.compile(r"[0-9]{1,2}")


@dataclass(frozen=True, slots=True)
class CronChoice:
    """`rhythm` is minutes, hour, week or month; the others matter for some of them."""

    rhythm: str = "week"
    step: int = 15
    minute: int = 0
    time: str = "09:00"
    days: tuple[int, ...] = (1, 2, 3, 4, 5)
    day: int = 1

    @property
    def line(self) -> str:
        """The cron line that says the same."""
        hour, minute = (int(part) for part in self.time.split(":"))
        if self.rhythm == "minutes":
            return "* * * * *" if self.step == 1 else f"*/{self.step} * * * *"
        if self.rhythm == "hour":
            return f"{self.minute} * * * *"
        if self.rhythm == "month":
            return f"{minute} {hour} {self.day} * *"
        return f"{minute} {hour} * * {_days(self.days)}"


def choice_of(line: str) -> CronChoice | None:
    """The choice that a line stands for; None where it says more than these choices can."""
    if not line.strip():
        return CronChoice()
    parts = line.split()
    if len(parts) != 5 or parts[3] != "*":
        return None
    minute, hour, day, _, week = parts
    if (hour, day, week) == ("*", "*", "*"):
        return _within_the_hour(minute)
    if not NUMBER.fullmatch(minute) or not NUMBER.fullmatch(hour) or int(minute) > 59 or int(hour) > 23:
        return None
    time = f"{int(hour):02}:{int(minute):02}"
    if day == "*":
        days = _read_days(week)
        return CronChoice("week", time=time, days=days) if days else None
    if week == "*" and NUMBER.fullmatch(day) and 1 <= int(day) <= 31:
        return CronChoice("month", time=time, day=int(day))
    return None


def posted_choice(rhythm: str, step: str, minute: str, time: str, days: list[str], day: str) -> CronChoice:
    """A choice as a form sends it; what does not fit has its default."""
    usual = CronChoice()
    known = tuple(number for number in ALL_DAYS if str(number) in days)
    found = TIME.fullmatch(time)
    return CronChoice(
        rhythm if rhythm in dict(RHYTHMS) else usual.rhythm,
        _whole(step, 1, 59, usual.step),
        _whole(minute, 0, 59, usual.minute),
        f"{int(found[1]):02}:{found[2]}" if found else usual.time,
        known or usual.days,
        _whole(day, 1, 31, usual.day),
    )


def _within_the_hour(minute: str) -> CronChoice | None:
    step = minute.removeprefix("*/")
    if minute == "*":
        return CronChoice("minutes", step=1)
    if step != minute and NUMBER.fullmatch(step) and 1 <= int(step) <= 59:
        return CronChoice("minutes", step=int(step))
    return CronChoice("hour", minute=int(minute)) if NUMBER.fullmatch(minute) and int(minute) <= 59 else None


def _whole(text: str, least: int, most: int, otherwise: int) -> int:
    return int(text) if NUMBER.fullmatch(text) and least <= int(text) <= most else otherwise


def _days(days: tuple[int, ...]) -> str:
    if set(days) == set(ALL_DAYS):
        return "*"
    return "1-5" if days == (1, 2, 3, 4, 5) else ",".join(str(day) for day in days)


def _read_days(text: str) -> tuple[int, ...]:
    """The days of `*`, `1-5` or `1,3,0`; empty for anything else."""
    if text == "*":
        return ALL_DAYS
    found: set[int] = set()
    for part in text.split(","):
        ends = part.split("-")
        if len(ends) > 2 or not all(re.fullmatch(r"[0-7]", end) for end in ends):
            return ()
        found |= {day % 7 for day in range(int(ends[0]), int(ends[-1]) + 1)}
    return tuple(number for number in ALL_DAYS if number in found)
