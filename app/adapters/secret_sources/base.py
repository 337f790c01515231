"""What a place that holds secrets has to offer."""

from __future__ import annotations

from typing import Protocol

MAX_BYTES = 64_000


class SourceError(Exception):
    """A secret cannot be read; the message says why, and holds no secret."""


class SecretSource(Protocol):
    """A secret is named by a reference, which is no secret itself. `workspace_id` is of whoever asks."""

    @property
    def name(self) -> str:
        """As it is stored with a credential."""

    @property
    def title(self) -> str:
        """As people read it."""

    @property
    def example(self) -> str:
        """A reference, for people who have to write one."""

    def check(self, reference: str, workspace_id: str) -> None:
        """Raises SourceError for a reference that can never be read; nothing is asked."""

    async def read(self, reference: str, workspace_id: str) -> str:
        """The secret. Raises SourceError."""
