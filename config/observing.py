"""Errors to Sentry and traces to OpenTelemetry, each only where its variable is set: else nothing of it is imported.

Both get what happened and where, no personal data: no addresses' queries, bodies, cookies, users, local variables or
values of statements.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config.redacting import short_error, without_mails

_tracing: list[str] = []


def report_errors(dsn: str, *, environment: str) -> None:
    """Send unhandled and logged errors to the Sentry server `dsn`; "" is none. Raises ImproperlyConfigured."""
    if not dsn:
        return
    _demand("sentry_sdk", variable="SENTRY_DSN", extra="sentry")
    import sentry_sdk

    sentry_sdk.init(
        dsn,
        environment=environment,
        send_default_pii=False,
        include_local_variables=False,
        max_breadcrumbs=0,
        max_request_body_size="never",
        before_send=_clean_event,
    )


def trace(endpoint: str, *, service: str) -> None:
    """Send spans of requests, tasks and statements to a collector; "" is none. To be called in the process that works,
    after it was forked, and once. Raises ImproperlyConfigured.
    """
    if not endpoint or _tracing:
        return
    _demand("opentelemetry.exporter.otlp", variable="OTEL_EXPORTER_OTLP_ENDPOINT", extra="otel")
    from config import tracing

    _tracing.append(service)
    tracing.start(service=service)


def _demand(module: str, *, variable: str, extra: str) -> None:
    try:
        found = find_spec(module)
    except ModuleNotFoundError:
        found = None
    if found is None:
        raise ImproperlyConfigured(f"{variable} is set, but its packages are not installed: uv sync --extra {extra}")


def _clean_event(event: Any, hint: dict[str, Any]) -> Any:
    """Leave of an event what has no personal data, and add the request's id, by which it is found in the log."""
    from structlog.contextvars import get_contextvars

    for name in ("user", "extra", "breadcrumbs"):
        event.pop(name, None)
    kept = {name: value for name, value in event.get("contexts", {}).items() if name in {"trace", "runtime"}}
    event["contexts"] = kept
    request = event.get("request", {})
    if request:
        url = str(request.get("url", "")).partition("?")[0]
        event["request"] = {"method": request.get("method"), "url": url}
    if record := hint.get("log_record"):
        said = record.msg.get("event", "") if isinstance(record.msg, dict) else record.msg
        event["logentry"] = {"message": without_mails(str(said))}
    for raised in event.get("exception", {}).get("values", []):
        raised["value"] = short_error(str(raised.get("value") or ""))
    if request_id := get_contextvars().get("request_id"):
        event.setdefault("tags", {})["request_id"] = request_id
    return event
