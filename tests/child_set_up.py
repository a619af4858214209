"""What the processes of `tests.child` start with."""

import django

django.setup()

import config.celery  # noqa: E402, F401
