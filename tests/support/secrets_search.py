"""Looks through all files below a folder for secrets: as they are, encoded, in databases, in what is compressed, in backups."""

from __future__ import annotations

import base64
import html
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, quote_plus

from tests.support.secrets_noted import Secret
from tests.support.secrets_stored import plain, read_only

SQLITE = b"SQLite format 3\0"
MAY_OVERFLOW = 900
"""A row that is longer may lie on several pages, where a secret in it is cut into pieces."""
LONGEST_PATTERN = 40


@dataclass(frozen=True, slots=True)
class Finding:
    kind: str
    place: str

    def __str__(self) -> str:
        return f"{self.kind} in {self.place}"


def search(
    folder: Path, secrets: Iterable[Secret], is_allowed: Callable[[Finding], bool] = lambda finding: False
) -> list[Finding]:
    """What stands where, without those that may."""
    patterns = spelled(secrets)
    if not patterns:
        return []
    with TemporaryDirectory(prefix="blockyard-search-") as name:
        opened = Path(name) / "opened"
        opened.mkdir()
        origin = dict(unpacked(folder, opened))
        list_of_patterns = Path(name) / "patterns"
        list_of_patterns.write_bytes(b"\n".join(patterns))
        found = {
            Finding(kind, origin.get(file) or str(file.relative_to(folder)))
            for file, text in grep(list_of_patterns, folder, opened)
            for kind in patterns[text]
        }
    return sorted((finding for finding in found if not is_allowed(finding)), key=str)


# -- how a secret may be written -------------------------------------------------------------------------------------------


def spelled(secrets: Iterable[Secret]) -> Mapping[bytes, set[str]]:
    """The kinds of secret by every way to write them. Of a long one a part is enough."""
    patterns: dict[bytes, set[str]] = defaultdict(set)
    for secret in secrets:
        whole = len(secret.text) > LONGEST_PATTERN and "://" in secret.text
        is_signed = secret.text.startswith("eyJ")  # all tokens of a kind begin alike
        part = secret.text[-LONGEST_PATTERN:] if is_signed else secret.text[:LONGEST_PATTERN]
        text = secret.text if whole else part
        for spelling in spellings(text):
            patterns[spelling].add(secret.kind)
    return patterns


def spellings(text: str) -> set[bytes]:
    """In JSON, a page, an address, hexadecimal, and base64 at any place of a longer text."""
    raw = text.encode()
    texts = {
        text,
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        html.escape(text),
        quote(text, safe=""),
        quote(text),
        quote_plus(text),
        raw.hex(),
        raw.hex().upper(),
    }
    coded = {inside for shift in range(3) for inside in base64_inside(raw, shift)}
    return {spelling.encode() for spelling in texts} | coded


def base64_inside(raw: bytes, shift: int) -> Iterator[bytes]:
    """The characters that `raw` alone decides, where it begins `shift` bytes after a multiple of three."""
    whole = base64.b64encode(b"\0" * shift + raw).rstrip(b"=")
    first, last = -(-shift * 8 // 6), (shift + len(raw)) * 8 // 6
    for text in (whole[first:last], whole[first:last].translate(bytes.maketrans(b"+/", b"-_"))):
        if len(text) >= 10:
            yield text


# -- files -----------------------------------------------------------------------------------------------------------------


def unpacked(folder: Path, target: Path) -> Iterator[tuple[Path, str]]:
    """What cannot be read in the files themselves, written down below `target`, with the name of where it comes from."""
    for number, file in enumerate(files_below(folder)):
        name, made = str(file.relative_to(folder)), target / str(number)
        if _begins(file, SQLITE):
            write_long_rows(file, made)
            yield made, f"{name} (a long value)"
        elif _begins(file, b"ustar", 257):
            for place in _members(file, made.with_suffix(".member")):
                write_long_rows(made.with_suffix(".member"), made)
                yield made, f"{name} ({place}, a long value)"


def files_below(folder: Path) -> Iterator[Path]:
    """Whatever may vanish meanwhile: servers that a test has left behind end on their own."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        yield from (path for name in sorted(names) if (path := Path(place) / name).is_file() and not path.is_symlink())


def _begins(file: Path, mark: bytes, at: int = 0) -> bool:
    try:
        with file.open("rb") as stream:
            stream.seek(at)
            return stream.read(len(mark)) == mark
    except OSError:
        return False


def _members(archive: Path, target: Path) -> Iterator[str]:
    """The databases in an archive, one after the other at `target`."""
    try:
        with tarfile.open(archive) as members:
            for member in members:
                stream = members.extractfile(member) if member.isreg() else None
                if stream is None:
                    continue
                with target.open("wb") as copy:
                    shutil.copyfileobj(stream, copy)
                if _begins(target, SQLITE):
                    yield member.name
                target.unlink()
    except (tarfile.TarError, OSError):
        return


def write_long_rows(database: Path, target: Path) -> None:
    """The values of rows that are long or compressed, as they were before, one after the other."""
    with target.open("ab") as file:
        for value in long_values(database):
            file.write(plain(value if isinstance(value, bytes) else value.encode("utf-8", "replace")) + b"\n")


def long_values(database: Path) -> Iterator[bytes | str]:
    """Nothing of what is damaged: some tests damage databases on purpose."""
    try:
        with closing(read_only(database)) as connection:
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            yield from _long_values(connection)
    except (sqlite3.DatabaseError, OSError):
        return


def _long_values(connection: sqlite3.Connection) -> Iterator[bytes | str]:
    for (table,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
        length = " + ".join(f'coalesce(length("{column}"), 0)' for column in columns)
        compressed = " OR ".join(f"substr(\"{column}\", 1, 1) = x'00'" for column in columns)
        for row in connection.execute(f'SELECT * FROM "{table}" WHERE {length} > {MAY_OVERFLOW} OR {compressed}'):
            yield from (value for value in row if isinstance(value, bytes | str))


def grep(patterns: Path, *folders: Path) -> Iterator[tuple[Path, bytes]]:
    """Each place where one of the texts stands; files that cannot be read are passed over, any other trouble is told."""
    command = ["grep", "-rsaoF", "--null", "-f", str(patterns), *map(str, folders)]
    done = subprocess.run(command, env=os.environ | {"LC_ALL": "C"}, capture_output=True, check=False)
    if done.returncode > 1 and done.stderr:
        raise RuntimeError(f"grep: {done.stderr.decode(errors='replace')[:500]}")
    for line in done.stdout.splitlines():
        file, _, text = line.partition(b"\0")
        yield Path(os.fsdecode(file)), text
