"""Starts `blockyard` commands from one process that has imported the application already.

An import of everything costs more than a second of CPU, and the tests start some hundred servers. What runs is the real command
in a process of its own, with its own arguments, environment, files and signals: only the interpreter's start is shared. Tests of
the start itself begin with a fresh interpreter (`ServerProcess(..., fresh=True)`).
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PRELOADED = ("app.cli.serve", "app.cli.people", "app.cli.storage", "alembic.command", "networkx")
LONGEST_ORDER = 1 << 18


class WarmProcess:
    """The part of `subprocess.Popen` that tests of servers use."""

    def __init__(self, pid: int, told: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._told = told

    def poll(self) -> int | None:
        return self._end(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._end(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("blockyard", timeout or 0)
        return code

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _end(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._told], [], [], timeout)[0]:
            self.returncode = int(self._told.recv(16) or b"-9")
            self._told.close()
        return self.returncode


def start(
    arguments: Sequence[str], environment: Mapping[str, str], output: Path, errors: Path | None = None
) -> WarmProcess:
    """`blockyard ARGUMENTS` with this environment; what it prints is added to the files."""
    order = {
        "arguments": list(arguments),
        "environment": dict(environment),
        "output": str(output),
        "errors": str(errors or output),
    }
    told = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    told.connect(_nursery())
    told.send(json.dumps(order).encode())
    return WarmProcess(int(told.recv(16)), told)


@cache
def _nursery() -> str:
    """The address of this process's nursery, which ends with it."""
    address = f"\0blockyard-tests-{os.getpid()}-{time.monotonic_ns()}"
    here, there = socket.socketpair()
    with there:
        process = subprocess.Popen(
            (sys.executable, "-m", "tests.support.warm", address[1:], str(there.fileno())), cwd=ROOT, pass_fds=[there.fileno()]
        )
    atexit.register(process.kill)
    if not here.recv(1):
        raise RuntimeError("The application could not be imported.")
    return address


def _serve(address: str, told: int) -> dict[str, Any]:
    """Answer orders for ever; returns an order in the process that shall carry it out."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
        door.bind("\0" + address)
        door.listen(16)
        os.write(told, b".")
        os.close(told)
        while True:
            caller, _ = door.accept()
            if os.fork() == 0:
                door.close()
                return _keep(caller)
            caller.close()


def _keep(caller: socket.socket) -> dict[str, Any]:
    """Fork once more; the parent stays until its child has ended and tells how, the child goes on with the order."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    order: dict[str, Any] = json.loads(caller.recv(LONGEST_ORDER))
    child = os.fork()
    if child == 0:
        caller.close()
        return order
    caller.send(str(child).encode())
    _, status = os.waitpid(child, 0)
    caller.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become(order: Mapping[str, Any]) -> None:
    """Take on arguments, environment and files as a fresh process would have them."""
    added = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    for place, (name, mode) in enumerate(((os.devnull, os.O_RDONLY), (order["output"], added), (order["errors"], added))):
        file = os.open(name, mode)
        os.dup2(file, place)
        os.close(file)
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = ["blockyard", *order["arguments"]]


if __name__ == "__main__":
    from app.catalog import Catalog
    from app.cli import main

    for name in PRELOADED:
        import_module(name)
    Catalog.load()
    gc.freeze()
    _become(_serve(sys.argv[1], int(sys.argv[2])))
    main()
