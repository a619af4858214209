"""Certification campaigns: the plan, the start, and the results of the last ones."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from inventory_ops.kit.page import Page
from inventory_ops.models import User
from inventory_ops.registries.permissions import ADMIN, roles_required, viewer
from user_audit.forms import ManagerForm, PlanForm
from user_audit.operations import certification as operations
from user_audit.queries import certification as queries
from user_audit.views.people import find


@roles_required(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest) -> HttpResponse:
    """How often campaigns begin, and how the last ones ended."""
    form = PlanForm(request.POST if request.method == "POST" else None, instance=queries.plan())
    if form.is_bound and form.is_valid():
        operations.save_plan(form.save(commit=False), by=viewer(request))
        messages.success(request, _("Plan saved."))
        return redirect("certification-plan")
    rounds = queries.rounds()
    context = {
        "page": Page(
            title=_("Certification"),
            subtitle=_("Each account with access is confirmed by its manager, or goes to a list."),
            breadcrumbs=[
                (_("Action required"), None),
                (_("Manage User Audit"), reverse("user-audit")),
                (_("Certification"), None),
            ],
        ),
        "form": form,
        "rounds": rounds,
        "open": any(each.campaign.is_open for each in rounds),
        "count": queries.subjects().count(),
    }
    return render(request, "user_audit/certification.html", context, status=422 if form.errors else 200)


@roles_required(ADMIN)
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Start a campaign now."""
    try:
        campaign = operations.start(by=viewer(request))
    except operations.NotPossible as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request,
            _("The campaign is open until %(day)s. Everybody who answers is notified.")
            % {"day": campaign.due_on.isoformat()},
        )
    return redirect("certification-plan")


@roles_required(ADMIN)
@require_POST
def set_manager(request: HttpRequest, key: str) -> HttpResponse:
    """Say who confirms the account of an identity."""
    row, form = find(key), ManagerForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["manager"])))
        return redirect("user-audit-detail", key)
    try:
        operations.set_manager(
            user=User.objects.get(pk=row.user_id or 0), manager=form.cleaned_data["manager"], by=viewer(request)
        )
    except User.DoesNotExist:
        messages.error(request, _("Nobody on the platform has this identity: administrators confirm it."))
    except operations.NotPossible as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Manager saved."))
    return redirect("user-audit-detail", key)
