"""Server programs of Debian, run for tests: on a port of their own, in a directory of their own, until the test is done."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.server import free_port

POSTGRES = sorted(str(found) for found in Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
PATHS = (*POSTGRES, "/usr/lib/rabbitmq/bin", "/usr/sbin", "/usr/bin")
AS_ROOT = os.geteuid() == 0
NOBODY = pwd.getpwnam("nobody")
START_SECONDS = 60


def program(name: str, package: str) -> str:
    """Where a program is. Without it the test is passed over, but fails in CI, which installs everything first."""
    found = shutil.which(name, path=os.pathsep.join((*PATHS, os.environ.get("PATH", ""))))
    if found is not None:
        return found
    reason = f"{name} is not installed (Debian's {package})"
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def directory(prefix: str) -> Iterator[Path]:
    """A directory that programs of other users may look into."""
    made = Path(tempfile.mkdtemp(prefix=f"{prefix}-"))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def give_away(*paths: Path) -> None:
    """Let the unprivileged user own these, with everything in them."""
    if AS_ROOT:
        for path in paths:
            for each in (path, *path.rglob("*")):
                os.chown(each, NOBODY.pw_uid, NOBODY.pw_gid)


class Running:
    """One server program. `end` is sudden; `start` again keeps what is in its directory."""

    def __init__(
        self,
        place: Path,
        command: Sequence[str | Path],
        port: int,
        *,
        unprivileged: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.place = place
        self.port = port
        self._command = [str(part) for part in command]
        self._user = NOBODY.pw_uid if unprivileged and AS_ROOT else None
        self._environment = {"PATH": os.pathsep.join((*PATHS, "/bin", "/sbin")), "HOME": str(place), "LANG": "C.UTF-8"}
        self._environment |= dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Running:
        """Run it until it takes connections."""
        with (self.place / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self.place,
                env=self._environment,
                user=self._user,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not listens(self.port):
            assert self._process.poll() is None and time.monotonic() < deadline, self.log()
            time.sleep(0.02)
        return self

    def run(self, *command: str | Path, given: str = "") -> str:
        """What a command of the same user prints; it must succeed."""
        done = subprocess.run(
            [str(part) for part in command],
            cwd=self.place,
            env=self._environment,
            user=self._user,
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def log(self) -> str:
        return (self.place / "log").read_text(errors="replace")[-4000:]

    def end(self) -> None:
        """At once, with all that it has started."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(30)
            self._process = None


def listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


__all__ = ["AS_ROOT", "Running", "directory", "free_port", "give_away", "listens", "program"]
