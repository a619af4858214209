"""Saved views by mail or chat: subscribing, ending it on the own list, and ending it by the link of a mail."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from inventory_ops.forms.notifications import ViewSubscriptionForm
from inventory_ops.kit.page import Page
from inventory_ops.kit.reports import registry
from inventory_ops.models import SavedView, ViewSubscription
from inventory_ops.operations.notifications import view_letters, view_mails
from inventory_ops.registries.permissions import EVERYBODY, roles_required, viewer


@roles_required(*EVERYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest, pk: int) -> HttpResponse:
    """How often and where a saved view is sent to the viewer."""
    user = viewer(request)
    view = get_object_or_404(SavedView.objects.visible_to(user), pk=pk)
    if view.report not in registry or not registry.get(view.report).allows(user):
        raise PermissionDenied
    declared = registry.get(view.report)
    standing = ViewSubscription.objects.filter(user=user, view=view).order_by("pk").first()
    initial = {"frequency": standing.frequency, "where": standing.destination_id or ""} if standing else {}
    form = ViewSubscriptionForm(request.POST if request.method == "POST" else None, user=user, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            view_mails.subscribe(
                view=view,
                frequency=form.cleaned_data["frequency"],
                destination=form.destination,
                by=user,
                now=timezone.now(),
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("“%(name)s” will be sent to you.") % {"name": view.name})
            return redirect("notification-settings")
    back = f"{declared.url}?{view.query}&view={view.pk}"
    page = Page(
        title=_("Get “%(name)s” by mail or chat") % {"name": view.name},
        subtitle=_("The first rows as a table, and up to 5,000 as a CSV file, as you may see them when it is sent."),
        breadcrumbs=[(str(declared.title), declared.url), (view.name, back), (_("By mail or chat"), None)],
        submit_label=_("Subscribe"),
        cancel_url=back,
    )
    return render(request, "inventory_ops/form.html", {"page": page, "form": form}, status=422 if form.errors else 200)


@roles_required(*EVERYBODY)
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a view to the viewer no more."""
    row = get_object_or_404(ViewSubscription, pk=pk, user=viewer(request))
    view_mails.end(subscription_id=row.pk)
    messages.success(request, _("Unsubscribed. It is sent no more."))
    return redirect("notification-settings")


@csrf_exempt  # mail programs post it without having seen a page; the signature says who asks
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """The link of a mail: asks, and ends the subscription with a POST. Nobody has to sign in."""
    try:
        found = view_letters.of_token(token)
    except BadSignature:
        raise Http404 from None
    if request.method == "POST" and found is not None:
        view_mails.end(subscription_id=found.pk)
    context = {
        "page": Page(_("Unsubscribe")),
        "name": found.view.name if found else "",
        "asks": found is not None and request.method != "POST",
        "settings_url": reverse("notification-settings"),
    }
    response = render(request, "notifications/stop.html", context)
    response["Referrer-Policy"] = "no-referrer"  # the address is a key
    return response


urlpatterns: list[Any] = [
    path("views/<int:pk>/", subscribe, name="view-subscribe"),
    path("views/subscriptions/<int:pk>/end/", end, name="view-subscription-end"),
    path("views/stop/<str:token>/", stop, name="view-subscription-stop"),
]
