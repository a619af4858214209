"""Connecting a channel, changing it, and the rule of one listing."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from inventory_ops.adapters import kinds
from inventory_ops.forms.channels import ChannelForm, ListingForm
from inventory_ops.models import ChannelListing
from inventory_ops.operations.channels import setup
from inventory_ops.operations.channels.primary import ChannelRefused, PrimaryTaken
from inventory_ops.registries.permissions import roles_required, viewer
from inventory_ops.views import editing
from inventory_ops.views.channels.page import MANAGERS, ChannelPage, crumbs, find


@roles_required(*MANAGERS)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Connect a channel: first its kind, then what the kind needs to know."""
    offered = list(kinds.every())
    kind = next((each for each in offered if each.name == request.GET.get("kind")), None)
    title = _("Connect a channel")
    page = ChannelPage(title=title, subtitle="", breadcrumbs=crumbs((title, None)), submit_label=_("Connect"))
    if kind is None:
        page.subtitle = _("Choose what kind of marketplace or shop it is.")
        return render(request, "inventory_ops/channels/kinds.html", {"page": page, "kinds": offered})
    page.subtitle = str(kind.label)
    form = ChannelForm(request.POST if request.method == "POST" else None, kind=kind)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                channel = setup.create(
                    merchant=form.cleaned_data["merchant"],
                    kind=kind.name,
                    code=form.cleaned_data["code"],
                    details=form.details(),
                    settings=form.settings(),
                    by=viewer(request),
                )
            except ChannelRefused as refused:
                _refuse(form, refused)
            else:
                messages.success(request, _("%(name)s is connected. Read its catalogue next.") % {"name": channel})
                return redirect("channel", channel.pk)
    return render(
        request, "inventory_ops/channels/form.html", {"page": page, "form": form, "kind": kind}, status=status
    )


def _refuse(form: ChannelForm, refused: ChannelRefused) -> None:
    form.add_error(None, str(refused))
    if isinstance(refused, PrimaryTaken):
        form.ask_to_take_over(refused.holder)


@roles_required(*MANAGERS)
@require_http_methods(["GET", "HEAD", "POST"])
@editing.one_at_a_time
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a channel's name, settings and rules."""
    channel = find(request, pk)
    try:
        kind = kinds.get(channel.kind)
    except kinds.UnknownKind:
        messages.error(request, _("This version has no channels of kind %(kind)s.") % {"kind": channel.kind})
        return redirect("channel", pk)
    form = ChannelForm(request.POST if request.method == "POST" else None, kind=kind, channel=channel)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                setup.edit(channel=channel, details=form.details(), settings=form.settings(), by=viewer(request))
            except ChannelRefused as refused:
                _refuse(form, refused)
            else:
                messages.success(request, _("Saved. New quantities are on their way."))
                return redirect("channel", pk)
    page = ChannelPage(
        title=_("Edit %(name)s") % {"name": channel.name},
        subtitle=str(kind.label),
        breadcrumbs=crumbs((channel.name, reverse("channel", args=[pk])), (_("Edit"), None)),
        submit_label=_("Save"),
        cancel_url=reverse("channel", args=[pk]),
    )
    context = {"page": page, "form": form, "kind": kind, "channel": channel}
    return render(request, "inventory_ops/channels/form.html", context, status=status)


@roles_required(*MANAGERS)
@require_http_methods(["GET", "HEAD", "POST"])
@editing.one_at_a_time
def listing(request: HttpRequest, pk: int) -> HttpResponse:
    """One listing and its own rule."""
    rows = ChannelListing.objects.visible_to(viewer(request)).select_related("channel", "product", "merchant")
    found = get_object_or_404(rows, pk=pk)
    form = ListingForm(request.POST if request.method == "POST" else None, listing=found)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            setup.override(listing=found, rules=form.rules(), by=viewer(request))
            messages.success(request, _("Saved. The new quantity is on its way."))
            return redirect("channel-listing", pk)
    page = ChannelPage(
        title=_("%(sku)s on %(channel)s") % {"sku": found.product.sku, "channel": found.channel},
        subtitle=found.product.name,
        breadcrumbs=crumbs(
            (found.channel.name, reverse("channel", args=[found.channel_id])),
            (_("Listings"), reverse("channels-listings")),
            (found.product.sku, None),
        ),
        submit_label=_("Save the rule"),
        cancel_url=reverse("channels-listings", query={"channel": found.channel_id}),
    )
    return render(
        request, "inventory_ops/channels/listing.html", {"page": page, "form": form, "listing": found}, status=status
    )
