"""Names that a trigger listens for; `*` in a pattern stands for anything."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase


def fits_any(name: str, patterns: Sequence[str]) -> bool:
    """Whether one of the patterns fits. Without any pattern, everything does."""
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)
