"""The registry of block types, as far as the engine needs it."""

from __future__ import annotations

from typing import Protocol

from app.sdk import Block


class BlockTypes(Protocol):
    """A declaration by type name or alias."""

    def get(self, type: str) -> Block | None: ...
