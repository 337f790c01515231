"""Packing and unpacking archives in a worker process, with guards: nothing is ever written to a disk."""

from __future__ import annotations

import fnmatch
import gzip
import io
import mimetypes
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from app.sdk import BlockError, File, Json

MAX_FILES = 1_000
MAX_UNPACKED = 1_400_000
"""All content together. A value of a workflow cannot be larger, and base64 needs a third more."""
LONGEST_NAME = 300
Entry = tuple[str, int, IO[bytes] | None]


def names(source: Json) -> Json:
    """`{name, size}` of every file."""
    return [{"name": name, "size": size} for name, size, _ in _entries(File.of(source, "source"), read=False)]


def unpack(source: Json, pattern: str) -> Json:
    """The files whose names fit."""
    found: list[Json] = []
    left = MAX_UNPACKED
    for name, _, content in _entries(File.of(source, "source"), read=True):
        if content is None or (pattern and not fnmatch.fnmatchcase(name, pattern)):
            continue
        data = content.read(left + 1)
        left -= len(data)
        if left < 0:
            raise BlockError("ARCHIVE_TOO_LARGE", f"field `source`: unpacks to more than {MAX_UNPACKED:,} bytes")
        found.append(File(name, mimetypes.guess_type(name)[0] or "application/octet-stream", data).value())
    return found


def _entries(file: File, *, read: bool) -> Iterator[Entry]:
    """Name, size and content of every ordinary file, whatever the archive's kind."""
    content = io.BytesIO(file.content)
    try:
        if zipfile.is_zipfile(content):
            found = _zip(content, read=read)
        elif file.content[:2] == b"\x1f\x8b" and not _is_tar(content):
            found = _gzip(file)
        else:
            found = _tar(content, read=read)
        for number, entry in enumerate(found):
            if number == MAX_FILES:
                raise BlockError("ARCHIVE_TOO_LARGE", f"field `source`: more than {MAX_FILES:,} files")
            yield entry
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, NotImplementedError, ValueError):
        raise BlockError("ARCHIVE_INVALID", "field `source`: this is not a whole zip, tar, tar.gz or gz file") from None
    except RuntimeError:
        raise BlockError("ARCHIVE_INVALID", "field `source`: the archive is encrypted") from None


def _zip(content: io.BytesIO, *, read: bool) -> Iterator[Entry]:
    with zipfile.ZipFile(content) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            if stat.S_ISLNK(info.external_attr >> 16):
                raise BlockError("ARCHIVE_UNSAFE", "field `source`: links inside an archive are not allowed")
            name = _safe(info.filename)
            if not read:
                yield name, info.file_size, None
                continue
            with archive.open(info) as opened:
                yield name, info.file_size, opened


def _is_tar(content: io.BytesIO) -> bool:
    content.seek(0)
    try:
        with tarfile.open(fileobj=content, mode="r:gz") as archive:
            archive.next()
        return True
    except (tarfile.TarError, EOFError, OSError, zlib.error):
        return False
    finally:
        content.seek(0)


def _tar(content: io.BytesIO, *, read: bool) -> Iterator[Entry]:
    content.seek(0)
    with tarfile.open(fileobj=content, mode="r:*") as archive:
        for info in archive:
            if info.isdir():
                continue
            if not info.isreg():
                raise BlockError("ARCHIVE_UNSAFE", "field `source`: links and devices inside an archive are not allowed")
            yield _safe(info.name), info.size, archive.extractfile(info) if read else None


def _gzip(file: File) -> Iterator[Entry]:
    with gzip.GzipFile(fileobj=io.BytesIO(file.content)) as opened:
        yield _safe(file.name.removesuffix(".gz") or "file"), 0, opened  # type: ignore[misc]  # it is a readable file


def _safe(name: str) -> str:
    """The name, or BlockError when it leads out of the archive."""
    parts = name.split("/")
    unsafe = name.startswith("/") or "\\" in name or "\x00" in name or ".." in parts or ":" in parts[0] or not name.strip("/.")
    if unsafe or len(name) > LONGEST_NAME:
        raise BlockError("ARCHIVE_UNSAFE", "field `source`: a file in the archive has a name that leads out of it")
    return "/".join(part for part in parts if part not in ("", "."))


def pack(sources: list[Json], kind: str, filename: str) -> Json:
    """One archive of files; equal files always give the same bytes."""
    files = [File.of(source, f"source.{number}") for number, source in enumerate(sources)]
    if len(files) > MAX_FILES:
        raise BlockError("ARCHIVE_TOO_LARGE", f"field `source`: at most {MAX_FILES:,} files are allowed")
    if kind == "gz":
        if len(files) != 1:
            raise BlockError("ARCHIVE_INVALID", "field `source`: gz packs exactly one file; choose zip or tar.gz")
        return File(filename or f"{files[0].name}.gz", "application/gzip", _gzipped(files[0].content)).value()
    named = _unique(files)
    if kind == "zip":
        return File(filename or "files.zip", "application/zip", _zipped(named)).value()
    return File(filename or "files.tar.gz", "application/gzip", _gzipped(_tarred(named))).value()


def _gzipped(data: bytes) -> bytes:
    content = io.BytesIO()
    with gzip.GzipFile("", "wb", fileobj=content, mtime=0) as packed:
        packed.write(data)
    return content.getvalue()


def _unique(files: list[File]) -> dict[str, bytes]:
    named: dict[str, bytes] = {}
    for file in files:
        name, number = _safe(file.name), 2
        stem, dot, ending = name.rpartition(".")
        while name in named:
            name, number = (f"{stem}-{number}.{ending}" if dot else f"{file.name}-{number}"), number + 1
        named[name] = file.content
    return named


def _zipped(named: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in named.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    return content.getvalue()


def _tarred(named: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name, data in named.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return content.getvalue()
