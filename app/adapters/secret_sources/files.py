"""Secrets in files below one directory, as container platforms mount them. No path leads out of it."""

from __future__ import annotations

import asyncio
import os
import re
import stat
from pathlib import Path

from app.adapters.secret_sources.base import MAX_BYTES, SourceError

PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
MAX_PARTS = 10


class FileSource:
    """Implements SecretSource. `{workspace}` in the directory's path stands for the workspace's id."""

    name = "file"
    title = "File on the server"
    example = "shop/api-key"

    def __init__(self, directory: str) -> None:
        self._directory = directory

    def check(self, reference: str, workspace_id: str) -> None:
        parts = reference.split("/")
        if len(parts) > MAX_PARTS or not all(PART.fullmatch(part) for part in parts):
            raise SourceError("this is no path such as shop/api-key; it is read below the operator's directory")

    async def read(self, reference: str, workspace_id: str) -> str:
        self.check(reference, workspace_id)
        return await asyncio.to_thread(self._read, reference, workspace_id)

    def _read(self, reference: str, workspace_id: str) -> str:
        root = Path(self._directory.replace("{workspace}", workspace_id)).resolve()
        try:
            handle = os.open(root / reference, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            raise SourceError(f"there is no file {reference} that can be read") from None
        try:
            # What was really opened counts: links may lead from one file below the directory to another, but not out of it.
            opened = Path(f"/proc/self/fd/{handle}").resolve()
            if not opened.is_relative_to(root) or not stat.S_ISREG(os.fstat(handle).st_mode):
                raise SourceError(f"there is no file {reference} that can be read")
            content = os.read(handle, MAX_BYTES + 1)
        finally:
            os.close(handle)
        return _text(reference, content)


def _text(reference: str, content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise SourceError(f"the file {reference} is too long for a secret: at most {MAX_BYTES:,} bytes")
    try:
        text = content.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise SourceError(f"the file {reference} is not text in UTF-8") from None
    if not text:
        raise SourceError(f"the file {reference} is empty")
    return text
