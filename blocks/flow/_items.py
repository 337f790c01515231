"""The list that a loop or a batch goes through."""

from __future__ import annotations

from pydantic import Field

from app.sdk import AnyJson, BlockError, Config, Json
from blocks.flow._values import kind_of

MAX_ITEMS = 10_000


class ItemsConfig(Config):
    """What blocks that go through a list have in common."""

    items: AnyJson = Field(
        None,
        title="Items",
        description="The list to go through, for example {{ input.orders }}. Left out, it is the input of the block.",
    )

    def list_of(self, value: Json) -> list[Json]:
        """The items, given the block's input. BlockError when that is no list, or one that is too long."""
        items = self.items if "items" in self.model_fields_set else value
        if not isinstance(items, list):
            raise BlockError("ITEMS_INVALID", f"field `items`: must be a list; this is {kind_of(items)}", retryable=False)
        if len(items) > MAX_ITEMS:
            message = f"field `items`: {len(items):,} items are too many; {MAX_ITEMS:,} are allowed"
            raise BlockError("TOO_MANY_ITEMS", message, retryable=False)
        return items
