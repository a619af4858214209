"""WSGI entry point."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
import config.celery  # noqa: F401  (the app that pages send tasks through: without it they go to no broker)
from config import env, observing
from config.charset import guard_wsgi

observing.trace(env.read().otel_endpoint, service="web")
application = guard_wsgi(get_wsgi_application())
