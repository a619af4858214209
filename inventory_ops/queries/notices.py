"""What a notice is about: the finding as it is now, for who is notified of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from inventory_ops.models import Finding, User

OF_FINDING = re.compile(r"finding:([0-9]{1,18}):[0-9]+")


def findings_of(keys: Iterable[str], *, viewer: User) -> dict[str, dict[str, Any]]:
    """The findings that notices were published about, by the key of the notice: state, reason, owner and the like.

    Who works on it and by when is for staff alone, as on its page.
    """
    ids = {key: int(match.group(1)) for key in keys if (match := OF_FINDING.fullmatch(key))}
    found = Finding.objects.visible_to(viewer).select_related("assignee").in_bulk(ids.values()) if ids else {}
    return {key: _said(found[pk], staff=viewer.sees_all_merchants) for key, pk in ids.items() if pk in found}


def _said(finding: Finding, *, staff: bool) -> dict[str, Any]:
    said = {
        "id": finding.pk,
        "report": finding.report,
        "key": finding.key,
        "state": finding.state,
        "value": f"{finding.value:f}",
        "currency": finding.currency,
        "reason": finding.reason,
        "until": finding.until.isoformat() if finding.until else None,
        "first_seen_at": finding.first_seen_at.isoformat(),
        "opened_at": finding.opened_at.isoformat(),
        "times_opened": finding.times_opened,
    }
    if staff:
        said["owner"] = finding.assignee.email if finding.assignee else None
        said["due_on"] = finding.due_on.isoformat() if finding.due_on else None
    return said
