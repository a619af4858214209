"""The process of the local IAM endpoint: `python -m config.embedded.aws.server DATA_DIR`.

The token and the kind of seed come through the environment that `start` prepares.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from moto.iam import models as iam_models
from moto.iam import urls as iam_urls
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.sts import urls as sts_urls
from werkzeug.serving import make_server

from . import STATE_FILE, seed, strict
from .state import Store

SAVE_SECONDS = 0.5


class QuietHandler(MotoRequestHandler):
    def log_request(self, *args: Any, **kwargs: Any) -> None:
        """No line per request: the log is for failures."""


def main(data_dir: Path) -> None:
    token = os.environ["OPS_EMBEDDED_AWS_TOKEN"]
    iam_models.PARTITION_NAMES = ["aws"]  # type: ignore[attr-defined]  # moto would load 1,300 policies for each of 8 partitions
    iam_urls.url_paths = {"{0}/$": strict.StrictIam.dispatch}
    sts_urls.url_paths = {"{0}/$": strict.StrictSts.dispatch}

    store = Store(data_dir / "aws-state.bin")
    if not store.load():
        start_over(store)
    key = seed.own_key()

    moto_app = DomainDispatcherApplication(create_backend_app)

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO") == "/ops/ready":
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [token.encode()]
        if environ.get("PATH_INFO") == "/ops/reset" and environ.get("HTTP_X_OPS_TOKEN") == token:
            start_over(store)
            start_response("204 No Content", [])
            return []
        answer: Iterable[bytes] = moto_app(environ, start_response)
        return answer

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    stopping = threading.Event()

    def keep_saved() -> None:
        while not stopping.wait(SAVE_SECONDS):
            if strict.changed.is_set():
                store.save()

    def stop(*_: Any) -> None:
        stopping.set()
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    saver = threading.Thread(target=keep_saved, daemon=True)
    saver.start()
    _write_state(
        data_dir / STATE_FILE,
        {
            "url": f"http://127.0.0.1:{server.server_port}",
            "pid": os.getpid(),
            "token": token,
            "access_key_id": key.access_key_id,
            "secret_access_key": key.secret_access_key,
        },
    )
    server.serve_forever(poll_interval=0.05)
    saver.join(timeout=5)
    if strict.changed.is_set():
        store.save()
    (data_dir / STATE_FILE).unlink(missing_ok=True)


def start_over(store: Store) -> None:
    """Empties every account and seeds anew."""
    with strict.lock:
        store.empty()
        seed.identity()
        if os.environ["OPS_EMBEDDED_AWS_SEED"] == "organisation":
            seed.organisation()
        seed.crowd(int(os.environ["OPS_EMBEDDED_AWS_CROWD"]))
        store.save()


def _write_state(path: Path, state: dict[str, Any]) -> None:
    temporary = path.with_suffix(".new")
    temporary.touch(mode=0o600)
    temporary.write_text(json.dumps(state))
    temporary.replace(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
