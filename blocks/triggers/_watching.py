"""What triggers that look around by themselves have in common."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from app.sdk import Config, Context, Json, Output

SHORTEST_SECONDS = 1
LONGEST_SECONDS = 86_400


class PollConfig(Config):
    """A trigger that looks again and again."""

    interval_seconds: int = Field(
        60, title="Look every", ge=SHORTEST_SECONDS, le=LONGEST_SECONDS, description="Seconds from one look to the next."
    )


async def pass_on(context: Context, config: Any, value: Json) -> Output:
    """What the trigger has found is its output."""
    return Output(value)
