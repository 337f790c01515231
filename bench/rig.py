"""A real server on a directory of its own, with the owner signed in, and what a benchmark asks of it."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psutil

ROOT = Path(__file__).parents[1]
OWNER = {"email": "bench@example.com", "username": "bench", "password": "a bench needs no secret"}
START_SECONDS = 30


class Rig:
    """The server process and a client with the owner's session."""

    def __init__(self, data: Path, process: subprocess.Popen[bytes], client: httpx.Client) -> None:
        self._data = data
        self._process = process
        self.client = client

    @property
    def url(self) -> str:
        return str(self.client.base_url).rstrip("/")

    def deploy(self, name: str, blocks: Sequence[dict[str, Any]], edges: Sequence[dict[str, str]]) -> None:
        """Create a workflow and let its webhooks take calls."""
        created = self.client.post("/api/workflows", json={"name": name, "blocks": blocks, "edges": edges})
        created.raise_for_status()
        self.client.post(f"/api/workflows/{created.json()['id']}/deploy").raise_for_status()

    def memory_bytes(self) -> int:
        """Resident memory of the server and of all its workers."""
        return memory_of(self._process.pid)

    @property
    def database(self) -> Path:
        """The file of SQLite."""
        return self._data / "blockyard.db"

    def executions(self) -> dict[str, int]:
        """How many executions are on disk, by status."""
        with closing(sqlite3.connect(self.database)) as connection:
            return dict(connection.execute("SELECT status, count(*) FROM executions GROUP BY status").fetchall())


def memory_of(pid: int) -> int:
    """Resident memory of a process and of all that it has started, in bytes."""
    server = psutil.Process(pid)
    total = 0
    for process in (server, *server.children(recursive=True)):
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


@contextmanager
def running_rig() -> Iterator[Rig]:
    """Start a server with authentication on, make the owner through the setup page, and end it afterwards."""
    with TemporaryDirectory(prefix="blockyard-bench-") as directory, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        data = Path(directory) / "data"
        command = [sys.executable, "-m", "app.cli", "server", "--port", str(port), "--data", str(data)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BLOCKYARD_")}
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                _wait_until_ready(process, client)
                _sign_in(client)
                yield Rig(data, process, client)
            process.terminate()


def _wait_until_ready(process: subprocess.Popen[bytes], client: httpx.Client) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if client.get("/readyz").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError("The server did not start.")


def _sign_in(client: httpx.Client) -> None:
    client.post("/setup", data=OWNER | {"token": ""})
    answer = client.post("/api/auth/login", json={"email": OWNER["email"], "password": OWNER["password"]})
    answer.raise_for_status()
    client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
