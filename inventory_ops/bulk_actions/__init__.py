"""What can be done to many rows of the lists of the base app: one class in one file."""

from inventory_ops.kit.registry import import_all

FINDINGS = ("assign", "due", "acknowledge", "snooze", "reopen", "comment")  # in the order of the buttons


def register_all() -> None:
    """The actions of this folder register themselves."""
    import_all(__name__, first=FINDINGS)
