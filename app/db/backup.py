"""A copy of the whole database, taken while the server works, and the way back. One file: a tar with a list of checksums."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

DATABASE, KEY, MANIFEST = "blockyard.db", "secret.key", "manifest.json"
FORMAT = 1
LARGEST_MANIFEST = 100_000


class BackupError(Exception):
    """A file is no whole backup, or there is no place for it."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says about itself: a checksum for each of its members."""

    format: int
    created_at: str
    schema: str
    members: dict[str, str]


def write_backup(data: Path, file: Path, *, with_key: bool) -> Manifest:
    """Copy the database of a data directory into a new file. Raises BackupError."""
    if file.exists():
        raise BackupError(f"{file} is there already.")
    if not (data / DATABASE).is_file():
        raise BackupError(f"There is no database in {data}.")
    with tempfile.TemporaryDirectory(dir=file.absolute().parent) as folder:
        copy = Path(folder) / DATABASE
        _copy(data / DATABASE, copy)
        members = {DATABASE: copy} | ({KEY: data / KEY} if with_key and (data / KEY).exists() else {})
        sums = {name: _sum(path) for name, path in members.items()}
        manifest = Manifest(FORMAT, datetime.now(UTC).isoformat(), _check(copy), sums)
        draft = Path(folder) / "backup"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            with tarfile.open(fileobj=stream, mode="w") as archive:
                text = json.dumps(asdict(manifest), indent=2).encode()
                entry = tarfile.TarInfo(MANIFEST)
                entry.size = len(text)
                archive.addfile(entry, io.BytesIO(text))
                for name, path in members.items():
                    archive.add(path, arcname=name, recursive=False)
            stream.flush()
            os.fsync(stream.fileno())
        draft.rename(file)
    return manifest


def check_backup(file: Path) -> Manifest:
    """Read a backup to its end and compare every checksum. Raises BackupError."""
    with tempfile.TemporaryDirectory() as folder:
        return _unpack(file, Path(folder))


def restore_backup(file: Path, data: Path) -> Manifest:
    """Put the database of a backup, and its key where it has one, into a data directory that has none. Raises BackupError."""
    data.mkdir(parents=True, exist_ok=True)
    os.chmod(data, 0o700)
    with tempfile.TemporaryDirectory(dir=data) as folder:
        manifest = _unpack(file, Path(folder))
        for name in manifest.members:
            if (data / name).exists():
                raise BackupError(f"{data / name} is there already. Restore into an empty directory.")
        for name in manifest.members:
            os.chmod(Path(folder) / name, 0o600)
            (Path(folder) / name).rename(data / name)
    return manifest


def _copy(source: Path, target: Path) -> None:
    """SQLite's own way: a consistent copy, without keeping the server from writing."""
    there, here = sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30), sqlite3.connect(target)
    with closing(there) as origin, closing(here) as copy:
        origin.backup(copy, pages=2_000, sleep=0.01)
        copy.execute("PRAGMA journal_mode=DELETE")


def _check(database: Path) -> str:
    """The schema's version, after a look at every page. Raises BackupError."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            ((verdict,),) = connection.execute("PRAGMA integrity_check(1)").fetchall()
            version = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError:
        raise BackupError("The database in this backup cannot be read.") from None
    if verdict != "ok" or version is None:
        raise BackupError("The database in this backup is damaged.")
    return str(version[0])


def _unpack(file: Path, folder: Path) -> Manifest:
    try:
        with tarfile.open(file, mode="r:") as archive:
            members = {member.name: member for member in archive.getmembers()}
            manifest = _manifest(archive, members)
            for name in manifest.members:
                _extract(archive, members[name], folder / name)
    except (tarfile.TarError, OSError, KeyError, ValueError, TypeError):
        raise BackupError(f"{file} is no whole backup.") from None
    for name, expected in manifest.members.items():
        if _sum(folder / name) != expected:
            raise BackupError(f"{name} in this backup does not have the checksum that it had.")
    if _check(folder / DATABASE) != manifest.schema:
        raise BackupError("This backup has another schema than it says.")
    return manifest


def _manifest(archive: tarfile.TarFile, members: dict[str, tarfile.TarInfo]) -> Manifest:
    stream = archive.extractfile(members[MANIFEST])
    if stream is None or members[MANIFEST].size > LARGEST_MANIFEST:
        raise ValueError
    manifest = Manifest(**json.loads(stream.read()))
    if manifest.format != FORMAT or DATABASE not in manifest.members or not set(manifest.members) <= {DATABASE, KEY}:
        raise ValueError
    return manifest


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    """By name only: what the archive says about paths, owners and links is not looked at."""
    stream = archive.extractfile(member) if member.isreg() else None
    if stream is None:
        raise ValueError
    with target.open("wb") as file:
        while chunk := stream.read(1 << 20):
            file.write(chunk)


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
