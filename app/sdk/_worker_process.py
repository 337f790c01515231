"""One worker process as the server sees it: started, asked, killed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import struct
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import IO

STARTED = b"+"
START_SECONDS = 60.0
LENGTH = struct.Struct(">Q")
MODULE = "app.sdk._worker"
WALL = (
    "--unshare-all", "--die-with-parent", "--clearenv", "--cap-drop", "ALL",
    "--proc", "/proc", "--dev", "/dev", "--size", "67108864", "--tmpfs", "/tmp", "--chdir", "/",  # noqa: S108 a directory of its own
)  # fmt: skip


class Overdue(Exception):
    """The time was over, and the worker was killed."""


class WorkerProcess:
    """Answers one request at a time. Use from one thread at a time; `kill` from any."""

    walled: bool | None = None
    """Whether workers run inside bubblewrap; known after the first start, and kept to."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdin is None or process.stdout is None:
            raise EOFError
        self._process = process
        self._to: IO[bytes] = process.stdin
        self._from: IO[bytes] = process.stdout
        self.jobs = 0

    @classmethod
    def start(cls) -> WorkerProcess:
        """A worker that is ready. Raises EOFError."""
        wall = None if cls.walled is False else shutil.which("bwrap")
        if wall is None:
            cls.walled = False
            return cls._started([])
        try:
            worker = cls._started([wall, *WALL, *_visible()])
        except EOFError:
            if cls.walled:  # it worked before, so this is no reason to do without
                raise
            cls.walled = False
            return cls._started([])
        cls.walled = True
        return worker

    @classmethod
    def _started(cls, wall: list[str]) -> WorkerProcess:
        process = subprocess.Popen(
            [*wall, sys.executable, "-I", "-m", MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,
        )
        worker = cls(process)
        try:
            worker._expect_start()
        except BaseException:
            worker.kill()
            raise
        return worker

    def ask(self, request: bytes, seconds: float, longest: int) -> bytes:
        """The answer to a request. The time counts from when the function is imported. Raises Overdue or EOFError."""
        self.jobs += 1
        with suppress(BrokenPipeError):
            self._to.write(LENGTH.pack(len(request)) + request)
            self._to.flush()
        self._expect_start()
        return self._within(seconds, longest)

    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """End it at once, whatever it does; its process group is its own, so that nothing inside the wall outlives this."""
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)

    def _expect_start(self) -> None:
        if self._limited(START_SECONDS, 1) != STARTED:
            raise EOFError

    def _within(self, seconds: float, longest: int) -> bytes:
        timer = _Limit(self, seconds)
        with timer:
            head = self._from.read(LENGTH.size)
            length = LENGTH.unpack(head)[0] if len(head) == LENGTH.size else longest + 1
            answer = self._from.read(length) if length <= longest else b""
        if timer.over:
            raise Overdue
        if length > longest or len(answer) < length:
            raise EOFError
        return answer

    def _limited(self, seconds: float, length: int) -> bytes:
        timer = _Limit(self, seconds)
        with timer:
            found = self._from.read(length)
        if timer.over:
            raise Overdue
        return found


class _Limit:
    """Kills a worker when a block of code takes too long."""

    def __init__(self, worker: WorkerProcess, seconds: float) -> None:
        self.over = False
        self._worker = worker
        self._timer = Timer(seconds, self._end)
        self._timer.daemon = True

    def _end(self) -> None:
        self.over = True
        self._worker.kill()

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def _environment() -> dict[str, str]:
    """Only what some Pythons need to start at all."""
    return {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}


def _visible() -> Iterator[str]:
    """bubblewrap's arguments that show Python, its packages and the time zones, and nothing else."""
    paths = {Path(path) for path in ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo")}
    paths |= {Path(path) for path in (sys.prefix, sys.base_prefix, *sysconfig.get_paths().values())}
    for name in ("app", "blocks"):
        spec = importlib.util.find_spec(name)
        paths |= {Path(path) for path in (spec.submodule_search_locations or ())} if spec else set()
    executable = Path(sys.executable)
    paths |= {executable.parent, executable.resolve().parent}
    for name, text in _environment().items():
        yield from ("--setenv", name, text)
    for path in sorted(path for path in paths if path.exists()):
        yield from ("--ro-bind-try", str(path), str(path))
