"""The bell's page, the settings of what a person is notified about, and the log of what was sent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inventory_ops.forms.notifications import DestinationForm, SubscriptionForm
from inventory_ops.kit import markup
from inventory_ops.kit.numbers import whole
from inventory_ops.kit.page import Page
from inventory_ops.kit.reports import registry
from inventory_ops.models import Delivery, Destination, Notification, Subscription, User, ViewSubscription
from inventory_ops.operations.notifications import bell, deliveries, destinations, senders
from inventory_ops.registries import topics
from inventory_ops.registries.permissions import EVERYBODY, roles_required, viewer

SHOWN = 50
STATE_TONES = {"pending": "warning", "sent": "good", "failed": "critical"}


def _page(title: str, subtitle: str = "") -> Page:
    crumbs: list[tuple[str, str | None]] = [(_("Notifications"), reverse("notifications")), (title, None)]
    return Page(title, subtitle, crumbs)


@roles_required(*EVERYBODY)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The viewer's notifications, newest first; `before` goes back in time."""
    user = viewer(request)
    rows = Notification.objects.filter(user=user).order_by("-pk")
    before = whole(request.GET.get("before"))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: SHOWN + 1])
    context = {
        "page": Page(_("Notifications"), "", [(_("Notifications"), None)]),
        "rows": found[:SHOWN],
        "older": found[SHOWN - 1].pk if len(found) > SHOWN else None,
        "is_set_up": Subscription.objects.filter(destination__user=user).exists(),
        "now": timezone.now(),
    }
    return render(request, "notifications/index.html", context)


@roles_required(*EVERYBODY)
@require_POST
def open_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark as read and go to what it is about."""
    row = get_object_or_404(Notification, pk=pk, user=viewer(request))
    bell.mark_read(user=viewer(request), pk=row.pk, now=timezone.now())
    return HttpResponseRedirect(row.url or reverse("notifications"))


@roles_required(*EVERYBODY)
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    bell.mark_read(user=viewer(request), pk=None, now=timezone.now())
    return redirect("notifications")


@roles_required(*EVERYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """The viewer's destinations and what each is notified about; a POST adds a destination."""
    user = viewer(request)
    form = DestinationForm(
        request.POST if request.method == "POST" else None, user=user, schemes=senders.chat_schemes()
    )
    if request.method == "POST" and form.is_valid():
        try:
            made, key = destinations.create(user=user, now=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            if not key:
                messages.success(request, _("Added. Now choose what it is notified about."))
                return redirect("destination", made.pk)
            response = render(request, "notifications/destination.html", _destination(user, made, shown_key=key))
            response["Cache-Control"] = "no-store"
            return response
    own = Destination.objects.filter(user=user).order_by("pk").prefetch_related("subscriptions__merchant")
    context = {
        "page": _page(_("Settings"), _("Where you are notified of what is new, and about what.")),
        "form": form,
        "destinations": [(each, _subscriptions(each)) for each in own],
        "views": _views(user),
    }
    return render(request, "notifications/settings.html", context, status=422 if form.errors else 200)


def _views(user: User) -> list[tuple[ViewSubscription, str]]:
    """What the viewer is sent, with the name of the list."""
    rows = ViewSubscription.objects.filter(user=user).select_related("view", "destination")
    titles = {report.slug: str(report.title) for report in registry}
    return [(row, titles.get(row.view.report, "")) for row in rows.order_by("view__name", "pk")]


def _subscriptions(destination: Destination) -> list[tuple[Subscription, Any]]:
    rows = sorted(destination.subscriptions.all(), key=lambda row: (row.topic, row.pk))
    return [(row, topic.label) for row in rows if (topic := topics.get(row.topic))]


def _destination(user: User, destination: Destination, *, form: Any = None, shown_key: str = "") -> dict[str, Any]:
    address = reverse("destination", args=[destination.pk])
    title = destination.name
    return {
        "page": Page(
            title,
            "",
            [*_page(_("Settings")).breadcrumbs[:1], (_("Settings"), reverse("notification-settings")), (title, None)],
        ),
        "destination": destination,
        "address": address,
        "subscriptions": _subscriptions(destination),
        "form": form or SubscriptionForm(user=user),
        "shown_key": shown_key,
        "deliveries": [(row, STATE_TONES[row.state]) for row in destination.deliveries.order_by("-created_at")[:10]],
        "now": timezone.now(),
    }


def _own(request: HttpRequest, pk: int) -> Destination:
    return get_object_or_404(Destination.objects.select_related("user"), pk=pk, user=viewer(request))


@roles_required(*EVERYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
def destination(request: HttpRequest, pk: int) -> HttpResponse:
    """One destination; a POST subscribes it to topics."""
    user, found = viewer(request), _own(request, pk)
    form = SubscriptionForm(request.POST if request.method == "POST" else None, user=user)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        made = destinations.subscribe(
            destination=found, chosen=values["topics"], merchant=values.get("vendor"), by=user
        )
        text = ngettext("%(n)d subscription added.", "%(n)d subscriptions added.", made) % {"n": made}
        messages.success(request, text if made else _("It is notified about that already."))
        return redirect("destination", found.pk)
    context = _destination(user, found, form=form)
    return render(request, "notifications/destination.html", context, status=422 if form.errors else 200)


@roles_required(*EVERYBODY)
@require_POST
def change(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Switch on or off, send now, send a test, delete."""
    user, found, now = viewer(request), _own(request, pk), timezone.now()
    back = reverse("destination", args=[found.pk])
    match action:
        case "on" | "off":
            destinations.switch(destination=found, on=action == "on", by=user)
            text = (
                _("Switched on: it is notified of what is new from now on.") if action == "on" else _("Switched off.")
            )
        case "send":
            count = destinations.send_now(destination=found, now=now)
            text = _("Nothing new: nothing was sent.")
            if count:
                text = ngettext("%(n)s new, on its way.", "%(n)s new, on their way.", count) % {
                    "n": markup.number(count)
                }
        case "test":
            destinations.send_test(destination=found, now=now)
            text = _("The test message is on its way. Reload to see whether it arrived.")
        case _:
            destinations.delete(destination=found, by=user)
            text, back = _("Deleted. Nothing is sent there any more."), reverse("notification-settings")
    messages.success(request, text)
    return HttpResponseRedirect(back)


@roles_required(*EVERYBODY)
@require_POST
def unsubscribe(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Subscription, pk=pk, destination__user=viewer(request))
    row.delete()
    return redirect("destination", row.destination_id)


@roles_required(*EVERYBODY)
@require_safe
def delivery(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What was sent, and the outcome."""
    found = get_object_or_404(Delivery.objects.visible_to(viewer(request)).select_related("user"), pk=pk)
    log_page = reverse("deliveries")
    context = {
        "page": Page(found.title, "", [*_page("").breadcrumbs[:1], (_("Deliveries"), log_page), (found.title, None)]),
        "delivery": found,
        "tone": STATE_TONES[found.state],
        "most_tries": deliveries.MOST_TRIES,
    }
    return render(request, "notifications/delivery.html", context)


@roles_required(*EVERYBODY)
@require_POST
def retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Delivery.objects.visible_to(viewer(request)), pk=pk)
    try:
        deliveries.retry(delivery=found, by=viewer(request))
        messages.success(request, _("It is tried again."))
    except deliveries.NotRetried as error:
        messages.error(request, str(error))
    return redirect("delivery", found.pk)


urlpatterns: list[Any] = [
    path("", index, name="notifications"),
    path("read/", read_all, name="notifications-read"),
    path("<int:pk>/open/", open_one, name="notification-open"),
    path("settings/", settings, name="notification-settings"),
    path("settings/<int:pk>/", destination, name="destination"),
    *[
        path(f"settings/<int:pk>/{action}/", change, {"action": action}, name=f"destination-{action}")
        for action in ("on", "off", "send", "test", "delete")
    ],
    path("subscriptions/<int:pk>/delete/", unsubscribe, name="unsubscribe"),
    path("deliveries/<uuid:pk>/", delivery, name="delivery"),
    path("deliveries/<uuid:pk>/retry/", retry, name="delivery-retry"),
]
