"""Claims: the seller opens one with evidence, finance accepts or rejects it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inventory_ops.kit import files
from inventory_ops.kit.page import Page
from inventory_ops.models import User
from inventory_ops.registries.permissions import EVERYBODY, FINANCE, MERCHANT, roles_required, viewer
from lost_damaged.claim_forms import AcceptForm, AppealForm, ClaimForm, RejectForm, SayForm, SettleForm
from lost_damaged.errors import ClaimRefused
from lost_damaged.models import Claim, ClaimFile
from lost_damaged.operations import claim_talk, claims, evidence
from lost_damaged.operations.claims import ClaimDetails
from lost_damaged.queries import claims as queries
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
    user = viewer(request)
    offered = _offered(found, user)
    failed = next((each for each in forms.values() if each.errors), None)
    context = {
        "page": Page(
            title=_("Claim %(number)s") % {"number": found.number},
            subtitle=f"{found.product.sku} · {found.product.name}",
            breadcrumbs=[(_("Finance"), None), (_("Claims"), reverse("claims")), (found.number, None)],
        ),
        "claim": found,
        "tone": TONES[found.state],
        "steps": found.steps.select_related("by").prefetch_related("files").order_by("pk"),
        "shop_id_label": _("%(shop)s-Id") % {"shop": settings.current().shop_name},
        "credited": queries.credited(found) if found.write_off_id else None,
        "forms": [(verb, *WORDS[verb], forms.get(verb) or _form(verb, found, user)) for verb in offered],
        "may_withdraw": found.state == Claim.State.OPEN and user.has_role(MERCHANT),
        "shows_people": user.sees_all_merchants,
        "form": failed,
    }
    return render(request, "lost_damaged/claim.html", context, status=status)


# title and button of each form, in the order of the page
WORDS = {
    "say": (gettext_lazy("Message"), gettext_lazy("Send")),
    "accept": (gettext_lazy("Accept: write the unit off"), gettext_lazy("Accept and credit the seller")),
    "reject": (gettext_lazy("Reject"), gettext_lazy("Reject the claim")),
    "settle": (gettext_lazy("Decide the appeal"), gettext_lazy("Decide the appeal")),
    "appeal": (gettext_lazy("Appeal"), gettext_lazy("Appeal the decision")),
}


def _offered(found: Claim, user: User) -> list[str]:
    """What the viewer can do with the claim now."""
    is_open, is_finance, is_seller = found.state == Claim.State.OPEN, user.has_role(FINANCE), user.has_role(MERCHANT)
    talks = (is_finance or is_seller) and (is_open or found.appeal_is_open)
    possible = {
        "say": talks,
        "accept": is_finance and is_open,
        "reject": is_finance and is_open,
        "settle": is_finance and found.appeal_is_open and not is_open,
        "appeal": is_seller and not queries.why_no_appeal(found),
    }
    return [verb for verb in WORDS if possible[verb]]


def _form(verb: str, found: Claim, user: User, data: Any = None, files: Any = None) -> Any:
    if verb == "say":
        return SayForm(data, files, prefix=verb, is_seller=user.has_role(MERCHANT))
    if verb == "accept":
        return AcceptForm(data, initial={"uid": found.uid, "reason": found.reason}, prefix=verb)
    return {"reject": RejectForm, "settle": SettleForm, "appeal": AppealForm}[verb](data, prefix=verb)


DONE = {
    "say": gettext_lazy("Sent."),
    "appeal": gettext_lazy("Another person will decide."),
}
VERBS = {FINANCE: {"accept", "reject", "say", "settle"}, MERCHANT: {"withdraw", "say", "appeal"}}


@roles_required(FINANCE, MERCHANT)
@require_POST
def decide(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """What one side does: finance accepts, rejects, asks and settles, the seller withdraws, answers and appeals."""
    found, by = _claim(request, number), viewer(request)
    if verb not in VERBS[FINANCE if by.has_role(FINANCE) else MERCHANT]:
        raise Http404
    form = _form(verb, found, by, request.POST, request.FILES) if verb != "withdraw" else None
    if form is not None and not form.is_valid():
        return _show(request, found, status=422, **{verb: form})
    try:
        waits = _do(verb, found, by, form.cleaned_data if form is not None else {})
    except ClaimRefused as refused:
        found = _claim(request, number)
        if form is None or verb not in _offered(found, by):
            messages.error(request, str(refused))
            return redirect("claim", number)
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        return _show(request, found, status=422, **{verb: form})
    if waits:
        messages.warning(request, _("The amount is above a limit: a second person has to approve the unit."))
    else:
        messages.success(request, str(DONE.get(verb, "")) or _("%(number)s is decided.") % {"number": number})
    return redirect("claim", number)


def _do(verb: str, found: Claim, by: User, data: dict[str, Any]) -> bool:
    """Whether a second person has to approve it. Raises ClaimRefused."""
    if verb == "accept":
        return claims.accept(claim=found, **data, by=by) is None
    if verb == "withdraw":
        claims.withdraw(claim=found, by=by)
    else:
        operations: dict[str, Callable[..., object]] = {
            "reject": claims.reject,
            "say": claim_talk.say,
            "appeal": claim_talk.appeal,
            "settle": claim_talk.settle_appeal,
        }
        operations[verb](claim=found, **data, by=by)
    return False


@roles_required(*EVERYBODY)
@require_safe
def file(request: HttpRequest, number: str, pk: int) -> HttpResponseBase:
    """One piece of evidence, always as a download: a browser never runs it."""
    row = get_object_or_404(ClaimFile, claim=_claim(request, number), pk=pk)
    try:
        content = files.open(evidence.kept(row))
    except FileNotFoundError:
        raise Http404 from None
    return FileResponse(content, as_attachment=True, filename=row.name, content_type=row.content_type)
