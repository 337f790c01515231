"""Spans for an OpenTelemetry collector; without an endpoint nothing is imported and nothing is done."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, Protocol

Attributes = Mapping[str, str | int]
SpanHandle = Any
"""A span that has begun."""


class Spans(Protocol):
    """Where spans go. What is said of one is ids, names of places and codes: never content, never an address with its query."""

    def request(self, name: str, headers: Mapping[str, str], attributes: Attributes) -> AbstractContextManager[SpanHandle]:
        """The span of a request, in the caller's trace where the headers name one; what is begun within it belongs to it."""
        ...

    def begin(self, name: str, at: str, attributes: Attributes, parent: SpanHandle = None) -> SpanHandle:
        """A span from a moment on; without a parent, a part of the request that is served here, or a trace of its own."""
        ...

    def add(self, span: SpanHandle, attributes: Attributes) -> None: ...

    def end(self, span: SpanHandle, at: str, problem: str = "") -> None:
        """`problem` is the code of what went wrong."""
        ...

    def close(self) -> None:
        """Send what is left; takes as long as the collector does, at most two seconds."""
        ...


def open_spans(endpoint: str) -> Spans | None:
    """Spans to a collector's OTLP/HTTP endpoint; None without one. Raises ImportError when the extra `otel` is not installed."""
    if not endpoint:
        return None
    spans: Spans = import_module("app.adapters.tracing_otlp").OtlpSpans(endpoint)
    return spans
