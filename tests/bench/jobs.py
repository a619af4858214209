"""All jobs; importing them registers them, those of the base first."""

from tests.bench import closing, lists, moving, recognising, rescans, search, starting, trackers, user_audit, write_offs  # isort: skip

__all__ = [
    "closing",
    "lists",
    "moving",
    "recognising",
    "rescans",
    "search",
    "starting",
    "trackers",
    "user_audit",
    "write_offs",
]
