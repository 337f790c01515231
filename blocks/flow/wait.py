"""Waits for a while, or until a moment, then passes its input on.

Waiting costs nothing and survives a restart of the server: an hour or a month, the workflow goes on when it is time.
"""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, ValidationInfo, field_validator

from app.sdk import Block, Config, Context, Example, Json, Wait
from blocks.flow._times import LONGEST_SECONDS, moment


class WaitConfig(Config):
    """Configuration of the wait: exactly one of both fields."""

    seconds: float | None = Field(
        None,
        title="Seconds",
        ge=0,
        le=LONGEST_SECONDS,
        json_schema_extra={"initial": 60},
        description="How long to wait: 60 is a minute, 3600 an hour, 86400 a day.",
    )
    until: str | None = Field(
        None,
        title="Until",
        validate_default=True,
        json_schema_extra={"placeholder": "2026-12-24T18:00:00Z"},
        description="Or the moment to wait for, such as 2026-12-24T18:00:00Z. Without a zone it is UTC.",
    )

    @field_validator("until")
    @classmethod
    def _one_of_both(cls, until: str | None, info: ValidationInfo) -> str | None:
        if until:
            moment(until)
        if "seconds" not in info.data:
            return until
        if until and info.data["seconds"] is not None:
            raise ValueError("cannot be given together with seconds")
        if not until and info.data["seconds"] is None:
            raise ValueError("or the seconds are needed")
        return until


async def execute(context: Context, config: WaitConfig, value: Json) -> Wait:
    until = moment(config.until) if config.until else context.now() + timedelta(seconds=config.seconds or 0)
    return Wait(until, value)


BLOCK = Block(
    type="flow.wait",
    title="Wait",
    category="Flow",
    icon="clock",
    description="Waits for a while, or until a moment.",
    config=WaitConfig,
    execute=execute,
    waits=True,
    output_schema={"description": "Its input, unchanged."},
    examples=(
        Example("One minute", {"seconds": 60}, input={"order": 7}, output={"order": 7}),
        Example("Until Christmas Eve", {"until": "2026-12-24T18:00:00Z"}, input="gift", output="gift"),
    ),
)
