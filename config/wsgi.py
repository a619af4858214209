"""WSGI entry point."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
import config.celery  # noqa: F401  (pages send tasks through it: imported now and not within somebody's click)
from config import env, observing
from config.charset import guard_wsgi
from config.warming import warm_up

observing.trace(env.read().otel_endpoint, service="web")
application = guard_wsgi(get_wsgi_application())
warm_up()
