"""Finance › Waiting units: what is above a limit, for a second person to approve or reject."""

from __future__ import annotations

import uuid
from decimal import Decimal, InvalidOperation

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from inventory_ops.kit import markup
from inventory_ops.kit.page import Page
from inventory_ops.registries.permissions import ADMIN, FINANCE, roles_required, viewer
from lost_damaged.operations import waiting
from lost_damaged.queries import waiting as queries

SHOWN_DECIDED = 30


@roles_required(FINANCE, ADMIN)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Those that wait (of one import: `import`), and what was decided lately."""
    user = viewer(request)
    of_import = _uuid(request.GET.get("import", ""))
    units = queries.waiting(of_import)
    context = {
        "page": Page(
            title=_("Waiting units"),
            subtitle=_("Amounts above a limit: a second person of finance or administration decides."),
            breadcrumbs=[(_("Finance"), None), (_("Waiting units"), None)],
        ),
        "units": [(each, each.requested_by_id != user.pk) for each in units[: queries.MOST_SHOWN]],
        "total": units.count(),
        "totals": queries.totals(of_import),
        "of_import": queries.file_of(of_import) if of_import else None,
        "decided": queries.decided()[:SHOWN_DECIDED],
    }
    return render(request, "lost_damaged/waiting.html", context)


@roles_required(FINANCE, ADMIN)
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Approve or reject the chosen units; each is named with the amount that was shown."""
    by = viewer(request)
    back = reverse("waiting-units")
    if of_import := _uuid(request.POST.get("import", "")):
        back += f"?import={of_import}"
    try:
        seen = _seen(request.POST.getlist("unit"))
        if request.POST.get("verb") == "approve":
            done = waiting.approve(seen=seen, by=by)
            messages.success(
                request,
                ngettext("%(n)s unit is written off.", "%(n)s units are written off.", done.booked)
                % {"n": markup.number(done.booked)},
            )
            if done.left:
                left = ngettext(
                    "%(n)s unit has changed and waits on", "%(n)s units have changed and wait on", done.left
                ) % {"n": markup.number(done.left)}
                messages.warning(request, _("%(units)s: look at them again.") % {"units": left})
        else:
            count = waiting.reject(ids=list(seen), note=request.POST.get("note", ""), by=by)
            messages.success(
                request,
                ngettext("%(n)s unit is rejected.", "%(n)s units are rejected.", count) % {"n": markup.number(count)},
            )
    except waiting.CannotDecide as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(back)


def _seen(chosen: list[str]) -> dict[int, Decimal]:
    """Ids and amounts from checkboxes `id:amount`. Raises CannotDecide."""
    found: dict[int, Decimal] = {}
    for text in chosen:
        pk, _colon, amount = text.partition(":")
        try:
            value = Decimal(amount)
        except InvalidOperation:
            value = Decimal("NaN")
        if not (pk.isascii() and pk.isdecimal() and len(pk) < 19 and value.is_finite()):
            raise waiting.CannotDecide(_("The selection cannot be read. Choose the units again."))
        found[int(pk)] = value
    return found


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
