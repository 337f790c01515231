"""Backups: what is damaged, or would write elsewhere, is refused, and nothing of it is put anywhere."""

from __future__ import annotations

import json
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

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


def test_nothing_is_written_over(data: Path, tmp_path: Path) -> None:
    write_backup(data, tmp_path / "file", with_key=False)
    with pytest.raises(BackupError, match="already"):
        write_backup(data, tmp_path / "file", with_key=False)
    with pytest.raises(BackupError, match="already"):
        restore_backup(tmp_path / "file", data)
    assert count(data) == 500
