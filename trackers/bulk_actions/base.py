"""What the actions on trackers share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory_ops.kit.bulk.action import BulkAction, Line, Outcome
from inventory_ops.kit.reports.selection import numbers_of
from inventory_ops.models import User
from trackers.models import Tracker


class TrackerAction(BulkAction[Tracker]):
    """Subclasses give `apply`, which answers how many trackers it changed."""

    on = "trackers"
    most = 5_000

    def rows(self, keys: Sequence[str], *, report: Any, viewer: User) -> list[Tracker]:
        found = Tracker.objects.visible_to(viewer).filter(pk__in=numbers_of(keys))
        return list(found.select_related("product").order_by("pk"))

    def line(self, row: Tracker) -> Line:
        return Line(key=row.product.sku, label=row.parameters, outcome=str(self.label))

    def counted(self, count: int) -> str:
        return ngettext("%(n)d tracker", "%(n)d trackers", count) % {"n": count}

    @property
    def nothing_selected(self) -> str:
        return _("No tracker was selected.")

    def run(self, rows: Sequence[Tracker], *, by: User, values: dict[str, Any], seen: Mapping[str, str]) -> Outcome:
        count = self.apply(list(rows), by=by, values=values)
        said = ngettext("%(n)d tracker changed.", "%(n)d trackers changed.", count) % {"n": count}
        left = len(rows) - count
        unchanged = ngettext("%(n)d was so already.", "%(n)d were so already, or have no such number.", left)
        return Outcome(said, [unchanged % {"n": left}] if left else [])

    def apply(self, trackers: list[Tracker], *, by: User, values: dict[str, Any]) -> int:
        raise NotImplementedError
