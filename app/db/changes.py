"""Whether anything was written since, asked with every call; shared by all processes over one file."""

from __future__ import annotations

import mmap
from pathlib import Path

SLOT_BYTES = 8
SLOTS = 16
"""The first belongs to the server, one to each of its workers; nobody writes into another's."""


class Changes:
    """Counters that only grow. Two equal marks mean that nothing was changed between them."""

    def __init__(self) -> None:
        self._counters: bytearray | mmap.mmap = bytearray(SLOT_BYTES)
        self._slot = 0

    def share(self, path: Path, slot: int) -> None:
        """Count in a file from now on. Nothing may have asked for a mark before."""
        if not 0 <= slot < SLOTS:
            raise ValueError(f"there are {SLOTS} slots")
        with path.open("ab") as file:
            file.truncate(SLOT_BYTES * SLOTS)
        with path.open("r+b") as file:
            self._counters = mmap.mmap(file.fileno(), SLOT_BYTES * SLOTS)
        self._slot = slot * SLOT_BYTES

    def add(self) -> None:
        """Something was changed."""
        place = slice(self._slot, self._slot + SLOT_BYTES)
        count = int.from_bytes(self._counters[place], "little") + 1
        self._counters[place] = count.to_bytes(SLOT_BYTES, "little")

    @property
    def mark(self) -> bytes:
        return bytes(self._counters[:])
