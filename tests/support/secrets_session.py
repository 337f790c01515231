"""At the end of a session: no secret that a test has used stands in what the tests leave behind."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import secrets_noted
from tests.support.secrets_noted import PLACE, Secret, noted, telling_lines
from tests.support.secrets_search import Finding, files_below, search
from tests.support.secrets_stored import stored_in
from tests.support.secrets_watched import CSRF, SETUP, watch

ALLOWED = {
    r"a master key in .*/secret\.key": "where it is kept, readable for its owner only",
    rf"{CSRF} in .*/(blockyard\.db(-wal)?|\w+\.backup)( \(.*\))?": "it opens nothing without its session's cookie, never kept",
    rf"{SETUP} in .*/data\.log": "the operator reads it there; it is over as soon as there is an owner",
    r".* in .*/openapi\.json": "examples of the description, which tests send as they stand there; nobody's data is in it",
}
"""What may stand where, and why; everything else is a fault."""
ALSO_DATA = {
    "pst-do-not-tell": "tests of traces send it as data, to see that no trace has it",
    "pass/word": "a test of Redis stores its password there, to see that it is masked when it comes back",
}
"""Secrets that a test writes as data as well, on purpose; that test itself looks for them."""
_file: list[Path] = []
_found: list[Finding] = []


def pytest_configure() -> None:
    """Begin to take notes; worker processes find the file of the process that has started them."""
    if PLACE not in os.environ:
        _file.append(secrets_noted.begin())
    watch()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Search when the last server has ended, before anything is removed."""
    if not _file:
        return
    file = _file.pop()
    folder = Path(session.config._tmp_path_factory.getbasetemp())  # type: ignore[attr-defined]
    _found.extend(left_behind(folder, noted(file)))
    file.unlink()
    if _found and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _found:
        terminalreporter.section("secrets that stay", red=True)
        for finding in _found:
            terminalreporter.line(str(finding))


def left_behind(folder: Path, used: set[Secret]) -> list[Finding]:
    """What stays of these secrets, and of those in the data directories below `folder`."""
    secrets = {secret for secret in used | set(stored_below(folder)) if secret.text not in ALSO_DATA}
    return search(folder, secrets, is_allowed)


def stored_below(folder: Path) -> Iterator[Secret]:
    for key in (file for file in files_below(folder) if file.name == "secret.key"):
        for secret in stored_in(key.parent):
            yield from (Secret(secret.kind, line) for line in telling_lines(secret.text))


def is_allowed(finding: Finding) -> bool:
    return any(re.fullmatch(words, str(finding)) for words in ALLOWED)
