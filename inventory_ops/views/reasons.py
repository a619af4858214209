"""Administration › Settings › Adjustment reasons."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from inventory_ops.kit.page import Page
from inventory_ops.models import AdjustmentReason
from inventory_ops.operations import reasons
from inventory_ops.registries.permissions import ADMIN, roles_required, viewer


class ReasonForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=100, help_text=gettext_lazy("For example: Sample for a customer.")
    )


@roles_required(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def adjustment_reasons(request: HttpRequest) -> HttpResponse:
    """The list; a form adds one, a button beside each takes it from the offer or puts it back."""
    form = ReasonForm(request.POST if "add" in request.POST else None)
    if request.method == "POST":
        try:
            if "add" not in request.POST:
                code = request.POST.get("retire") or request.POST.get("offer") or ""
                reason = get_object_or_404(AdjustmentReason, code=code.replace("\x00", ""))
                reasons.offer(reason=reason, offered="offer" in request.POST, by=viewer(request))
                return HttpResponseRedirect(request.path)
            if form.is_valid():
                added = reasons.add(name=form.cleaned_data["name"], by=viewer(request))
                messages.success(request, _("“%(name)s” can be chosen now.") % {"name": added.name})
                return HttpResponseRedirect(request.path)
        except reasons.ReasonRefused as refused:
            if form.is_bound:
                form.add_error("name", str(refused))
            else:
                messages.error(request, str(refused))
                return HttpResponseRedirect(request.path)
    title = _("Adjustment reasons")
    context = {
        "page": Page(
            title=title,
            subtitle=_("Why stock may be adjusted. Events keep a reason that is no longer offered."),
            breadcrumbs=[(_("Administration"), None), (_("Settings"), None), (title, None)],
        ),
        "form": form,
        "reasons": AdjustmentReason.objects.order_by("-is_active", "name"),
    }
    return render(request, "inventory_ops/reasons.html", context, status=422 if form.errors else 200)
