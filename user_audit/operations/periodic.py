"""The scan `users` of the base's scans: first AWS, then the findings of the report."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from inventory_ops.kit.db import parallel
from inventory_ops.kit.reports import registry
from inventory_ops.operations import figure_days, finding_days, findings
from inventory_ops.operations.findings import ScanCounts
from user_audit.models import IamScan
from user_audit.operations import days, scans


class ScanIncomplete(Exception):
    """At least one account could not be read: no finding is opened or closed on half the truth."""


def scan_users(as_of: datetime, whole: bool) -> ScanCounts:
    """Reads every account, always all of it, then brings the findings in line. Raises ScanIncomplete when one is
    missing."""
    # what one account's scan found stays when another one's fails
    results = parallel.on_own_connection(scans.scan_all)
    bad = [result for result in results if result.state != IamScan.State.COMPLETE]
    if bad:
        raise ScanIncomplete("; ".join(f"account {r.account_id}: {r.state}: {r.message}" for r in bad))
    report = registry.get("user-audit")
    counts = findings.scan_report(report, as_of=as_of)
    figure_days.record(report, as_of=as_of)
    days.record(day=as_of.date())
    finding_days.record_days(day=(as_of or timezone.now()).date(), reports=[report.slug])
    return counts
