"""Backups: what is damaged, or would write elsewhere, is refused, and nothing of it is put anywhere."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import tarfile
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.db.backup import BackupError, check_backup, restore_backup, write_backup


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with a database that somebody is writing into, and a key."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "secret.key").write_text("1:key")
    with closing(sqlite3.connect(folder / "blockyard.db")) as connection, connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('0006')")
        connection.execute("CREATE TABLE rows (text TEXT)")
        connection.executemany("INSERT INTO rows VALUES (?)", [("a row " * 50,)] * 500)
    return folder


def count(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "blockyard.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM rows").fetchone()[0])


def test_a_backup_holds_what_is_committed_and_nothing_of_a_write_under_way(data: Path, tmp_path: Path) -> None:
    writer = sqlite3.connect(data / "blockyard.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO rows VALUES ('under way')")
    manifest = write_backup(data, tmp_path / "file", with_key=False)
    writer.execute("COMMIT")
    writer.close()
    assert set(manifest.members) == {"blockyard.db"}
    restore_backup(tmp_path / "file", tmp_path / "new")
    assert (count(tmp_path / "new"), count(data)) == (500, 501)
    assert not (tmp_path / "new" / "secret.key").exists()


def test_the_key_goes_along_only_when_it_is_asked_for(data: Path, tmp_path: Path) -> None:
    write_backup(data, tmp_path / "file", with_key=True)
    restore_backup(tmp_path / "file", tmp_path / "new")
    assert (tmp_path / "new" / "secret.key").read_text() == "1:key"
    assert (tmp_path / "new" / "secret.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("damage", ["cut", "changed", "nothing", "text"])
def test_a_damaged_backup_is_refused(data: Path, tmp_path: Path, damage: str) -> None:
    file = tmp_path / "file"
    write_backup(data, file, with_key=False)
    whole = file.read_bytes()
    middle = len(whole) // 2
    damaged = {
        "cut": whole[:middle],
        "changed": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "nothing": b"",
        "text": b"no backup at all",
    }
    file.write_bytes(damaged[damage])
    with pytest.raises(BackupError):
        check_backup(file)
    with pytest.raises(BackupError):
        restore_backup(file, tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize("name", ["../escaped", "/tmp/escaped", "server.lock", "blockyard.db-wal"])
def test_a_backup_that_would_write_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    manifest = {"format": 1, "created_at": "", "schema": "0006", "members": {"blockyard.db": "", name: ""}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with tarfile.open(tmp_path / "file", "w") as archive:
        archive.add(tmp_path / "manifest.json", arcname="manifest.json")
        archive.add(tmp_path / "manifest.json", arcname=name)
    with pytest.raises(BackupError):
        restore_backup(tmp_path / "file", tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


def test_a_link_in_a_backup_is_not_followed(tmp_path: Path) -> None:
    manifest = {"format": 1, "created_at": "", "schema": "0006", "members": {"blockyard.db": ""}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with tarfile.open(tmp_path / "file", "w") as archive:
        archive.add(tmp_path / "manifest.json", arcname="manifest.json")
        link = tarfile.TarInfo("blockyard.db")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(BackupError):
        restore_backup(tmp_path / "file", tmp_path / "new")


def stored(data: Path, name: str, content: bytes) -> Path:
    file = data / "files" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def listed(folder: Path) -> dict[str, bytes]:
    below = folder / "files"
    return {str(file.relative_to(below)): file.read_bytes() for file in sorted(below.rglob("*")) if file.is_file()}


FILES = {"ada/reports/may.csv": b"a,b\n1,2\n", "ada/\u00e4 b.txt": b"", "bob/" + "deep/" * 25 + "x" * 200: b"x" * 3_000_000}


def test_stored_files_come_back_with_their_times(data: Path, tmp_path: Path) -> None:
    for name, content in FILES.items():
        os.utime(stored(data, name, content), (1_700_000_000.25, 1_700_000_000.25))
    manifest = write_backup(data, tmp_path / "file", with_key=False)
    assert (manifest.file_count, check_backup(tmp_path / "file")) == (3, manifest)
    restore_backup(tmp_path / "file", tmp_path / "new")
    assert listed(tmp_path / "new") == dict(sorted(FILES.items()))
    found = (tmp_path / "new" / "files" / "ada" / "reports" / "may.csv").stat()
    assert (found.st_mtime, found.st_mode & 0o777) == (1_700_000_000.25, 0o600)


def test_links_and_what_is_being_written_are_no_stored_files(data: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "passwords").write_text("of others")
    stored(data, "ada/own.txt", b"own")
    stored(data, "ada/.writing-1", b"half")
    (data / "files" / "ada" / "link").symlink_to(tmp_path / "outside" / "passwords")
    (data / "files" / "bob").symlink_to(tmp_path / "outside")
    os.mkfifo(data / "files" / "ada" / "pipe")
    write_backup(data, tmp_path / "file", with_key=False)
    restore_backup(tmp_path / "file", tmp_path / "new")
    assert listed(tmp_path / "new") == {"ada/own.txt": b"own"}


def changed(file: Path, change: Callable[[tarfile.TarInfo, bytes], Sequence[tuple[tarfile.TarInfo, bytes]]]) -> None:
    """Write an archive anew, with other members."""
    with tarfile.open(file) as archive:
        old = [(member, archive.extractfile(member).read()) for member in archive]  # type: ignore[union-attr]
    with tarfile.open(file, "w") as archive:
        for member, content in (new for pair in old for new in change(*pair)):
            member.size = len(content) if member.isreg() else 0
            archive.addfile(member, io.BytesIO(content))


def of_stored_files(made: Callable[[tarfile.TarInfo, bytes], Sequence[tuple[tarfile.TarInfo, bytes]]]) -> Any:
    return lambda member, content: made(member, content) if member.name.startswith("files/") else [(member, content)]


def renamed(name: str) -> Any:
    def rename(member: tarfile.TarInfo, content: bytes) -> Sequence[tuple[tarfile.TarInfo, bytes]]:
        member.name = name
        return [(member, content)]

    return rename


def as_link(member: tarfile.TarInfo, content: bytes) -> Sequence[tuple[tarfile.TarInfo, bytes]]:
    member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return [(member, b"")]


@pytest.mark.parametrize(
    "change",
    {
        "left-out": lambda member, content: [],
        "other-content": lambda member, content: [(member, content[:-1] + b"!")],
        "twice": lambda member, content: [(member, content)] * 2,
        "a-link": as_link,
        **{f"as {name}": renamed(name) for name in ("files/ada/other", "files/../up/x", "files//x/y", "/files/ada/x", "files/x")},
        **{f"as {name}": renamed(name) for name in ("server.lock", "../../escaped", "files/ada/../../../escaped")},
    }.items(),
    ids=lambda pair: pair[0],
)
def test_files_that_are_not_what_the_manifest_says_are_refused(data: Path, tmp_path: Path, change: tuple[str, Any]) -> None:
    stored(data, "ada/own.txt", b"own")
    write_backup(data, tmp_path / "file", with_key=False)
    changed(tmp_path / "file", of_stored_files(change[1]))
    with pytest.raises(BackupError):
        check_backup(tmp_path / "file")
    with pytest.raises(BackupError):
        restore_backup(tmp_path / "file", tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []
    assert not list(tmp_path.rglob("escaped"))


def test_a_backup_of_the_first_format_is_restored(data: Path, tmp_path: Path) -> None:
    """It had the manifest first, and no files."""
    write_backup(data, tmp_path / "file", with_key=False)
    with tarfile.open(tmp_path / "file") as archive:
        database, manifest = (archive.extractfile(name).read() for name in ("blockyard.db", "manifest.json"))  # type: ignore[union-attr]
    said = {**json.loads(manifest), "format": 1}
    del said["file_count"], said["files"]
    with tarfile.open(tmp_path / "old", "w") as archive:
        for name, content in (("manifest.json", json.dumps(said).encode()), ("blockyard.db", database)):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    restore_backup(tmp_path / "old", tmp_path / "new")
    assert count(tmp_path / "new") == 500


def test_many_and_large_files_are_never_in_memory_as_a_whole(data: Path, tmp_path: Path) -> None:
    for number in range(1_000):
        stored(data, f"ada/{number}", b"")
    with stored(data, "ada/large", b"").open("r+b") as large:
        large.truncate(60_000_000)
    write_backup(data, tmp_path / "warm", with_key=False)
    tracemalloc.start()
    write_backup(data, tmp_path / "file", with_key=False)
    restore_backup(tmp_path / "file", tmp_path / "new")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6_000_000
    assert len(listed(tmp_path / "new")) == 1_001


def test_nothing_is_written_over(data: Path, tmp_path: Path) -> None:
    write_backup(data, tmp_path / "file", with_key=False)
    with pytest.raises(BackupError, match="already"):
        write_backup(data, tmp_path / "file", with_key=False)
    with pytest.raises(BackupError, match="already"):
        restore_backup(tmp_path / "file", data)
    assert count(data) == 500
    (tmp_path / "files-only" / "files").mkdir(parents=True)
    stored(data, "ada/own.txt", b"own")
    write_backup(data, tmp_path / "with-files", with_key=False)
    with pytest.raises(BackupError, match="already"):
        restore_backup(tmp_path / "with-files", tmp_path / "files-only")
    assert [entry.name for entry in (tmp_path / "files-only").iterdir()] == ["files"], "all of it is restored, or nothing"
