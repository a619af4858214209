"""Claims: the seller opens one with evidence, finance accepts or rejects it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inventory_ops.kit.page import Page
from inventory_ops.registries.permissions import EVERYBODY, FINANCE, MERCHANT, roles_required, viewer
from lost_damaged.forms import AcceptForm, ClaimForm, RejectForm
from lost_damaged.models import Claim, ClaimFile
from lost_damaged.operations import claims
from lost_damaged.operations.claims import ClaimDetails, ClaimRefused
from lost_damaged.queries import settings
from lost_damaged.reports.claims import TONES
from lost_damaged.views import posted


@roles_required(MERCHANT)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A seller claims one unit."""
    by = viewer(request)
    form = ClaimForm(*posted(request))
    if request.method == "POST" and form.is_valid() and by.merchant:
        try:
            claim = claims.open_claim(details=ClaimDetails(**form.cleaned_data), merchant=by.merchant, by=by)
        except ClaimRefused as refused:
            form.add_error(refused.field, str(refused))
        else:
            messages.success(request, _("%(number)s: finance will look at it.") % {"number": claim.number})
            return redirect("claim", claim.number)
    days = settings.current().claim_days
    page = Page(
        title=_("Claim a unit"),
        subtitle=_("One unit the shop lost or damaged, at most %(days)d days ago.") % {"days": days},
        breadcrumbs=[(_("Finance"), None), (_("Claims"), reverse("claims")), (_("New"), None)],
        submit_label=_("Send the claim"),
        cancel_url=reverse("claims"),
    )
    return render(request, "inventory_ops/form.html", {"page": page, "form": form}, status=422 if form.errors else 200)


def _claim(request: HttpRequest, number: str) -> Claim:
    rows = Claim.objects.visible_to(viewer(request)).select_related(
        "product", "merchant", "order_item__order", "write_off"
    )
    return get_object_or_404(rows, number=number)


@roles_required(*EVERYBODY)
@require_safe
def detail(request: HttpRequest, number: str) -> HttpResponse:
    """What the seller tells and shows, and what finance answered."""
    return _show(request, _claim(request, number))


def _show(request: HttpRequest, found: Claim, *, status: int = 200, **forms: Any) -> HttpResponse:
    user, is_open = viewer(request), found.state == Claim.State.OPEN
    decides = is_open and user.has_role(FINANCE)
    form = next((each for each in forms.values() if each.errors), None)
    context = {
        "page": Page(
            title=_("Claim %(number)s") % {"number": found.number},
            subtitle=f"{found.product.sku} · {found.product.name}",
            breadcrumbs=[(_("Finance"), None), (_("Claims"), reverse("claims")), (found.number, None)],
        ),
        "claim": found,
        "tone": TONES[found.state],
        "files": found.files.order_by("pk"),
        "shop_id_label": _("%(shop)s-Id") % {"shop": settings.current().shop_name},
        "accept": forms.get("accept") or AcceptForm(initial={"uid": found.uid, "reason": found.reason}, prefix="accept")
        if decides
        else None,
        "reject": forms.get("reject") or RejectForm(prefix="reject") if decides else None,
        "may_withdraw": is_open and user.has_role(MERCHANT),
        "shows_people": user.sees_all_merchants,
        "form": form,
    }
    return render(request, "lost_damaged/claim.html", context, status=status)


@roles_required(FINANCE, MERCHANT)
@require_POST
def decide(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """accept, reject (finance) or withdraw (the seller)."""
    found, by = _claim(request, number), viewer(request)
    if verb not in ({"accept", "reject"} if by.has_role(FINANCE) else {"withdraw"}):
        raise Http404
    form: Any = {"accept": AcceptForm, "reject": RejectForm}.get(verb, lambda *args, **kwargs: None)(
        request.POST, prefix=verb
    )
    try:
        if form is None:
            claims.withdraw(claim=found, by=by)
        elif not form.is_valid():
            return _show(request, found, status=422, **{verb: form})
        elif verb == "accept":
            if claims.accept(claim=found, **form.cleaned_data, by=by) is None:
                messages.warning(request, _("The amount is above a limit: a second person has to approve the unit."))
                return redirect("claim", number)
        else:
            claims.reject(claim=found, **form.cleaned_data, by=by)
    except ClaimRefused as refused:
        found = _claim(request, number)
        if form is None or found.state != Claim.State.OPEN:
            messages.error(request, str(refused))
            return redirect("claim", number)
        form.add_error(refused.field, str(refused))
        return _show(request, found, status=422, **{verb: form})
    messages.success(request, _("%(number)s is decided.") % {"number": number})
    return redirect("claim", number)


@roles_required(*EVERYBODY)
@require_safe
def file(request: HttpRequest, number: str, pk: int) -> HttpResponseBase:
    """One piece of evidence, always as a download: a browser never runs it."""
    row = get_object_or_404(ClaimFile, claim=_claim(request, number), pk=pk)
    path = claims.folder() / row.stored_name
    if not path.is_file():
        raise Http404
    return FileResponse(path.open("rb"), as_attachment=True, filename=row.name, content_type=row.content_type)
