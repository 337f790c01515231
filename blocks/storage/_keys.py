"""Where values that people store are kept, apart from what blocks remember for themselves: the same that the API shows."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from app.sdk import PRIVATE_NAMESPACES, Config
from blocks.core._fields import Text

Key = Annotated[Text, Field(min_length=1, max_length=500)]


class StoreConfig(Config):
    """A block that uses the store of the workspace."""

    namespace: str = Field(
        "global",
        title="Drawer",
        min_length=1,
        max_length=200,
        description="Keys in different drawers do not meet.",
    )

    @field_validator("namespace")
    @classmethod
    def _belongs_to_people(cls, namespace: str) -> str:
        if not namespace.isprintable() or namespace.startswith(PRIVATE_NAMESPACES):
            raise ValueError("this name belongs to blocks, which remember things there")
        return namespace
