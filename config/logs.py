"""Structured logs: one event a line, with the id of the request or task it belongs to, without personal data."""

from __future__ import annotations

import logging.config
from typing import Any

import structlog

# Keys whose values never reach a log, whoever passes them.
SECRET_KEYS = frozenset(
    {
        "password",
        "secret",
        "token",
        "api_key",
        "apikey",
        "authorization",
        "cookie",
        "signature",
        "email",
        "customer_email",
    }
)


def hide_secrets(_logger: object, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Replace the value of every key in SECRET_KEYS."""
    for key in event:
        if key.lower() in SECRET_KEYS:
            event[key] = "[hidden]"
    return event


def configure(*, level: str, style: str) -> None:
    """Send the logs of Django, Celery and ours to stderr; `style` is `json` or `console`."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer() if style == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "structured": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.format_exc_info,
                        renderer,
                    ],
                    "foreign_pre_chain": shared,
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
            "root": {"handlers": ["stderr"], "level": "WARNING"},
            "loggers": {
                name: {"level": level, "handlers": ["stderr"], "propagate": False}
                for name in (
                    "inventory_ops",
                    "trackers",
                    "lost_damaged",
                    "user_audit",
                    "config",
                    "celery",
                )
            }
            | {"django": {"level": "WARNING"}, "django.request": {"level": "ERROR"}},
        }
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
