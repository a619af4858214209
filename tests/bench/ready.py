"""Settings of gunicorn for P23: a worker says when it has started, so that nobody has to ask it for a page."""

from __future__ import annotations

from typing import Any

READY = "The web process is ready."


def post_worker_init(worker: Any) -> None:
    print(READY, flush=True)
