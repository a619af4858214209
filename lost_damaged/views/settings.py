"""Administration › Settings › Finance."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from inventory_ops.kit.page import Page
from inventory_ops.operations import proposals
from inventory_ops.queries.proposals import newest
from inventory_ops.registries.permissions import ADMIN, FINANCE, roles_required, signs_in_again, viewer
from inventory_ops.views import editing
from inventory_ops.views.proposals import rows as proposal_rows
from lost_damaged import forms
from lost_damaged.models import ApiKey, SellerAccount
from lost_damaged.operations import adjustments, api_keys, rules
from lost_damaged.operations import settings as operations
from lost_damaged.queries import settings as queries
from lost_damaged.statement_forms import AdjustmentForm

# what a second person has to approve: kind of proposal, and its form
PROPOSED: dict[str, tuple[proposals.Kind, type[forms.ProposalForm]]] = {
    "factor": (rules.FACTOR, forms.FactorForm),
    "caps": (rules.CAPS_KIND, forms.CapsForm),
    "period": (rules.PERIOD, forms.PeriodForm),
    "adjustment": (adjustments.ADJUSTMENT, AdjustmentForm),
}


@roles_required(FINANCE, ADMIN)
@signs_in_again()
@require_http_methods(["GET", "HEAD", "POST"])
@editing.one_at_a_time
def finance(request: HttpRequest) -> HttpResponse:
    """All settings of finance on one page; each form posts its own part."""
    part = request.POST.get("part", "")
    bound = forms_of(request, part)
    if request.method == "POST" and part not in bound:
        return redirect("finance-settings")
    if part and bound[part].is_valid():
        SAVES[part](request, bound[part])
        return redirect("finance-settings")
    context = {
        "page": Page(
            title=_("Finance settings"),
            subtitle=_("Factors, caps, accounts and API keys of lost and damaged."),
            breadcrumbs=[(_("Administration"), None), (_("Settings"), None), (_("Finance"), None)],
        ),
        "general": bound["general"],
        "account": bound["account"],
        "form": bound[part] if part else None,
        "factors": queries.factors().filter(state__in=["in_force", "to_come"])[:50],
        "caps": queries.caps()[:50],
        "default_caps": queries.caps_of(""),
        "locked_until": queries.current().locked_until,
        "rows": proposal_rows(newest(list(PROPOSED)), now=timezone.now()),
        "accounts": SellerAccount.objects.select_related("merchant").order_by("merchant__vendor_number")[:200],
        "keys": ApiKey.objects.select_related("user").order_by("revoked_at", "-created_at")[:50],
        "now": timezone.now(),
    }
    failed = bool(part) and bool(bound[part].errors)
    return render(request, "lost_damaged/settings.html", context, status=422 if failed else 200)


def forms_of(request: HttpRequest, part: str) -> dict[str, Any]:
    def data(name: str) -> Any:
        return request.POST if part == name else None

    return {
        "general": forms.SettingsForm(data("general"), instance=queries.current(), prefix="general"),
        "account": forms.SellerAccountForm(data("account"), prefix="account"),
    }


def _save_general(request: HttpRequest, form: Any) -> None:
    if form.changed_data:
        operations.save(form.save(commit=False), changed=form.changed_data, by=viewer(request))
    messages.success(request, _("Settings saved."))


def _save_account(request: HttpRequest, form: Any) -> None:
    data = form.cleaned_data
    operations.set_account(merchant=data["merchant"], vendor_no=data["vendor_no"], by=viewer(request))
    messages.success(request, _("NAV vendor number saved."))


SAVES = {"general": _save_general, "account": _save_account}


@roles_required(FINANCE, ADMIN)
@signs_in_again()
@require_POST
def revoke_key(request: HttpRequest, pk: int) -> HttpResponse:
    key = get_object_or_404(ApiKey.objects.select_related("user"), pk=pk)
    api_keys.revoke(key=key, by=viewer(request))
    messages.success(request, _("The key …%(hint)s is revoked.") % {"hint": key.hint})
    return redirect("finance-settings")


@roles_required(FINANCE, ADMIN)
@signs_in_again()
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest, name: str) -> HttpResponse:
    """Propose a factor, caps, a period lock or an adjustment of a statement."""
    if name not in PROPOSED:
        raise Http404
    kind, form_class = PROPOSED[name]
    form = form_class(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        try:
            made = proposals.propose(
                kind=kind,
                values=form.values(),
                merchant=data.get("merchant"),
                subject=form.subject(),
                valid_from=data.get("valid_from"),
                note=data["note"],
                by=viewer(request),
            )
        except proposals.Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Proposed. It holds once a second person approves."))
            return HttpResponseRedirect(reverse("proposal", args=[made.pk]))
    page = Page(
        title=_("Propose a change: %(rule)s") % {"rule": kind.title},
        subtitle=_("A second person of finance or administration has to approve it."),
        breadcrumbs=[
            (_("Administration"), None),
            (_("Finance settings"), reverse("finance-settings")),
            (str(kind.title), None),
        ],
        submit_label=_("Propose"),
        cancel_url=reverse("finance-settings"),
    )
    status = 422 if form.is_bound else 200
    return render(request, "inventory_ops/form.html", {"page": page, "form": form}, status=status)
