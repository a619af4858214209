"""What can be done to many trackers: one class in one file."""

from inventory_ops.kit.registry import import_all

ORDER = ("change", "snooze", "enable", "disable", "delete")  # of the buttons


def register_all() -> None:
    """The actions of this folder register themselves."""
    import_all(__name__, first=ORDER)
