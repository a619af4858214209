"""ASGI entry point."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
import config.celery  # noqa: F401  (pages send tasks through it: imported now and not within somebody's click)
from config.charset import guard_asgi
from config.warming import warm_up

application = guard_asgi(get_asgi_application())
warm_up()
