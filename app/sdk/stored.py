"""Files of the workspace and of folders that the operator has opened, as blocks use them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from app.sdk.config import Json

WriteMode = Literal["create", "replace", "append"]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file or a folder; `path` leads to it from its place, `modified` is a moment in ISO 8601."""

    path: str
    name: str
    size: int
    modified: str
    is_folder: bool = False

    def as_json(self) -> dict[str, Json]:
        return {
            "path": self.path,
            "name": self.name,
            "size": self.size,
            "modified": self.modified,
            "is_folder": self.is_folder,
        }


class Files(Protocol):
    """Files below a place: the workspace's own storage (an empty name) or a folder that the operator has opened.

    A path never leads out of its place, whatever it says and whatever is a link there. BlockError names what cannot be done.
    """

    async def read(self, place: str, path: str, offset: int = 0, length: int | None = None) -> bytes: ...

    async def write(self, place: str, path: str, content: bytes, mode: WriteMode) -> StoredFile:
        """Write a file whole or not at all, or append to it, with the folders that lead to it."""

    async def find(self, place: str, path: str, pattern: str, deep: bool, limit: int) -> Sequence[StoredFile]:
        """What is in a folder, in the order of paths; `pattern` is a name with * and ?."""

    async def look(self, place: str, path: str) -> StoredFile | None:
        """One file or folder; None when there is none."""

    async def move(self, place: str, path: str, to: str, *, replace: bool) -> StoredFile: ...

    async def copy(self, place: str, path: str, to: str, *, replace: bool) -> StoredFile: ...

    async def delete(self, place: str, path: str) -> bool:
        """Remove a file, or a folder that is empty; False when there is none."""

    async def locate(self, place: str, path: str, *, make: bool) -> str:
        """Where a file lies on this machine, only for libraries that open files themselves. `make`: it need not be there yet."""
