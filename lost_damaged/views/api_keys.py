"""My account › API keys: made for oneself, or for a service account with one's own role."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from inventory_ops.forms.api_tokens import TokenForm
from inventory_ops.kit.numbers import whole
from inventory_ops.kit.page import Page
from inventory_ops.models import ApiToken, User
from inventory_ops.operations import api_tokens, people
from inventory_ops.registries.permissions import EVERYBODY, roles_required, signs_in_again, viewer
from lost_damaged import forms
from lost_damaged.models import ApiKey
from lost_damaged.operations import api_keys


@roles_required(*EVERYBODY)
@signs_in_again()
@require_http_methods(["GET", "HEAD", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    """One's keys and service accounts. A new key is shown once, in the answer to the POST that makes it."""
    user, part = viewer(request), request.POST.get("part", "")
    bound = _forms(request, user, part)
    shown = ""
    if part == "take" and request.method == "POST":
        return _take_over(request)
    if part in bound and bound[part].is_valid():
        shown = MAKE[part](request, bound[part])
        if not bound[part].errors and not shown:
            return HttpResponseRedirect(reverse("own-keys"))
        if shown:
            bound = _forms(request, user, "")
    accounts = api_tokens.offered_to(user)
    context = {
        "page": Page(
            title=_("My API keys"),
            subtitle=_("Tokens and keys that call the APIs in your name, or in that of a service account."),
            breadcrumbs=[(_("My account"), None), (_("API keys"), None)],
        ),
        "token": bound["token"],
        "tokens": ApiToken.objects.filter(user__in=accounts).select_related("user").order_by("revoked_at", "-pk"),
        "key": bound["key"],
        "service": bound["service"],
        "form": bound.get(part),
        "keys": ApiKey.objects.filter(user__in=accounts).select_related("user").order_by("revoked_at", "-created_at"),
        "services": accounts.filter(is_service=True).select_related("responsible"),
        "shown_key": shown,
        "now": timezone.now(),
    }
    failed = part in bound and bool(bound[part].errors)
    response = render(request, "lost_damaged/api_keys.html", context, status=422 if failed else 200)
    if shown:
        response["Cache-Control"] = "no-store"
    return response


def _forms(request: HttpRequest, user: User, part: str) -> dict[str, Any]:
    token, key, service = (request.POST if part == name else None for name in ("token", "key", "service"))
    accounts = api_tokens.offered_to(user)
    return {
        "token": TokenForm(token, prefix="token", accounts=accounts, initial={"user": user.pk}),
        "key": forms.ApiKeyForm(key, prefix="key", accounts=accounts, initial={"user": user.pk}),
        "service": forms.ServiceAccountForm(service, prefix="service"),
    }


def _make_token(request: HttpRequest, form: TokenForm) -> str:
    try:
        _token, text = api_tokens.create(**form.cleaned_data, by=viewer(request))
    except api_tokens.TokenRefused as error:
        form.add_error("user", str(error))
        return ""
    return text


def _take_over(request: HttpRequest) -> HttpResponse:
    try:
        taken = people.take_over(service_id=whole(request.POST.get("service")) or 0, by=viewer(request))
    except people.NotPossible as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("You answer for %(email)s from now on.") % {"email": taken.email})
    return HttpResponseRedirect(reverse("own-keys"))


def _make_key(request: HttpRequest, form: forms.ApiKeyForm) -> str:
    try:
        _key, text = api_keys.create(
            user=form.cleaned_data["user"],
            name=form.cleaned_data["name"],
            needs_body_digest=form.needs_body_digest,
            by=viewer(request),
        )
    except (api_keys.TooManyKeys, api_keys.NotYours) as error:
        form.add_error("user", str(error))
        return ""
    return text


def _make_service(request: HttpRequest, form: forms.ServiceAccountForm) -> str:
    try:
        made = people.create_service(
            email=form.cleaned_data["email"], name=form.cleaned_data["name"], by=viewer(request)
        )
    except people.NotPossible as error:
        form.add_error("email", str(error))
    else:
        messages.success(request, _("The service account %(email)s was made.") % {"email": made.email})
    return ""


MAKE: dict[str, Any] = {"token": _make_token, "key": _make_key, "service": _make_service}


@roles_required(*EVERYBODY)
@signs_in_again()
@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    user = viewer(request)
    tokens = ApiToken.objects.filter(user__in=api_tokens.offered_to(user)).select_related("user", "user__responsible")
    token = get_object_or_404(tokens, pk=pk)
    api_tokens.revoke(token=token, by=user)
    messages.success(request, _("The token …%(hint)s is revoked.") % {"hint": token.hint})
    return HttpResponseRedirect(reverse("own-keys"))


@roles_required(*EVERYBODY)
@signs_in_again()
@require_POST
def revoke_own(request: HttpRequest, pk: int) -> HttpResponse:
    user = viewer(request)
    keys = ApiKey.objects.filter(user__in=api_tokens.offered_to(user)).select_related("user", "user__responsible")
    key = get_object_or_404(keys, pk=pk)
    api_keys.revoke(key=key, by=user)
    messages.success(request, _("The key …%(hint)s is revoked.") % {"hint": key.hint})
    return HttpResponseRedirect(reverse("own-keys"))
