"""Done when a web process starts, so that nobody's first page waits for it."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.template.loader import get_template
from django.urls import reverse

from inventory_ops.kit.registry import Later

FOLDER = Path(settings.BASE_DIR) / "templates"


def warm_up() -> None:
    """Import every page, build the table of addresses both ways, and compile every template."""
    Later.fill_all()
    reverse("overview")  # the first one asks every page for its addresses
    for name in names():
        get_template(name)


def names() -> list[str]:
    """Our own templates; those of packages are compiled when ours extend or include them."""
    return sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.html"))
