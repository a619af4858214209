"""A step of a breadcrumb: sections lead to their pages, whoever names them."""

from __future__ import annotations

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from inventory_ops.registries import menu

register = template.Library()


@register.simple_tag
def crumb(label: str, url: str | None, is_last: bool) -> SafeString:
    """The step as a link, where it leads anywhere; the last one is where one is."""
    if is_last:
        return format_html('<span aria-current="page">{}</span>', label)
    address = url or _section(str(label))
    return format_html('<a href="{}">{}</a>', address, label) if address else format_html("<span>{}</span>", label)


def _section(label: str) -> str:
    keys = {str(title): key for key, title in menu.GROUPS.items() if title}
    key = "system" if label in (_("Administration"), _("Settings")) else keys.get(label)
    return reverse("section", args=[key]) if key else ""
