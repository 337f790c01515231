"""Which folders a workspace may use, and their files as its executions use them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.adapters.rooted_files import Quota, RootedFiles
from app.sdk import BlockError, StoredFile, WriteMode

MEGABYTE = 1_000_000
MAX_FILES = 20_000
LONGEST = 1_400_000
"""What still fits into a value of an execution, in base64."""


class FileStore:
    """The workspaces' own storage below `directory`, and the folders that the operator has opened, by name."""

    def __init__(self, directory: Path, folders: Mapping[str, str], megabytes: int) -> None:
        self._directory = directory.resolve() / "files"
        self._folders = dict(folders)
        self._quota = Quota(megabytes * MEGABYTE, MAX_FILES)

    def of(self, workspace_id: str) -> WorkspaceFiles:
        return WorkspaceFiles(self, workspace_id)

    def place(self, workspace_id: str, name: str) -> RootedFiles:
        """BlockError FOLDER_UNKNOWN when the operator has opened none of this name."""
        if not name:
            return RootedFiles(self._directory / workspace_id, makes_root=True, quota=self._quota)
        path = self._folders.get(name)
        if path is None:
            known = ", ".join(sorted(self._folders)) or "none"
            message = f"field `folder`: the operator has opened no folder `{name[:100]}` (there are: {known})"
            raise BlockError("FOLDER_UNKNOWN", message, details={"field": "folder"}, retryable=False)
        return RootedFiles(Path(path.replace("{workspace}", workspace_id)))


@dataclass(frozen=True, slots=True)
class WorkspaceFiles:
    """The sdk's Files for one workspace."""

    store: FileStore
    workspace_id: str

    async def read(self, place: str, path: str, offset: int = 0, length: int | None = None) -> bytes:
        return await asyncio.to_thread(self._at(place).read, path, offset, length, LONGEST)

    async def write(self, place: str, path: str, content: bytes, mode: WriteMode) -> StoredFile:
        return await asyncio.to_thread(self._at(place).write, path, content, mode)

    async def find(self, place: str, path: str, pattern: str, deep: bool, limit: int) -> Sequence[StoredFile]:
        return await asyncio.to_thread(self._at(place).find, path, pattern, deep, limit)

    async def look(self, place: str, path: str) -> StoredFile | None:
        return await asyncio.to_thread(self._at(place).look, path)

    async def move(self, place: str, path: str, to: str, *, replace: bool) -> StoredFile:
        return await asyncio.to_thread(self._at(place).move, path, to, replace)

    async def copy(self, place: str, path: str, to: str, *, replace: bool) -> StoredFile:
        return await asyncio.to_thread(self._at(place).copy, path, to, replace)

    async def delete(self, place: str, path: str) -> bool:
        return await asyncio.to_thread(self._at(place).delete, path)

    async def locate(self, place: str, path: str, *, make: bool) -> str:
        return str(await asyncio.to_thread(self._at(place).locate, path, make=make))

    def _at(self, place: str) -> RootedFiles:
        return self.store.place(self.workspace_id, place)
