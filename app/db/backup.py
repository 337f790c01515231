"""A copy of the database and of the stored files, taken while the server works, and the way back.

One file: a tar whose last member is a list of checksums. Written and read from front to back, in pieces.
"""

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

from app.db.backup_files import FOLDER, PIECE, Changed, Tally, add_files, forget_members, take_file

DATABASE, KEY, MANIFEST = "blockyard.db", "secret.key", "manifest.json"
FORMAT = 2
"""Version 1 had the manifest first, and no files."""
LARGEST_MANIFEST = 100_000


class BackupError(Exception):
    """A file is no whole backup, or there is no place for it."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says about itself: a checksum for each of its members, and one for all files together."""

    format: int
    created_at: str
    schema: str
    members: dict[str, str]
    file_count: int = 0
    files: str = Tally().checksum


def write_backup(data: Path, file: Path, *, with_key: bool) -> Manifest:
    """Copy the database and the files of a data directory into a new file. Raises BackupError."""
    if file.exists():
        raise BackupError(f"{file} is there already.")
    if not (data / DATABASE).is_file():
        raise BackupError(f"There is no database in {data}.")
    with tempfile.TemporaryDirectory(dir=file.absolute().parent) as folder:
        copy = Path(folder) / DATABASE
        _copy(data / DATABASE, copy)
        members = {DATABASE: copy} | ({KEY: data / KEY} if with_key and (data / KEY).exists() else {})
        sums = {name: _sum(path) for name, path in members.items()}
        schema, now = _check(copy), datetime.now(UTC).isoformat()
        draft = Path(folder) / "backup"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            with tarfile.open(fileobj=stream, mode="w") as archive:
                for name, path in members.items():
                    archive.add(path, arcname=name, recursive=False)
                try:
                    tally = add_files(archive, data)
                except Changed as changed:
                    raise BackupError(f"The file {changed} became shorter while it was copied. Please try again.") from None
                manifest = Manifest(FORMAT, now, schema, sums, tally.count, tally.checksum)
                _add_text(archive, MANIFEST, json.dumps(asdict(manifest), indent=2))
            stream.flush()
            os.fsync(stream.fileno())
        draft.rename(file)
    return manifest


def check_backup(file: Path) -> Manifest:
    """Read a backup to its end and compare every checksum. Raises BackupError."""
    with tempfile.TemporaryDirectory() as folder:
        return _unpack(file, Path(folder), keeps_files=False)


def restore_backup(file: Path, data: Path) -> Manifest:
    """Put what is in a backup, and its key where it has one, into a data directory that has nothing of it. Raises BackupError."""
    data.mkdir(parents=True, exist_ok=True)
    os.chmod(data, 0o700)
    with tempfile.TemporaryDirectory(dir=data) as folder:
        manifest = _unpack(file, Path(folder), keeps_files=True)
        names = [*([FOLDER] if manifest.file_count else []), *(name for name in manifest.members if name != DATABASE), DATABASE]
        for name in names:
            if (data / name).exists():
                raise BackupError(f"{data / name} is there already. Restore into an empty directory.")
        for name in names:
            os.chmod(Path(folder) / name, 0o700 if name == FOLDER else 0o600)
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


def _unpack(file: Path, folder: Path, *, keeps_files: bool) -> Manifest:
    """Everything of a backup below `folder`, where nobody else is; nothing of it is used before all checksums are right."""
    manifest, tally = None, Tally()
    try:
        with tarfile.open(file, mode="r:") as archive:
            while (member := archive.next()) is not None:
                forget_members(archive)
                if member.name == MANIFEST:
                    manifest = _manifest(archive, member)
                elif member.name in (DATABASE, KEY):
                    _extract(archive, member, folder / member.name)
                else:
                    take_file(archive, member, folder if keeps_files else None, tally)
    except (tarfile.TarError, OSError, ValueError, TypeError):
        raise BackupError(f"{file} is no whole backup.") from None
    if manifest is None or {entry.name for entry in folder.iterdir()} - {FOLDER} != set(manifest.members):
        raise BackupError(f"{file} is no whole backup.")
    for name, expected in manifest.members.items():
        if _sum(folder / name) != expected:
            raise BackupError(f"{name} in this backup does not have the checksum that it had.")
    if (tally.count, tally.checksum) != (manifest.file_count, manifest.files):
        raise BackupError("The files in this backup do not have the checksum that they had.")
    if _check(folder / DATABASE) != manifest.schema:
        raise BackupError("This backup has another schema than it says.")
    return manifest


def _manifest(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Manifest:
    stream = archive.extractfile(member) if member.isreg() else None
    if stream is None or member.size > LARGEST_MANIFEST:
        raise ValueError
    manifest = Manifest(**json.loads(stream.read()))
    if manifest.format not in (1, FORMAT) or DATABASE not in manifest.members or not set(manifest.members) <= {DATABASE, KEY}:
        raise ValueError
    return manifest


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    """By name only: what the archive says about paths, owners and links is not looked at."""
    stream = archive.extractfile(member) if member.isreg() else None
    if stream is None:
        raise ValueError
    with target.open("xb") as file:
        while piece := stream.read(PIECE):
            file.write(piece)


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode()
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
