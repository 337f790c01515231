"""Spans by the OpenTelemetry SDK, sent in batches over OTLP/HTTP. Only imported when an endpoint is set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from app.adapters.tracing import Attributes

PATH = "/v1/traces"
CLOSE_MS = 2_000


class OtlpSpans:
    """The one tracer of this process."""

    def __init__(self, endpoint: str) -> None:
        address = endpoint.rstrip("/")
        exporter = OTLPSpanExporter(endpoint=address if address.endswith(PATH) else address + PATH)
        self._provider = TracerProvider(resource=Resource.create({"service.name": "blockyard"}), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1_000))
        self._tracer = self._provider.get_tracer("blockyard")
        self._callers = TraceContextTextMapPropagator()

    @contextmanager
    def request(self, name: str, headers: Mapping[str, str], attributes: Attributes) -> Iterator[Span]:
        context = self._callers.extract(headers)
        with self._tracer.start_as_current_span(
            name, context=context, kind=SpanKind.SERVER, attributes=dict(attributes), record_exception=False
        ) as span:
            yield span

    def begin(self, name: str, at: str, attributes: Attributes, parent: Span | None = None) -> Span:
        context = None if parent is None else trace.set_span_in_context(parent)
        return self._tracer.start_span(name, context=context, attributes=dict(attributes), start_time=_nanoseconds(at))

    def add(self, span: Span, attributes: Attributes) -> None:
        span.set_attributes(dict(attributes))

    def end(self, span: Span, at: str, problem: str = "") -> None:
        if problem:
            span.set_status(Status(StatusCode.ERROR, problem))
        span.end(_nanoseconds(at))

    def close(self) -> None:
        self._provider.force_flush(CLOSE_MS)
        self._provider.shutdown()


def _nanoseconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1_000_000) * 1_000
