"""Why a backup was not made, or not restored."""

from __future__ import annotations


class CannotBackUp(Exception):
    """No backup was made, and no file is left behind; the message says why."""


class CannotRestore(Exception):
    """Nothing was written; the message says why and what to do."""
