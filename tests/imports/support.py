"""Loading texts as files."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from inventory_ops.kit.imports import registry
from inventory_ops.operations.imports.files import File, Outcome

NOW = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)

type Load = Callable[..., Outcome]


def write(folder: Path, kind: str, content: str | bytes, *, packed: bool = False) -> File:
    data = content.encode() if isinstance(content, str) else content
    path = folder / (f"{kind}.csv.gz" if packed else f"{kind}.csv")
    path.write_bytes(gzip.compress(data, mtime=0) if packed else data)
    spec = registry.get(kind)
    assert spec
    return File(path=path, spec=spec, name=path.name)


def messages(outcome: Outcome) -> list[tuple[int, str, str]]:
    """Errors as (line, column, code)."""
    return [(error.line, error.column, error.code) for error in outcome.errors]
