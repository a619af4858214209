"""One small file per Action Required report."""


def register_all() -> None:
    """Import every report of this folder, which registers it."""
