"""Takes secrets out of what comes back from a model. A stream cuts words anywhere, so the end of a piece may be held back."""

from __future__ import annotations

from collections.abc import Callable, Set

from app.sdk import Json

SHORTEST_MASKED = 4
MASK = "***"


class Mask:
    """The secrets that were given out so far; asks for them anew each time, because a conversation may use more."""

    def __init__(self, used: Set[str]) -> None:
        self._used = used

    def __call__(self, value: Json) -> Json:
        """A value without secrets in its texts."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key): self(child) for key, child in value.items()}
        return [self(child) for child in value] if isinstance(value, list) else value

    def text(self, text: str) -> str:
        """A text without secrets."""
        for secret in self._secrets():
            text = text.replace(secret, MASK)
        return text

    def split(self, text: str) -> tuple[str, str]:
        """A text without secrets, and its end where one may have begun."""
        text = self.text(text)
        begun = max(
            (length for secret in self._secrets() for length in range(1, len(secret)) if text.endswith(secret[:length])),
            default=0,
        )
        return text[: len(text) - begun], text[len(text) - begun :]

    def _secrets(self) -> list[str]:
        return sorted((secret for secret in self._used if len(secret) >= SHORTEST_MASKED), key=len, reverse=True)


class MaskedStream:
    """Hands pieces of text on without the secrets in them."""

    def __init__(self, show: Callable[[str], None], mask: Mask) -> None:
        self._show = show
        self._mask = mask
        self._kept = ""

    def add(self, piece: str) -> None:
        """Hand on what is safe by now."""
        whole, self._kept = self._mask.split(self._kept + piece)
        if whole:
            self._show(whole)

    def end(self) -> None:
        """Hand on the rest: no secret was completed."""
        if self._kept:
            self._show(self._kept)
        self._kept = ""
