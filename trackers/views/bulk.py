"""Acting on many trackers, after a page that says what will happen."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from inventory_ops.kit.bulk import choose
from inventory_ops.kit.numbers import whole
from inventory_ops.kit.reports import registry
from inventory_ops.models import User
from inventory_ops.registries.permissions import roles_required, viewer
from trackers.forms import NumbersForm
from trackers.models import Tracker
from trackers.operations import rules
from trackers.views.pages import ROLES

MOST = 5_000
SHOWN = 50
SNOOZED_DAYS = 7


def _labels() -> dict[str, str]:
    return {
        "delete": _("Delete"),
        "enable": _("Enable"),
        "disable": _("Disable"),
        "snooze": _("Snooze for %(n)d days") % {"n": SNOOZED_DAYS},
        "change": _("Change numbers"),
    }


@roles_required(*ROLES)
@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """Delete, enable, disable, snooze or change the numbers of the chosen trackers."""
    user, action = viewer(request), request.POST.get("action", "")
    if action not in _labels():
        messages.error(request, _("Choose what to do with the trackers."))
        return redirect("trackers")
    try:
        chosen = choose(request.POST, registry.get("trackers"), viewer=user, key=F("pk"), most=MOST)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("trackers")
    ids = [number for each in chosen.keys if (number := whole(each)) is not None]
    trackers = list(Tracker.objects.visible_to(user).filter(pk__in=ids).select_related("product").order_by("pk"))
    if not trackers:
        messages.warning(request, _("No tracker was selected."))
        return redirect("trackers")
    confirmed = bool(request.POST.get("confirm")) and not chosen.changed
    form = NumbersForm(request.POST if confirmed else None) if action == "change" else None
    if not confirmed or (form and not form.is_valid()):
        return _confirm(request, action, trackers, chosen.changed, form, status=422 if confirmed else 200)
    count = _carry_out(action, trackers, form.numbers() if form else {}, user)
    messages.success(request, ngettext("%(n)d tracker changed.", "%(n)d trackers changed.", count) % {"n": count})
    if left := len(trackers) - count:
        said = ngettext("%(n)d was so already.", "%(n)d were so already, or have no such number.", left)
        messages.info(request, said % {"n": left})
    return redirect("trackers")


def _carry_out(action: str, trackers: list[Tracker], numbers: dict[str, int], by: User) -> int:
    match action:
        case "delete":
            return rules.delete(trackers=trackers, by=by)
        case "snooze":
            until = datetime.combine(timezone.now().date() + timedelta(days=SNOOZED_DAYS), time.max, UTC)
            return rules.snooze(trackers=trackers, until=until, by=by)
        case "change":
            return rules.change(trackers=trackers, numbers=numbers, by=by)
        case _other:
            return rules.switch(trackers=trackers, on=action == "enable", by=by)


def _confirm(
    request: HttpRequest, action: str, chosen: list[Tracker], changed: str, form: Any, *, status: int
) -> HttpResponse:
    label = _labels()[action]
    count = ngettext("%(n)d tracker", "%(n)d trackers", len(chosen)) % {"n": len(chosen)}
    hidden = [("action", action)]
    if request.POST.get("scope") == "all":
        hidden += [("scope", "all"), ("query", request.POST.get("query", "")), ("count_seen", str(len(chosen)))]
    else:
        hidden += [("ids", str(tracker.pk)) for tracker in chosen]
    page = {
        "title": f"{label}: {count}",
        "subtitle": _("A number counts for the trackers whose mechanism has it; empty leaves it as it is.")
        if form
        else "",
        "breadcrumbs": [(_("Trackers"), reverse("trackers")), (label, None)],
        "action_label": f"{label}: {count}",
        "danger": action == "delete",
        "cancel_url": reverse("trackers"),
        "hidden": hidden,
        "rows": [
            {"key": tracker.product.sku, "label": tracker.parameters, "outcome": label} for tracker in chosen[:SHOWN]
        ],
        "rows_total": _("… and %(n)d more") % {"n": len(chosen) - SHOWN} if len(chosen) > SHOWN else "",
        "confirm_count": None,
        "changed": changed,
    }
    return render(request, "inventory_ops/confirm_bulk.html", {"page": page, "form": form}, status=status)
