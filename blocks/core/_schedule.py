"""What every schedule's fields must look like: cron line, time zone, moments."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

SHORTEST_INTERVAL_SECONDS = 60
CRON_FIELD = re.compile(r"[0-9A-Za-z*,/#?-]+")


def cron_line(line: str) -> str:
    """A cron line that has the right form. ValueError in plain words."""
    fields = line.split()
    if len(fields) != 5 or not all(CRON_FIELD.fullmatch(part) for part in fields):
        raise ValueError("must have five parts: minute, hour, day of month, month, day of week")
    return line


def time_zone(name: str) -> str:
    """A time zone that exists. ValueError in plain words."""
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ValueError("is not a known time zone") from None
    return name


def moment(text: str, zone: str) -> datetime:
    """An ISO time; without an offset of its own it is in this zone. ValueError in plain words."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a date and time such as 2026-01-31T09:00:00Z") from None
    return read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone))
