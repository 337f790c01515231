"""The files that workspaces store, as members of a backup: one after the other, never as a whole in memory."""

from __future__ import annotations

import hashlib
import os
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

FOLDER = "files"
UNFINISHED = ".writing-"
"""Begins the names of files that somebody is writing just now."""
PIECE = 1 << 20
ONLY_HERE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Changed(Exception):
    """A file became shorter while it was read."""


@dataclass
class Tally:
    """How many files there were, and one checksum over names and contents, in their order."""

    count: int = 0
    _sum: hashlib._Hash = field(default_factory=hashlib.sha256)

    def add(self, name: str, size: int, content: str) -> None:
        self.count += 1
        self._sum.update(f"{content} {size} {name}\n".encode("utf-8", "surrogateescape"))

    @property
    def checksum(self) -> str:
        return self._sum.hexdigest()


class Summed:
    """A stream that computes the checksum of what is read from it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._sum = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(size)
        self._sum.update(piece)
        return piece

    @property
    def checksum(self) -> str:
        return self._sum.hexdigest()


def add_files(archive: tarfile.TarFile, data: Path) -> Tally:
    """Put every stored file into the archive. What is deleted meanwhile is left out; links are never followed."""
    tally = Tally()
    for name, handle in _stored(data / FOLDER):
        with os.fdopen(handle, "rb") as stream:
            found = os.fstat(stream.fileno())
            entry = tarfile.TarInfo(f"{FOLDER}/{name}")
            entry.size, entry.mtime, entry.mode = found.st_size, found.st_mtime, 0o600
            summed = Summed(stream)
            try:
                archive.addfile(entry, summed)
            except OSError as error:
                raise Changed(name) from error
            forget_members(archive)
            tally.add(entry.name, entry.size, summed.checksum)
    return tally


def take_file(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path | None, tally: Tally) -> None:
    """Read one stored file, and put it below `folder` where one is given. Raises ValueError for what is none."""
    steps = member.name.split("/")
    stream = archive.extractfile(member) if member.isreg() else None
    if stream is None or steps[0] != FOLDER or len(steps) < 3 or any(step in ("", ".", "..") or "\0" in step for step in steps):
        raise ValueError
    summed = Summed(stream)
    if folder is None:
        while summed.read(PIECE):
            pass
    else:
        target = folder.joinpath(*steps)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            while piece := summed.read(PIECE):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        os.utime(target, (member.mtime, member.mtime))
    tally.add(member.name, member.size, summed.checksum)


def forget_members(archive: tarfile.TarFile) -> None:
    """Archives remember every member that was written or read; there may be millions."""
    vars(archive)["members"].clear()


def _stored(folder: Path) -> Iterator[tuple[str, int]]:
    """The name and an open handle of every whole file, in the order of their names."""
    if not folder.is_dir():
        return
    for place, folders, names, parent in os.fwalk(folder, follow_symlinks=False):
        folders.sort()
        for name in sorted(name for name in names if not name.startswith(UNFINISHED)):
            try:
                handle = os.open(name, ONLY_HERE, dir_fd=parent)
            except OSError:
                continue  # gone meanwhile, or a link
            if stat.S_ISREG(os.fstat(handle).st_mode):
                yield str((Path(place) / name).relative_to(folder)), handle
            else:
                os.close(handle)
