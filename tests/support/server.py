"""A real server process on a port of its own, and a client that has signed in to it."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from uuid import uuid4

import httpx

from tests.support import warm
from tests.support.secrets_noted import note_environment
from tests.support.warm import ROOT, WarmProcess

OWNER = {"email": "owner@example.com", "username": "owner", "password": "correct horse battery"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ServerProcess:
    """`blockyard server` as an operator would start it; `kill` and `start` again keep port and data.

    `fresh` starts an interpreter of its own, where the start itself is what is tested.
    """

    def __init__(self, data: Path, *arguments: str, environment: Mapping[str, str] | None = None, fresh: bool = False) -> None:
        self.data = data
        self._is_fresh = fresh
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data.parent / f"{data.name}.log"
        self._arguments = arguments
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("BLOCKYARD_", "SSL_CERT_"))},
            "BLOCKYARD_EGRESS_ALLOW": "127.0.0.1",
            "BLOCKYARD_REQUESTS_PER_MINUTE": "0",
            **(environment or {}),
        }
        note_environment(self._environment)
        self.process: subprocess.Popen[bytes] | WarmProcess | None = None

    def owned(self) -> ServerProcess:
        """Put an owner into its data who has signed in: copied, because a migration and two hashes take half a second."""
        prepared, session = _prepared()
        shutil.copytree(prepared, self.data, dirs_exist_ok=True)
        _sessions[self.url] = session
        return self

    def start(self) -> ServerProcess:
        command = ("server", "--port", str(self.port), "--data", str(self.data), *self._arguments)
        self.process = self._fresh(command) if self._is_fresh else warm.start(command, self._environment, self.log)
        self._wait_until_ready()
        return self

    def _fresh(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                (sys.executable, "-m", "app.cli", *command), cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self.process is not None and self.process.poll() is not None:
                raise RuntimeError(f"The server ended with {self.process.returncode}:\n{self.log.read_text()}")
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise RuntimeError(f"The server did not get ready:\n{self.log.read_text()}")

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self, sig: int = signal.SIGTERM) -> tuple[int, float]:
        """Ask it to end; returns its exit code and the seconds that it took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(sig)
        code = self.process.wait(timeout=30)
        return code, time.monotonic() - began


class Client(httpx.Client):
    """Speaks to the API with the owner's session."""

    def __init__(self, url: str) -> None:
        super().__init__(base_url=url, timeout=30)

    def set_up(self) -> Client:
        """Make the owner's account as the setup page does, and sign in."""
        if self._goes_on():
            return self
        self.post("/setup", data=OWNER | {"token": ""})
        return self.sign_in()

    def sign_in(self) -> Client:
        """Sign in with the password, or go on with the session that was copied with the owner."""
        if self._goes_on():
            return self
        answer = self.post("/api/auth/login", json={"email": OWNER["email"], "password": OWNER["password"]})
        assert answer.status_code == 200, answer.text
        self.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return self

    def _goes_on(self) -> bool:
        session = _sessions.get(str(self.base_url).rstrip("/"))
        if session is None:
            return False
        self.cookies.update(session[0])
        self.headers["X-CSRF-Token"] = session[1]
        return self.get("/api/auth/me").status_code == 200

    def create(self, name: str, *blocks: dict[str, Any], edges: Sequence[str] = ()) -> str:
        """A workflow with these blocks; edges as `"start>check", "check:if>yes"`. Returns its id."""
        from tests.support.graphs import edge

        answer = self.post("/api/workflows", json={"name": name, "blocks": list(blocks), "edges": [edge(text) for text in edges]})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def new(self, *blocks: dict[str, Any], edges: Sequence[str] = ()) -> str:
        """Like create, with a name that no other workflow has."""
        return self.create(f"Workflow {uuid4().hex}", *blocks, edges=edges)

    def deployed(self, *blocks: dict[str, Any], edges: Sequence[str] = ()) -> str:
        """A new workflow that takes webhook calls."""
        workflow = self.new(*blocks, edges=edges)
        answer = self.post(f"/api/workflows/{workflow}/deploy")
        assert answer.status_code < 300, answer.text
        return workflow

    def drawn(self, workflow: str) -> dict[str, Any]:
        """A workflow's stored graph with its revision."""
        found: dict[str, Any] = self.get(f"/api/workflows/{workflow}/graph").json()
        return {key: found[key] for key in ("blocks", "edges", "revision")}

    def execute(self, workflow: str, **variables: Any) -> dict[str, Any]:
        answer = self.post(f"/api/workflows/{workflow}/execute", json={"variables": variables})
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    def wait_for(self, execution_id: str, *statuses: str, seconds: float = 15) -> dict[str, Any]:
        """Poll until the execution has one of the statuses (any terminal one by default)."""
        wanted = statuses or ("completed", "failed", "cancelled", "timed_out")
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found: dict[str, Any] = self.get(f"/api/executions/{execution_id}").json()
            if found["status"] in wanted:
                return found
            time.sleep(0.03)
        raise AssertionError(f"execution {execution_id} is {found['status']}, not {wanted}")


Session = tuple[dict[str, str], str]
"""Cookies and the token against forged requests."""
_sessions: dict[str, Session] = {}


@cache
def _prepared() -> tuple[Path, Session]:
    directory = Path(mkdtemp(prefix="blockyard-server-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    process = ServerProcess(directory / "data").start()
    client = Client(process.url).set_up()
    process.stop()
    return process.data, (dict(client.cookies), client.headers["X-CSRF-Token"])
