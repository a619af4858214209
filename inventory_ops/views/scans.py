"""Asking for the scans that make findings."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from inventory_ops.operations import scans
from inventory_ops.registries.permissions import ADMIN, OPERATIONS, roles_required, viewer
from inventory_ops.views.addresses import safe_next


@roles_required(OPERATIONS, ADMIN)
@require_POST
def run_scan(request: HttpRequest, name: str) -> HttpResponse:
    """Ask the workers for a scan; without any, the page's live rows are right all the same."""
    try:
        scans.request(name, by=viewer(request).email)
    except scans.UnknownScan:
        raise Http404 from None
    except scans.ScanUnavailable as reason:
        messages.error(request, str(reason))
        return HttpResponseRedirect(safe_next(request))
    messages.success(request, _("The scan has been started. Reload in a moment to see what it found."))
    return HttpResponseRedirect(safe_next(request))


@roles_required(OPERATIONS, ADMIN)
@require_POST
def run_scans(request: HttpRequest) -> HttpResponse:
    """Ask the workers for the scans that make findings of loaded data (Scan.of_data)."""
    for name in scans.names_of_data():
        scans.request(name, by=viewer(request).email)
    messages.success(request, _("The scans have been started. Reload in a moment to see what they found."))
    return HttpResponseRedirect(safe_next(request))
