"""The data that a block works on: a field of its configuration, or else its input."""

from __future__ import annotations

from pydantic import Field

from app.sdk import AnyJson, Config, Json


class SourceConfig(Config):
    """What blocks that work on one value have in common."""

    source: AnyJson = Field(
        None, title="Data", description="What to work on, for example {{ input.body }}. Left out, it is the input of the block."
    )

    def data(self, value: Json) -> Json:
        """What to work on, given the block's input."""
        return self.source if "source" in self.model_fields_set else value
