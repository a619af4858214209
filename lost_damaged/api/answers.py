"""What an action answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer; `failed` are the items that were not processed."""

    body: Mapping[str, Any] = field(default_factory=dict)
    failed: list[dict[str, Any]] = field(default_factory=list)
