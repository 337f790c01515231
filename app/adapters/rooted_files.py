"""Files below one directory, and no others: every step of a path is opened by itself, and links are never followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from uuid import uuid4

from app.adapters.file_paths import TEMPORARY, joined, missing, refused, steps, told
from app.sdk import BlockError, StoredFile, WriteMode

MAX_LOOKED_AT = 50_000
MAX_DEPTH = 20
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
COPIED = 1 << 20


@dataclass(frozen=True, slots=True)
class Quota:
    """How much may lie below a directory."""

    bytes: int
    files: int


class RootedFiles:
    """What lies below `root`. Every failure is a BlockError that names the path as it was given."""

    def __init__(self, root: Path, *, makes_root: bool = False, quota: Quota | None = None) -> None:
        self._root = root
        self._makes_root = makes_root
        self._quota = quota

    def read(self, path: str, offset: int, length: int | None, longest: int) -> bytes:
        """BlockError FILE_TOO_LARGE when it is longer than `longest` and no part of it is asked for."""
        with self._parent(path) as (parent, name), self._opened(parent, name, path) as file:
            size = os.fstat(file).st_size
            wanted = max(0, size - offset) if length is None else length
            if wanted > longest:
                raise refused("FILE_TOO_LARGE", path, f"has {size:,} bytes; read it in parts of at most {longest:,}")
            return _read(file, offset, wanted)

    def write(self, path: str, content: bytes, mode: WriteMode) -> StoredFile:
        """Whole or not at all, but for what is appended; on disk when this returns."""
        with self._parent(path, make=True) as (parent, name):
            old = _kind_of(parent, name, path)
            if mode == "create" and old is not None:
                raise refused("FILE_EXISTS", path, "is there already")
            self._check_quota(len(content), path)
            if mode == "append":
                _append(parent, name, content, path)
            else:
                _put(parent, name, [content], must_be_new=mode == "create", path=path)
            return _stored(joined(path), os.stat(name, dir_fd=parent, follow_symlinks=False))

    def find(self, path: str, pattern: str, deep: bool, limit: int) -> list[StoredFile]:
        """What is in a folder; links and what is neither file nor folder are left out."""
        with self._folder(steps(path, empty=True), path) as folder:
            found: list[StoredFile] = []
            for stored in self._walk(folder, "/".join(steps(path, empty=True)), deep, 0):
                if fnmatchcase(stored.name, pattern or "*"):
                    found.append(stored)
                if len(found) >= MAX_LOOKED_AT:
                    raise refused("TOO_MANY_FILES", path, f"has more than {MAX_LOOKED_AT:,} files")
        return sorted(found, key=lambda one: one.path)[:limit]

    def look(self, path: str) -> StoredFile | None:
        try:
            with self._parent(path) as (parent, name):
                found = _kind_of(parent, name, path)
        except BlockError as error:
            if error.code == "FILE_NOT_FOUND":
                return None
            raise
        return None if found is None else _stored(joined(path), found)

    def move(self, path: str, to: str, replace: bool) -> StoredFile:
        with self._parent(path) as (parent, name), self._parent(to, make=True) as (target, new_name):
            if _kind_of(parent, name, path) is None:
                raise missing(path)
            _check_target(target, new_name, to, replace)
            with told(to):
                os.rename(name, new_name, src_dir_fd=parent, dst_dir_fd=target)
            os.fsync(target)
            return _stored(joined(to), os.stat(new_name, dir_fd=target, follow_symlinks=False))

    def copy(self, path: str, to: str, replace: bool) -> StoredFile:
        with self._parent(path) as (parent, name), self._opened(parent, name, path) as file:
            self._check_quota(os.fstat(file).st_size, to)
            with self._parent(to, make=True) as (target, new_name):
                _check_target(target, new_name, to, replace)
                _put(target, new_name, _pieces(file), must_be_new=not replace, path=to)
                return _stored(joined(to), os.stat(new_name, dir_fd=target, follow_symlinks=False))

    def delete(self, path: str) -> bool:
        """A file, or an empty folder."""
        try:
            with self._parent(path) as (parent, name), told(path):
                found = _kind_of(parent, name, path)
                if found is None:
                    return False
                os.rmdir(name, dir_fd=parent) if stat.S_ISDIR(found.st_mode) else os.unlink(name, dir_fd=parent)
                return True
        except BlockError as error:
            if error.code == "FILE_NOT_FOUND":
                return False
            raise

    def locate(self, path: str, *, make: bool) -> Path:
        """Where a file lies on this machine, for libraries that open files themselves. `make`: it need not be there yet."""
        with self._parent(path, make=make) as (parent, name), told(path):
            if not make and _kind_of(parent, name, path) is None:
                raise missing(path)
            _kind_of(parent, name, path)  # no link, no device
            return Path(os.readlink(f"/proc/self/fd/{parent}")) / name

    # -- the way to a file -------------------------------------------------------------------------------------------

    @contextmanager
    def _parent(self, path: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
        """The folder in which a path ends, open, and the last name."""
        *before, name = steps(path)
        with self._folder(before, path, make=make) as folder:
            yield folder, name

    @contextmanager
    def _folder(self, names: list[str], path: str, *, make: bool = False) -> Iterator[int]:
        with told(path):
            if self._makes_root:
                self._root.mkdir(parents=True, exist_ok=True)
            folder = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for step in names:
                with told(path):
                    if make:
                        with suppress(FileExistsError):
                            os.mkdir(step, 0o750, dir_fd=folder)
                    inner = os.open(step, FOLDER, dir_fd=folder)
                os.close(folder)
                folder = inner
            yield folder
        finally:
            os.close(folder)

    @contextmanager
    def _opened(self, parent: int, name: str, path: str) -> Iterator[int]:
        """A file, open for reading; BlockError when it is something else."""
        with told(path):
            file = os.open(name, os.O_RDONLY | FILE, dir_fd=parent)
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise refused("NOT_A_FILE", path, "is no file")
            yield file
        finally:
            os.close(file)

    def _walk(self, folder: int, path: str, deep: bool, depth: int) -> Iterator[StoredFile]:
        for entry in sorted(os.listdir(folder)):
            if entry.startswith(TEMPORARY):
                continue
            try:
                entry.encode()
                found = os.stat(entry, dir_fd=folder, follow_symlinks=False)
            except (UnicodeEncodeError, FileNotFoundError):
                continue
            if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
                continue
            own = f"{path}/{entry}" if path else entry
            yield _stored(own, found)
            if deep and stat.S_ISDIR(found.st_mode) and depth < MAX_DEPTH:
                with suppress(OSError):  # it became something else, or is gone
                    inner = os.open(entry, FOLDER, dir_fd=folder)
                    try:
                        yield from self._walk(inner, own, deep, depth + 1)
                    finally:
                        os.close(inner)

    def _check_quota(self, more: int, path: str) -> None:
        if self._quota is None:
            return
        used, number = more, 1
        with self._folder([], path) as folder:
            for stored in self._walk(folder, "", True, 0):
                used, number = used + (0 if stored.is_folder else stored.size), number + 1
        if used > self._quota.bytes or number > self._quota.files:
            limit = f"{self._quota.bytes:,} bytes and {self._quota.files:,} files"
            raise refused("STORAGE_FULL", path, f"does not fit any more: this workspace may store {limit}")


def _read(file: int, offset: int, length: int) -> bytes:
    pieces, left = [], length
    while left > 0 and (piece := os.pread(file, min(left, COPIED), offset)):
        pieces.append(piece)
        offset, left = offset + len(piece), left - len(piece)
    return b"".join(pieces)


def _pieces(file: int) -> Iterator[bytes]:
    offset = 0
    while piece := os.pread(file, COPIED, offset):
        yield piece
        offset += len(piece)


def _put(parent: int, name: str, pieces: Iterator[bytes] | list[bytes], *, must_be_new: bool, path: str) -> None:
    """Write beside it first, so that nobody ever finds half a file."""
    temporary = f"{TEMPORARY}{uuid4().hex}"
    with told(path):
        file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | FILE, 0o640, dir_fd=parent)
        try:
            with os.fdopen(file, "wb") as stream:
                for piece in pieces:
                    stream.write(piece)
                stream.flush()
                os.fsync(stream.fileno())
            if must_be_new:
                os.link(temporary, name, src_dir_fd=parent, dst_dir_fd=parent, follow_symlinks=False)
            else:
                os.rename(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=parent)
        os.fsync(parent)


def _append(parent: int, name: str, content: bytes, path: str) -> None:
    with told(path):
        file = os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | FILE, 0o640, dir_fd=parent)
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise refused("NOT_A_FILE", path, "is no file")
            view = memoryview(content)
            while view:
                view = view[os.write(file, view) :]
            os.fsync(file)
        finally:
            os.close(file)


def _kind_of(parent: int, name: str, path: str) -> os.stat_result | None:
    """What a name stands for; BlockError for a link or a device."""
    try:
        found = os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        raise refused("NOT_A_FILE", path, "is a link or a device, which is not followed")
    return found


def _check_target(parent: int, name: str, path: str, replace: bool) -> None:
    found = _kind_of(parent, name, path)
    if found is not None and (not replace or stat.S_ISDIR(found.st_mode)):
        raise refused("FILE_EXISTS", path, "is there already")


def _stored(path: str, found: os.stat_result) -> StoredFile:
    is_folder = stat.S_ISDIR(found.st_mode)
    moment = datetime.fromtimestamp(found.st_mtime, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return StoredFile(path, path.rpartition("/")[2], 0 if is_folder else found.st_size, moment, is_folder)
