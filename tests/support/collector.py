"""An OpenTelemetry collector on this machine: takes spans by OTLP over HTTP and remembers them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class ReceivedSpan:
    name: str
    id: str
    parent: str
    trace: str
    attributes: dict[str, Any]
    problem: str
    nanoseconds: int


class Collector:
    """Use as a context manager; `url` is its endpoint."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.path == "/v1/traces":
                    collector.bodies.append(body)
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Collector:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()

    @property
    def spans(self) -> list[ReceivedSpan]:
        return [span for body in list(self.bodies) for span in _read(body)]

    def found(self, fits: Callable[[ReceivedSpan], bool]) -> list[ReceivedSpan]:
        """The spans that fit, once there are some."""
        deadline = time.monotonic() + 20
        while not (found := [span for span in self.spans if fits(span)]):
            assert time.monotonic() < deadline, f"none of {self.spans}"
            time.sleep(0.05)
        return found


def _read(body: bytes) -> list[ReceivedSpan]:
    request = ExportTraceServiceRequest.FromString(body)
    return [
        ReceivedSpan(
            span.name,
            span.span_id.hex(),
            span.parent_span_id.hex(),
            span.trace_id.hex(),
            {one.key: getattr(one.value, str(one.value.WhichOneof("value"))) for one in span.attributes},
            span.status.message,
            span.end_time_unix_nano - span.start_time_unix_nano,
        )
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
