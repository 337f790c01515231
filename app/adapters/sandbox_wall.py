"""The second wall around a sandbox worker: bubblewrap, where the operating system lets it work."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

WORKER = "/worker"
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")
WALL = (
    "--unshare-all",
    "--die-with-parent",
    "--new-session",
    "--clearenv",
    "--cap-drop",
    "ALL",
    "--proc",
    "/proc",
    "--dev",
    "/dev",
    "--chdir",
    "/",
)
TRIAL_SECONDS = 5


@contextmanager
def walled_worker(directory: Path | None = None) -> Iterator[Path | None]:
    """The command that starts a worker inside bubblewrap, kept in `directory`, or None where that does not work."""
    bubblewrap, worker = shutil.which("bwrap"), Path(sysconfig.get_path("scripts")) / "monty"
    if bubblewrap is None or not worker.is_file():
        yield None
        return
    with TemporaryDirectory(prefix="blockyard-sandbox-", dir=directory) as own:
        command = Path(own) / "worker"
        command.write_text(_script(bubblewrap, worker))
        command.chmod(0o700)
        yield command if _works(command) else None


def _script(bubblewrap: str, worker: Path) -> str:
    libraries = [argument for path in LIBRARIES for argument in ("--ro-bind-try", path, path)]
    arguments = [bubblewrap, *WALL, *libraries, "--ro-bind", str(worker), WORKER, WORKER]
    return f'#!/bin/sh\nulimit -c 0\nexec {shlex.join(arguments)} "$@" 2>/dev/null\n'


def _works(command: Path) -> bool:
    try:
        done = subprocess.run([command, "-c", "print(6 * 7)"], capture_output=True, timeout=TRIAL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.stdout.strip() == b"42"
