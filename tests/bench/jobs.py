"""All jobs; importing them registers them, those of the base first."""

from tests.bench import (  # isort: skip
    closing,
    costs,
    crowd,
    first_pages,
    lists,
    moving,
    pages,
    recognising,
    rescans,
    search,
    starting,
    trackers,
    user_audit,
    write_offs,
)

__all__ = [
    "closing",
    "costs",
    "crowd",
    "first_pages",
    "lists",
    "moving",
    "pages",
    "recognising",
    "rescans",
    "search",
    "starting",
    "trackers",
    "user_audit",
    "write_offs",
]
