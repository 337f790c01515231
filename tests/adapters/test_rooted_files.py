"""Files below one folder: nothing leads out of it, and nobody finds half a file."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from app.adapters.rooted_files import Quota, RootedFiles
from app.sdk import BlockError

SECRET = "nobody may read this"
LONGEST = 1_000_000


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.txt").write_text(SECRET)
    return folder


@pytest.fixture
def root(tmp_path: Path, outside: Path) -> Path:
    """A folder with a file, and with links that lead out of it."""
    folder = tmp_path / "root"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "note.txt").write_text("hello")
    (folder / "link").symlink_to(outside / "secret.txt")
    (folder / "folder-link").symlink_to(outside)
    (folder / "inner" / "up").symlink_to("..")
    os.mkfifo(folder / "pipe")
    return folder


def read(files: RootedFiles, path: str) -> bytes:
    return files.read(path, 0, None, LONGEST)


def code(attempt: object, *arguments: object) -> str:
    with pytest.raises(BlockError) as caught:
        attempt(*arguments)  # type: ignore[operator]
    assert SECRET not in str(caught.value)
    return caught.value.code


WAYS_OUT = [
    "../outside/secret.txt",
    "inner/../../outside/secret.txt",
    "/etc/passwd",
    "//etc/passwd",
    "inner\\..\\..\\outside",
    "link",
    "folder-link/secret.txt",
    "inner/up/inner/note.txt",
    "pipe",
    "inner/note.txt/x",
    "a\0b",
    "a\nb",
    "\ud800",
    "x" * 241,
    "/".join(["a"] * 31),
    "",
    ".",
    ".writing-1",
]


@pytest.mark.parametrize("path", WAYS_OUT, ids=lambda path: ascii(path)[:30])
def test_no_path_leads_out(root: Path, outside: Path, path: str) -> None:
    files = RootedFiles(root)
    refused = {"PATH_INVALID", "NOT_A_FILE"}
    assert code(read, files, path) in refused
    for mode in ("replace", "create", "append"):
        if path != "link" or mode != "create":
            assert code(files.write, path, b"x", mode) in {*refused, "FILE_EXISTS"}
    assert code(files.copy, path, "copy.txt", True) in refused
    assert code(files.move, path, "moved.txt", True) in refused
    assert code(files.move, "inner/note.txt", path, True) in {*refused, "FILE_EXISTS"}
    assert code(files.copy, "inner/note.txt", path, True) in {*refused, "FILE_EXISTS"}
    assert code(files.delete, path) in refused
    assert code(files.look, path) in refused
    assert (outside / "secret.txt").read_text() == SECRET
    assert sorted(entry.name for entry in outside.iterdir()) == ["secret.txt"]
    assert (root / "inner" / "note.txt").read_text() == "hello"


def test_links_and_pipes_are_not_listed(root: Path) -> None:
    assert [one.path for one in RootedFiles(root).find("", "*", True, 100)] == ["inner", "inner/note.txt"]
    assert code(RootedFiles(root).find, "folder-link", "*", True, 100) == "NOT_A_FILE"


def test_a_folder_that_becomes_a_link_meanwhile_leads_nowhere(root: Path, outside: Path) -> None:
    """Somebody exchanges a folder for a link again and again, while it is written to and read."""
    stop = threading.Event()
    (root / "spot").mkdir()

    def exchange() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with suppress(OSError):
                os.rename(root / "spot", root / f"aside-{number}")
            with suppress(OSError):
                (root / "spot").symlink_to(outside)
            with suppress(OSError):
                (root / "spot").unlink()

    thread = threading.Thread(target=exchange)
    thread.start()
    files = RootedFiles(root)
    try:
        for number in range(300):
            for act in (
                lambda n=number: files.write(f"spot/{n % 5}.txt", b"x", "replace"),
                lambda: read(files, "spot/secret.txt"),
            ):
                try:
                    assert act() != SECRET.encode()
                except BlockError:
                    continue
    finally:
        stop.set()
        thread.join()
    assert [entry.name for entry in outside.iterdir()] == ["secret.txt"]


def test_writing_reading_and_parts(tmp_path: Path) -> None:
    files = RootedFiles(tmp_path / "made", makes_root=True)
    made = files.write("a/b/c.txt", b"one", "create")
    assert (made.path, made.name, made.size, made.is_folder) == ("a/b/c.txt", "c.txt", 3, False)
    assert code(files.write, "a/b/c.txt", b"two", "create") == "FILE_EXISTS"
    files.write("a/b/c.txt", b"two", "append")
    assert read(files, "./a//b/c.txt") == b"onetwo"
    assert files.read("a/b/c.txt", 2, 2, 2) == b"et"
    assert files.read("a/b/c.txt", 100, 2, 2) == b""
    assert code(files.read, "a/b/c.txt", 0, None, 5) == "FILE_TOO_LARGE"
    assert code(files.write, "a/b", b"x", "replace") == "NOT_A_FILE"
    assert code(read, files, "a/b/none.txt") == "FILE_NOT_FOUND"
    assert not list((tmp_path / "made").rglob(".writing-*"))


def test_moving_copying_and_removing(tmp_path: Path) -> None:
    files = RootedFiles(tmp_path)
    files.write("a.txt", b"a", "create")
    files.write("b.txt", b"b", "create")
    assert files.copy("a.txt", "deep/copy.txt", False).path == "deep/copy.txt"
    assert code(files.copy, "a.txt", "b.txt", False) == code(files.move, "a.txt", "b.txt", False) == "FILE_EXISTS"
    assert files.move("a.txt", "b.txt", True).size == 1
    assert read(files, "b.txt") == b"a"
    assert files.look("a.txt") is None
    assert code(files.delete, "deep") == "FOLDER_NOT_EMPTY"
    assert (files.delete("deep/copy.txt"), files.delete("deep"), files.delete("deep")) == (True, True, False)
    assert code(files.move, "none", "x", True) == "FILE_NOT_FOUND"
    assert [one.path for one in files.find("", "*.TXT", False, 10)] == []
    assert [one.path for one in files.find("", "?.txt", False, 10)] == ["b.txt"]


def test_those_who_create_the_same_file_at_the_same_time(tmp_path: Path) -> None:
    files = RootedFiles(tmp_path)
    made: list[int] = []

    def create(number: int) -> None:
        try:
            files.write("one.txt", str(number).encode(), "create")
            made.append(number)
        except BlockError:
            return

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [int(read(files, "one.txt"))] == made


def test_a_workspace_has_a_limit(tmp_path: Path) -> None:
    files = RootedFiles(tmp_path, quota=Quota(10, 3))
    files.write("a", b"12345", "create")
    assert code(files.write, "b", b"123456", "create") == "STORAGE_FULL"
    files.write("b", b"1234", "create")
    files.write("c", b"1", "create")
    assert code(files.write, "d", b"", "create") == "STORAGE_FULL"
