"""The search that ends every session finds a secret wherever it may hide, and tells what it is and where, never the secret."""

from __future__ import annotations

import base64
import json
import os
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from app.adapters.vault import FILE, Keyring, Vault
from app.db.sealed import sealed_columns
from app.db.tables.base import stored
from tests.support.secrets_noted import Secret, is_telling
from tests.support.secrets_search import search
from tests.support.secrets_session import left_behind
from tests.support.secrets_stored import KINDS, WHOLE_TEXTS
from tests.support.warm import ROOT

TEXT = 'pä"ss w0rd+/of?somebody'
SECRET = Secret("a password", TEXT)
WRITTEN: dict[str, bytes] = {
    "plain": TEXT.encode(),
    "json": json.dumps({"password": TEXT}).encode(),
    "json-without-escapes": json.dumps({"password": TEXT}, ensure_ascii=False).encode(),
    "address": quote(TEXT, safe="").encode(),
    "form": quote(TEXT, safe="").replace("%20", "+").encode(),
    "hexadecimal": TEXT.encode().hex().encode(),
    "capital-hexadecimal": TEXT.encode().hex().upper().encode(),
    "page": TEXT.replace('"', "&quot;").encode(),
    **{f"base64-after-{name}": base64.b64encode(f"{name}:{TEXT}!".encode()) for name in ("x", "ab", "user")},
    "base64-for-addresses": base64.urlsafe_b64encode(f"user:{TEXT}".encode()),
}


def found(folder: Path) -> list[str]:
    return [str(finding) for finding in search(folder, {SECRET})]


@pytest.mark.parametrize("written", WRITTEN)
def test_however_it_is_written(tmp_path: Path, written: str) -> None:
    (tmp_path / "clean.log").write_bytes(b"\0\xff nothing here \n" * 100)
    (tmp_path / "data.log").write_bytes(b"\0\xff before " + WRITTEN[written] + b" after\n")
    assert found(tmp_path) == ["a password in data.log"]


def database(folder: Path, *values: Any) -> Path:
    file = folder / "blockyard.db"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE found (id INTEGER PRIMARY KEY, value)")
        connection.executemany("INSERT INTO found (value) VALUES (?)", [(value,) for value in values])
    return file


def test_in_a_value_that_is_compressed(tmp_path: Path) -> None:
    packed = stored(b"a" * 20_000 + TEXT.encode())
    assert TEXT.encode() not in packed
    database(tmp_path, packed)
    assert found(tmp_path) == ["a password in blockyard.db (a long value)"]


def test_in_pieces_on_several_pages(tmp_path: Path) -> None:
    file = database(tmp_path, TEXT.encode() * 1_000)
    assert file.read_bytes().count(TEXT.encode()) < 1_000, "some are cut"
    assert found(tmp_path) == ["a password in blockyard.db", "a password in blockyard.db (a long value)"]


def test_in_what_was_deleted_and_in_the_write_ahead_log(tmp_path: Path) -> None:
    file = database(tmp_path, "short")
    with closing(sqlite3.connect(file)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        with writer:
            writer.execute("INSERT INTO found (value) VALUES (?)", (TEXT,))
        with writer:
            writer.execute("DELETE FROM found WHERE value = ?", (TEXT,))
        assert found(tmp_path) == ["a password in blockyard.db-wal"]
        assert Path(f"{file}-wal").stat().st_size > 0, "the search has left the log as it was"


def test_in_a_compressed_value_of_a_backup(tmp_path: Path) -> None:
    file = database(tmp_path, stored(b"a" * 20_000 + TEXT.encode()))
    with tarfile.open(tmp_path / "whole.backup", "w") as archive:
        archive.add(file, arcname="blockyard.db")
    file.unlink()
    assert found(tmp_path) == ["a password in whole.backup (blockyard.db, a long value)"]


def test_what_a_data_directory_keeps_sealed_is_looked_for_everywhere(tmp_path: Path) -> None:
    """Nobody has noted it: the master key beside the database opens it."""
    data = tmp_path / "data"
    data.mkdir()
    ring = Keyring.new()
    (data / FILE).write_text(ring.text())
    with closing(sqlite3.connect(data / "blockyard.db")) as connection, connection:
        connection.execute("CREATE TABLE users (id TEXT, totp_secret BLOB)")
        connection.execute("INSERT INTO users VALUES ('ada', ?)", (Vault(ring).seal("SEEDOFTHESECONDSTEP", "ada"),))
    assert left_behind(tmp_path, set()) == []
    copy = tmp_path / "copy.log"
    copy.write_text(f"SEEDOFTHESECONDSTEP {base64.b64encode(ring.keys[1]).decode()}")
    assert [str(finding) for finding in left_behind(tmp_path, set())] == [
        "a master key in copy.log",
        "a seed of the second step in copy.log",
    ]
    copy.unlink()


def test_every_sealed_column_is_known() -> None:
    assert {str(place) for place in sealed_columns()} == {*KINDS, *WHOLE_TEXTS, "credentials.data"}


def test_what_stands_by_chance_in_other_texts_is_not_looked_for() -> None:
    assert [text for text in ("secret", "a" * 100, "0101010101", "") if is_telling(text)] == []


SESSION = """
from tests.support.secrets_noted import note

def test_of_a_careless_product(tmp_path):
    note("a key", "k3y-of-somebody")
    (tmp_path / "server.log").write_text("GET /x?token=k3y-of-somebody")
"""
HOOKS = "from tests.support.secrets_session import pytest_configure, pytest_sessionfinish, pytest_terminal_summary"


def test_a_session_fails_by_what_it_leaves_and_never_shows_it(tmp_path: Path) -> None:
    """With pytest-xdist, whose workers share the notes."""
    (tmp_path / "conftest.py").write_text(HOOKS)
    (tmp_path / "test_it.py").write_text(SESSION)
    own = ["-n", "1", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), "--basetemp", str(tmp_path / "left")]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *own, str(tmp_path / "test_it.py")],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": os.defpath}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    assert "1 passed" in done.stdout
    assert "a key in popen-gw0/test_of_a_careless_product0/server.log" in done.stdout
    assert "k3y-of-somebody" not in done.stdout
