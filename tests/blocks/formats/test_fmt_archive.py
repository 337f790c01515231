"""Archives: there and back, and those that are made to do harm."""

import gzip
import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from app.sdk import File, Json

pytestmark = pytest.mark.anyio
FILES = [File("a.txt", "text/plain", b"one").value(), "two", File("a.txt", "text/plain", b"three").value()]


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
async def test_there_and_back(run: Any, kind: str) -> None:
    packed = (await run("fmt.archive", {"operation": "pack", "kind": kind}, FILES)).value
    assert packed == (await run("fmt.archive", {"operation": "pack", "kind": kind}, FILES)).value
    assert packed["filename"] == f"files.{kind}"
    listed = (await run("fmt.archive", {"operation": "list"}, packed)).value
    assert listed == [{"name": "a.txt", "size": 3}, {"name": "text.txt", "size": 3}, {"name": "a-2.txt", "size": 5}]
    found = (await run("fmt.archive", {"pattern": "a*.txt"}, packed)).value
    assert [(file["filename"], File.of(file, "").content) for file in found] == [("a.txt", b"one"), ("a-2.txt", b"three")]


def zipped(*names: str, mode: int = 0o644, data: bytes = b"x") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return content.getvalue()


def tarred(change: Callable[[tarfile.TarInfo], None]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        info = tarfile.TarInfo("a")
        change(info)
        archive.addfile(info)
    return content.getvalue()


def link(info: tarfile.TarInfo) -> None:
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"


def device(info: tarfile.TarInfo) -> None:
    info.type = tarfile.CHRTYPE


def outside(info: tarfile.TarInfo) -> None:
    info.name = "../../etc/cron.d/x"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (zipped("../a"), "ARCHIVE_UNSAFE"),
        (zipped("/etc/passwd"), "ARCHIVE_UNSAFE"),
        (zipped("a/../../b"), "ARCHIVE_UNSAFE"),
        (zipped("C:/a"), "ARCHIVE_UNSAFE"),
        (zipped("..\\a"), "ARCHIVE_UNSAFE"),
        (zipped("a" * 301), "ARCHIVE_UNSAFE"),
        (zipped("a", mode=stat.S_IFLNK | 0o777), "ARCHIVE_UNSAFE"),
        (tarred(link), "ARCHIVE_UNSAFE"),
        (tarred(device), "ARCHIVE_UNSAFE"),
        (tarred(outside), "ARCHIVE_UNSAFE"),
        (zipped("bomb", data=b"\x00" * 50_000_000), "ARCHIVE_TOO_LARGE"),
        (gzip.compress(b"\x00" * 50_000_000), "ARCHIVE_TOO_LARGE"),
        (zipped(*(f"{n}" for n in range(1_001))), "ARCHIVE_TOO_LARGE"),
        (zipped("a")[:-30], "ARCHIVE_INVALID"),
        (gzip.compress(b"abc")[:-9], "ARCHIVE_INVALID"),
        (b"no archive at all", "ARCHIVE_INVALID"),
        (b"", "ARCHIVE_INVALID"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_an_archive_that_is_refused(refused: Any, content: bytes, code: str) -> None:
    error = await refused("fmt.archive", {}, File("a.zip", "application/zip", content).value())
    assert (error.code, error.retryable) == (code, False), error.message


async def test_folders_are_no_files(run: Any) -> None:
    file = File("a.zip", "x", zipped("folder/", "folder/./b.txt")).value()
    assert [found["filename"] for found in (await run("fmt.archive", {}, file)).value] == ["folder/b.txt"]


async def test_a_zip_that_lies_about_its_size(refused: Any) -> None:
    content = bytearray(zipped("bomb", data=b"\x00" * 5_000_000))
    place = content.index(b"PK\x01\x02")
    content[place + 24 : place + 28] = (10).to_bytes(4, "little")
    content[22:26] = (10).to_bytes(4, "little")
    assert (await refused("fmt.archive", {}, File("a.zip", "x", bytes(content)).value())).code in (
        "ARCHIVE_INVALID",
        "ARCHIVE_TOO_LARGE",
    )


@pytest.mark.parametrize(
    ("config", "value", "code"),
    [
        ({"kind": "gz"}, ["a", "b"], "ARCHIVE_INVALID"),
        ({}, ["a"] * 1_001, "ARCHIVE_TOO_LARGE"),
        ({}, [5], "FILE_INVALID"),
        ({}, [{"filename": "../a", "base64": ""}], "ARCHIVE_UNSAFE"),
    ],
    ids=["two", "many", "none", "outside"],
)
async def test_what_cannot_be_packed(refused: Any, config: dict[str, Json], value: Json, code: str) -> None:
    assert (await refused("fmt.archive", {"operation": "pack", **config}, value)).code == code
