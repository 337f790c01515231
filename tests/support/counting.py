"""A peer on loopback that counts the calls it gets, and can hold them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class CountingPeer:
    """Calls are counted by path, and kept with their Idempotency-Key.

    A call to `/hold...` is answered when `release` is set, or its path is let go.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.calls: list[tuple[str, str | None]] = []
        self.release = threading.Event()
        self._let_go: set[str] = set()
        self._moved = threading.Condition()

    @property
    def count(self) -> Counter[str]:
        return Counter(path for path, _ in self.calls)

    def keys(self, path: str) -> list[str | None]:
        return [key for called, key in self.calls if called == path]

    def came(self, path: str, key: str | None) -> None:
        with self._moved:
            self.calls.append((path, key))
            self._moved.notify_all()

    def let_go(self, path: str) -> None:
        """Answer what is held at this path now or later."""
        self._let_go.add(f"/{path}")

    def hold(self, path: str) -> None:
        """Return when a call to this path may be answered."""
        deadline = time.monotonic() + 20
        while path not in self._let_go and not self.release.wait(0.02) and time.monotonic() < deadline:
            pass

    def wait_for(self, path: str, count: int = 1) -> None:
        """Return when so many calls of a path have come."""
        with self._moved:
            assert self._moved.wait_for(lambda: self.count[path] >= count, timeout=10), f"{path} was not called"


class QuietServer(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: callers that die in the middle are what these tests are about."""


@contextmanager
def counting_peer() -> Iterator[CountingPeer]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            peer.came(self.path, self.headers.get("Idempotency-Key"))
            if self.path.startswith("/hold"):
                peer.hold(self.path)
            body = f'{{"path": "{self.path}"}}'.encode()
            try:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                self.close_connection = True  # whoever called is dead, which is what these tests are about

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    server = QuietServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    peer = CountingPeer(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield peer
    peer.release.set()
    server.shutdown()
    thread.join()
    server.server_close()
