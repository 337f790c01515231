"""Every secret that the tests make or are given is noted in one file, so that the end of the session can look for what stays.

The file lies outside of what is searched. Its address stands in the environment: the processes of pytest-xdist share it.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

PLACE = "TESTS_NOTED_SECRETS"
SHORTEST, FEWEST_CHARACTERS = 8, 5
"""What is shorter, or has fewer different characters, stands by chance in other texts; tests of single places look for those."""
OPERATORS = ("_KEY", "_TOKEN", "_SECRET", "_SECRET_ID", "_PASSWORD")


@dataclass(frozen=True, slots=True)
class Secret:
    """`kind` says what it is; it alone is ever shown."""

    kind: str
    text: str


_noted: set[Secret] = set()


def begin() -> Path:
    """A new file for this session and all processes that it starts."""
    handle, name = tempfile.mkstemp(prefix="blockyard-noted-")
    os.close(handle)
    os.environ[PLACE] = name
    return Path(name)


def note(kind: str, *texts: str) -> None:
    """These are secrets from now on."""
    fresh = {Secret(kind, line) for text in texts for line in telling_lines(text)} - _noted
    if fresh and PLACE in os.environ:
        _noted.update(fresh)
        lines = "".join(json.dumps([secret.kind, secret.text]) + "\n" for secret in fresh)
        with open(os.environ[PLACE], "a") as file:
            file.write(lines)


def note_environment(environment: Mapping[str, str]) -> None:
    """The secrets among an operator's settings."""
    for name, value in environment.items():
        if name.startswith("BLOCKYARD_") and name.endswith(OPERATORS):
            note(f"the operator's {name}", value)
        elif name.startswith("BLOCKYARD_") and "://" in value:
            note(f"the password in the operator's {name}", password_in(value))


def password_in(address: str) -> str:
    return unquote(urlsplit(address).password or "")


def telling_lines(text: str) -> Iterable[str]:
    """A key of several lines is known by each of them, but for its head and foot."""
    lines = (line.strip() for line in text.splitlines())
    return (line for line in lines if is_telling(line) and not line.startswith("-----"))


def is_telling(text: str) -> bool:
    return len(text) >= SHORTEST and len(set(text)) >= FEWEST_CHARACTERS


def noted(file: Path) -> set[Secret]:
    """What all processes have noted."""
    return {Secret(*json.loads(line)) for line in file.read_text().splitlines()}
