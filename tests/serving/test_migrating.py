"""Two first commands at once do not trip over each other."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from inventory_ops.management import migrating


def test_only_one_migrates_at_a_time(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    inside: list[int] = []
    most: list[int] = []

    def work(*_: object, **__: object) -> None:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.05)
        inside.pop()

    monkeypatch.setattr(migrating, "call_command", work)
    threads = [threading.Thread(target=migrating.migrate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]
