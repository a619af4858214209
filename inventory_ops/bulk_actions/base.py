"""What the actions on findings share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory_ops.kit.bulk.action import BulkAction, Line, Outcome
from inventory_ops.kit.numbers import whole
from inventory_ops.kit.reports import Report
from inventory_ops.models import Finding, User
from inventory_ops.operations import findings

SHOWN_REASONS = 5


class FindingAction(BulkAction[Finding]):
    """Every list with a workflow offers it. Subclasses give `apply`."""

    on = "findings"

    def rows(self, keys: Sequence[str], *, report: Report, viewer: User) -> list[Finding]:
        found = self._known(keys, report, viewer)
        if len(found) < len(set(keys)):
            # rows that no scan has seen yet: look now, so that they can be worked on
            findings.scan_report(report, as_of=timezone.now())
            found = self._known(keys, report, viewer)
        return found

    @staticmethod
    def _known(keys: Sequence[str], report: Report, viewer: User) -> list[Finding]:
        return list(Finding.objects.visible_to(viewer).filter(report=report.slug, key__in=keys))

    def line(self, row: Finding) -> Line:
        return Line(key=row.label, label=str(row.get_state_display()))

    def counted(self, count: int) -> str:
        return ngettext("%(n)d finding", "%(n)d findings", count) % {"n": count}

    def title(self, count: int) -> str:
        return f"{self.label} {self.counted(count)}"

    def reason_to_skip(self, row: Finding) -> str:
        resolved = row.state == Finding.State.RESOLVED
        return _("Resolved: the last scan no longer saw it") if resolved else ""

    def seen(self, row: Finding) -> tuple[str, str]:
        return f"version_{row.pk}", str(row.version)

    def run(self, rows: Sequence[Finding], *, by: User, values: dict[str, Any], seen: Mapping[str, str]) -> Outcome:
        done, refused = list[Finding](), []
        for finding in rows:
            try:
                self.apply(finding, by=by, values=values, version=whole(seen.get(f"version_{finding.pk}")))
                done.append(finding)
            except (findings.FindingChanged, findings.InvalidChange) as error:
                refused.append(str(error))
        refused += self.finish(done)
        left = refused[:SHOWN_REASONS]
        if rest := len(refused) - len(left):
            left.append(
                ngettext("… and %(n)d more was left alone.", "… and %(n)d more were left alone.", rest) % {"n": rest}
            )
        said = ngettext("%(n)d finding changed.", "%(n)d findings changed.", len(done)) % {"n": len(done)}
        return Outcome(said if done else "", left)

    def finish(self, findings: Sequence[Finding]) -> list[str]:
        """What is done once for all that `apply` changed; answers what has to be said about it."""
        return []

    def apply(self, finding: Finding, *, by: User, values: dict[str, Any], version: int | None) -> None:
        """Change one finding. Raises FindingChanged and InvalidChange."""
        raise NotImplementedError
