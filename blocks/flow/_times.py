"""Moments and time limits of blocks that wait."""

from __future__ import annotations

from datetime import UTC, datetime

LONGEST_SECONDS = 31_536_000
"""A year."""


def moment(text: str) -> datetime:
    """An ISO time as a moment; without a zone it is UTC. ValueError in plain words."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a date and time such as 2026-12-24T18:00:00Z") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
