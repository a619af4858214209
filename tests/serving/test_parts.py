"""Processes are kept alive, and given up with a message when that is of no use."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from inventory_ops.management.serving import parts


def part(tmp_path: Path, code: str) -> parts.Part:
    return parts.Part("web", [sys.executable, "-c", code], tmp_path / "web.log", dict(os.environ), tmp_path)


def test_a_process_that_was_killed_is_started_again(tmp_path: Path) -> None:
    it = part(tmp_path, "import time; time.sleep(600)")
    it.start()
    assert it.process is not None
    first = it.process.pid
    assert it.look_after() == ""
    os.kill(first, signal.SIGKILL)
    it.process.wait()
    assert it.look_after() == "The web process ended (signal 9); it starts again in 0.5 s."
    it.due_at = 0
    assert it.look_after() == ""
    assert it.process is not None and it.process.pid != first
    it.ask_to_stop()
    it.end(deadline=time.monotonic() + 10)
    assert it.process.returncode == -signal.SIGTERM


def test_a_process_that_cannot_live_ends_it_all_with_its_last_words(tmp_path: Path) -> None:
    it = part(tmp_path, "raise SystemExit('no such module')")
    it.start()
    said = []
    with pytest.raises(parts.CannotBeKept, match=r"ended 6 times in a row \(exit 1\)[\s\S]*no such module"):
        while True:
            if it.process is not None:
                it.process.wait()
            it.due_at = 0
            if line := it.look_after():
                said.append(line)
    assert [line.split()[-2] for line in said] == ["0.5", "1", "2", "4", "8"]
