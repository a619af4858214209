"""Traces by OpenTelemetry. Imported by config.observing alone, and only when a collector is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from opentelemetry import trace as api
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.trace import Status

from config.redacting import short_error

# what may hold what somebody typed, or who they are; the route and the text of a statement stay
PERSONAL = (
    "http.url",
    "http.target",
    "http.user_agent",
    "net.peer.ip",
    "url.full",
    "url.query",
    "client.address",
    "user_agent.original",
    "celery.args",
    "celery.kwargs",
    "exception.stacktrace",
)


class CleanExporter(OTLPSpanExporter):
    """Sends spans without personal data. It reads the endpoint from the environment itself."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return super().export([_clean(span) for span in spans])


def start(*, service: str) -> None:
    """Trace this process from now on."""
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: f"inventory-ops-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(CleanExporter()))
    api.set_tracer_provider(provider)
    DjangoInstrumentor().instrument(response_hook=_add_request_id)
    CeleryInstrumentor().instrument()  # type: ignore[no-untyped-call]
    PsycopgInstrumentor().instrument()


def _add_request_id(span: Any, _request: HttpRequest, response: HttpResponse) -> None:
    """By which the request is found in the log."""
    if span.is_recording():
        span.set_attribute("ops.request_id", response.headers.get("X-Request-ID", ""))


def _clean(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_kept(span.attributes),
        events=[Event(each.name, _kept(each.attributes), each.timestamp) for each in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code, short_error(span.status.description or "")),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _kept(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    kept = {name: value for name, value in (attributes or {}).items() if name not in PERSONAL}
    if "exception.message" in kept:
        kept["exception.message"] = short_error(str(kept["exception.message"]))
    return kept
