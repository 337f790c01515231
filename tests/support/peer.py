"""A small web server on loopback that workflows call: it answers as it is told and remembers what it was asked."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Seen:
    """One request as it came in; header names are lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    began: float
    ended: float

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0


class Peer:
    """`with Peer() as peer:` serves; `peer.replies["/path"] = Reply(...)` scripts it, every other path echoes its body."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}
        self.seen: list[Seen] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def calls(self, path: str) -> list[Seen]:
        """What came to one path, in order."""
        return [seen for seen in self.seen if seen.path.partition("?")[0] == path]

    def reply(self, path: str, body: bytes) -> Reply:
        """What is answered to a body at a path."""
        return self.replies.get(path) or Reply(json.loads(body) if body else {"path": path})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                began = time.monotonic()
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                reply = peer.reply(self.path.partition("?")[0], body)
                time.sleep(reply.delay)
                headers = {name.lower(): value for name, value in self.headers.items()}
                peer.seen.append(Seen(self.command, self.path, headers, body, began, time.monotonic()))
                content = reply.body.encode() if isinstance(reply.body, str) else json.dumps(reply.body).encode()
                self.send_response(reply.status)
                for name, value in ({"Content-Type": "application/json"} | reply.headers).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = answer  # noqa: N815 - the base class asks for these

            def log_message(self, format: str, *arguments: object) -> None:
                """Nothing is printed."""

        return Handler
