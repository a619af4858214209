"""Pages send tasks through the application's own broker, in whichever thread they run."""

from __future__ import annotations

import threading


def test_a_page_in_any_thread_knows_the_broker() -> None:
    from celery import current_app

    import config.wsgi  # noqa: F401
    from config.celery import app

    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(current_app._get_current_object()))
    thread.start()
    thread.join()
    assert found == [app]
