"""What a model's transport may know of secrets: how a call is signed, and what must not come back from it."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Protocol


class Signer(Protocol):
    """The secrets of one execution for calls of one address; remembers those that it gave out."""

    @property
    def trusted(self) -> bool:
        """True where the address is the operator's own, so that it may be private."""

    @property
    def used(self) -> Set[str]:
        """The secrets given out so far, to be masked in everything that comes back."""

    async def ready(self, text: str) -> None:
        """Fetch the tokens that have ended, of the credential and of those that a text names. Raises BlockError."""

    def headers(self) -> Mapping[str, str]:
        """The headers that sign a call. Raises BlockError for an unknown credential."""

    def reveal(self, text: str) -> str:
        """A text with its markers replaced by the secrets that they stand for."""


class Keys(Protocol):
    """The secrets of one execution."""

    def signer(self, url: str, credential: str, key_header: str, trusted: bool) -> Signer:
        """Signs calls below an address. `key_header`: where its protocol wants a bare key, empty for a bearer token."""
