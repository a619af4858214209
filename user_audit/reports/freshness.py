"""How old what we know of AWS is, account by account."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from inventory_ops.kit import markup
from user_audit.connected import why_not_connected
from user_audit.models import IamAccount, IamScan

LATE = timedelta(hours=7)  # a scan runs every six


def failures() -> list[str]:
    """Why the last scan of an account failed or was held, account by account."""
    newest = IamScan.objects.filter(account__is_enabled=True).order_by("account", "-started_at").distinct("account")
    return [
        _("%(account)s: the last scan %(state)s. %(why)s")
        % {"account": scan.account, "state": scan.get_state_display().lower(), "why": scan.message}
        for scan in newest.select_related("account")
        if scan.state in (IamScan.State.FAILED, IamScan.State.HELD)
    ]


def freshness() -> dict[str, str]:
    """How old the scans are, account by account; the worst one decides the colour. One query."""
    if why_not_connected():
        return {"state": "never", "text": _("AWS is not connected")}
    now = timezone.now()
    scans = IamScan.objects.filter(account=OuterRef("pk"))
    complete = scans.filter(state=IamScan.State.COMPLETE).order_by("-finished_at")
    accounts = (
        IamAccount.objects.filter(is_enabled=True)
        .order_by("account_id")
        .annotate(
            last_state=Subquery(scans.order_by("-started_at").values("state")[:1]),
            read_at=Subquery(complete.values("finished_at")[:1]),
        )
    )
    states, texts = [], []
    for account in accounts:
        age = strip_tags(markup.ago(account.read_at, now)) if account.read_at else _("never")
        if account.last_state in (IamScan.State.FAILED, IamScan.State.HELD):
            states.append("failed")
            label = IamScan.State(account.last_state).label.lower()
            values = {"account": account, "state": label, "age": age}
            texts.append(_("%(account)s: last scan %(state)s, read %(age)s") % values)
        else:
            is_late = account.read_at is None or now - account.read_at > LATE
            states.append("late" if is_late else "ok")
            texts.append(_("%(account)s: read %(age)s") % {"account": account, "age": age})
    state = next((each for each in ("failed", "late") if each in states), "ok" if states else "never")
    return {"state": state, "text": " · ".join(texts) or _("AWS was never scanned")}
