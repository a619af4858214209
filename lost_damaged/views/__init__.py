"""Pages of lost and damaged."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Page:
    """What every page's head shows, and a form's buttons."""

    title: str
    subtitle: str = ""
    breadcrumbs: list[tuple[str, str | None]] = field(default_factory=list)
    submit_label: str = ""
    cancel_url: str = ""
