"""The tabs of a list page: views that the report declares, and those that people saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _

from inventory_ops.kit.reports.report import Report


@dataclass(slots=True)
class ViewTab:
    label: str
    url: str
    active: bool
    count: str | None = None


@dataclass(slots=True)
class CurrentView:
    """The saved view in force. Its addresses are '' for what the viewer may not do to it."""

    name: str
    scope: str
    change_url: str
    delete_url: str
    opening_url: str
    subscribe_url: str
    opens_list: bool
    is_changed: bool


@dataclass(slots=True)
class Views:
    """The context `page.views`. `scopes` are who may be given a view to see, as value and label."""

    tabs: list[ViewTab] = field(default_factory=list)
    save_url: str = ""
    scopes: list[tuple[str, str]] = field(default_factory=list)
    current: CurrentView | None = None


def of(report: Report, given: Mapping[str, str]) -> Views:
    """The report's own views; the tab of exactly the filters that are `given` is active."""
    if not report.views:
        return Views()
    declared = [("", _("All")), *((view.query, str(view.label)) for view in report.views)]
    return Views(
        [
            ViewTab(label=label, url="?" + query, active=QueryDict(query).dict() == dict(given))
            for query, label in declared
        ]
    )
