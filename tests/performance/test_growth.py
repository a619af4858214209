"""The table of how jobs grow, made of what runs of the benchmarks at several scales saved."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bench import growth


def run(scale: str, **seconds: float) -> dict[str, Any]:
    times = {"trackers": {"median": seconds["page"]}, "orders": {"median": seconds["other"]}}
    scan = {"health: nothing changed": {"median": seconds["scan"]}}
    hand = {"orders: hand SQL": {"median": 9.0}, "orders: first page": {"median": 0.001}}
    jobs = [{"name": "P24", "times": times}, {"name": "P2", "times": scan}, {"name": "P4", "times": hand}]
    return {"scale": scale, "jobs": jobs}


S = run("S", page=0.012, other=0.010, scan=0.1)
M = run("M", page=0.012, other=0.011, scan=0.5)
L = run("L", page=0.0145, other=0.0115, scan=20.0)


def test_lines_have_each_scale_the_difference_and_the_exponent() -> None:
    lines = growth.lines([L, S, M])
    assert lines[0] == "| job | S | M | L | S to L | exponent |  |"
    assert "| P24 trackers | 12.0 ms | 12.0 ms | 14.5 ms | +2.5 ms | 0.04 | grows by more than 2 ms |" in lines
    assert "| P24 orders | 10.0 ms | 11.0 ms | 11.5 ms | +1.5 ms | 0.03 |  |" in lines
    # 200 times the order items: as much longer is an exponent of one, and a scan is no page
    assert "| P2 health: nothing changed | 100.0 ms | 500.0 ms | 20000.0 ms | +19900.0 ms | 1.00 |  |" in lines
    assert "hand SQL" not in "".join(lines)


def test_what_the_largest_run_alone_has_is_left_out() -> None:
    more = run("L", page=1, other=1, scan=1)
    more["jobs"].append({"name": "P8", "times": {"ours, slowest": {"median": 1.0}}})
    assert "P8" not in "".join(growth.lines([S, more]))


def test_files_of_one_scale_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "S.json"
    file.write_text(json.dumps(S))
    monkeypatch.setattr(sys, "argv", ["growth", str(file), str(file)])
    with pytest.raises(SystemExit):
        growth.main()
    assert "two or more scales" in capsys.readouterr().err
    other = tmp_path / "L.json"
    other.write_text(json.dumps(L))
    monkeypatch.setattr(sys, "argv", ["growth", str(other), str(file)])
    growth.main()
    assert capsys.readouterr().out.startswith("| job | S | L |")
