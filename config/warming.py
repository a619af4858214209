"""Done when a web process starts, so that nobody's first page waits for it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import get_template, render_to_string
from django.urls import reverse

from inventory_ops.kit.registry import Later

MissingStaticFiles = ValueError  # of Django's storage, where nobody ran `collectstatic`: each page says so itself
FOLDER = Path(settings.BASE_DIR) / "templates"


def warm_up() -> None:
    """Import every page, build the table of addresses both ways, compile every template, and draw what surrounds a
    page. No connection is opened: the threads that answer have their own."""
    Later.fill_all()
    reverse("overview")  # the first one asks every page for its addresses
    for name in names():
        get_template(name)
    with suppress(MissingStaticFiles):
        _draw_frames()


def _draw_frames() -> None:
    """A page for nobody in each role: addresses, icons and texts of the menu, and the names of time zones."""
    # not before the table of addresses is there: pages know more than commands import
    from inventory_ops.kit.page import Page
    from inventory_ops.models import User
    from inventory_ops.models.users import Role
    from inventory_ops.pages import frame
    from inventory_ops.queries import shell, shop

    for role in Role.values:
        nobody, request = User(role=role), HttpRequest()
        for name in ("shop", "rates"):
            setattr(nobody, name, None)  # as if it was read with them
        request.path, request.META["SERVER_NAME"], request.META["SERVER_PORT"] = "/", "localhost", "80"
        for name, value in {"user": nobody, "frame_data": shell.FrameData()}.items():
            setattr(request, name, value)
        with shop.shown_to(nobody, asks_for=settings.LANGUAGE_CODE):
            context = {"page": Page(title="", breadcrumbs=[]), "group": frame.Group(None, ())}
            render_to_string("inventory_ops/section.html", context, request=request)


def names() -> list[str]:
    """Our own templates; those of packages are compiled when ours extend or include them."""
    return sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.html"))
