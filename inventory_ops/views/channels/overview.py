"""The list of channels, one channel, and the buttons of its page."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from inventory_ops.adapters import kinds
from inventory_ops.adapters.protocol import ChannelError
from inventory_ops.forms.channels import RuleForm
from inventory_ops.kit import markup
from inventory_ops.kit.page import Figure
from inventory_ops.models import Channel
from inventory_ops.operations.channels import catalogue, drift, primary, setup
from inventory_ops.operations.channels.primary import ChannelRefused
from inventory_ops.pages import channel_charts
from inventory_ops.queries import channel_page
from inventory_ops.queries import channels as queries
from inventory_ops.registries.permissions import roles_required, viewer
from inventory_ops.views.channels.page import MANAGERS, ChannelPage, crumbs, find, kind_label


@roles_required(*MANAGERS)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All channels and how they are doing."""
    now = timezone.now()
    rows = queries.overview(viewer=viewer(request))
    live = [row for row in rows if row.channel.state != Channel.State.RETIRED]
    states = [(row, channel_page.health(row, now=now), kind_label(row.channel)) for row in rows]
    failing = sum(state.tone in ("critical", "warning") for _row, state, _kind in states)
    due, waiting = sum(row.due for row in live), sum(row.waiting + row.problems for row in live)
    page = ChannelPage(
        title=_("Channels"),
        subtitle=_("Stock is kept here and sent to every channel; orders come in from them."),
        breadcrumbs=[(_("Inventory"), None), (_("Channels"), None)],
        numbers=[
            Figure(_("Channels in use"), markup.number(sum(row.channel.state == "synced" for row in live))),
            Figure(_("Need attention"), markup.number(failing), tone="warning" if failing else ""),
            Figure(_("Waiting to be sent"), markup.number(due), _("listings")),
            Figure(_("Orders to look at"), markup.number(waiting), _("late cancellations, unknown items")),
        ],
    )
    return render(request, "inventory_ops/channels/index.html", {"page": page, "rows": states, "now": now})


@roles_required(*MANAGERS)
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One channel: health, queue, last errors, orders to look at, and what can be done."""
    channel = find(request, pk)
    now = timezone.now()
    [row] = queries.overview(viewer=viewer(request), pk=pk)
    try:
        kind = kinds.get(channel.kind)
    except kinds.UnknownKind:
        kind = None
    reading = channel.imports.select_related("job").order_by("-pk").first()
    labels = {setting.name: setting.label for setting in kind.settings} if kind else {}
    rules = [(RuleForm.base_fields[name].label, value) for name, value in RuleForm.rules_of(channel).items()]
    context = {
        "page": ChannelPage(
            title=channel.name,
            subtitle=f"{channel.merchant} · {kind_label(channel)} · {channel.code}",
            breadcrumbs=crumbs((channel.name, None)),
            numbers=[
                Figure(_("Listings"), markup.number(row.listings)),
                Figure(_("Waiting to be sent"), markup.number(row.due)),
                Figure(_("Rejected"), markup.number(row.rejected), tone="critical" if row.rejected else ""),
                Figure(
                    _("Another quantity there"),
                    markup.number(row.drifted),
                    _("at the last comparison"),
                    "warning" if row.drifted else "",
                ),
            ],
        ),
        "channel": channel,
        "kind": kind,
        "health": channel_page.health(row, now=now),
        "reading": reading,
        "rules": [(label, value) for label, value in rules if value is not None],
        "options": [(labels.get(name, name), value) for name, value in channel.options.items() if value],
        "waiting": channel_page.waiting(channel),
        "problems": channel_page.problems(channel),
        "orders": channel_page.latest_orders(channel),
        "carts": channel_page.latest_carts(channel),
        "tells_carts": bool(kind and kind.caps.tells_carts),
        "errors": channel_page.rejected(channel),
        "webhook_url": f"{settings.PUBLIC_URL}/channels/webhooks/{channel.webhook_token}/"
        if kind and kind.webhooks
        else "",
        "window": int(channel.cancel_window.total_seconds() // 60),
        "charts": channel_charts.of(channel, now=now),
        "now": now,
    }
    return render(request, "inventory_ops/channels/detail.html", context)


@roles_required(*MANAGERS)
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """One of the buttons of a channel's page."""
    channel = find(request, pk)
    back = reverse("channel", args=[pk])
    try:
        done = _act(request, channel, request.POST.get("action", ""))
    except (ChannelRefused, ChannelError) as refused:
        messages.error(request, str(refused))
        return HttpResponseRedirect(back)
    if done.startswith("/"):
        return HttpResponseRedirect(done)
    if done:
        messages.success(request, done)
    else:
        messages.error(request, _("Choose what to do with the channel."))
    return HttpResponseRedirect(back)


def _act(request: HttpRequest, channel: Channel, action: str) -> str:
    """Do it; answers a sentence, or the address to go to."""
    by = viewer(request)
    match action:
        case "pause":
            setup.pause(channel=channel, by=by)
            return _("Paused. What changes meanwhile is sent when you resume.")
        case "resume":
            setup.resume(channel=channel, by=by)
            return _("Resumed: changes are sent now.")
        case "send":
            count = setup.send_all_again(channel=channel, by=by)
            return ngettext("%(n)s quantity is sent again.", "%(n)s quantities are sent again.", count) % {"n": count}
        case "check":
            return _("The channel answers: %(name)s") % {"name": setup.try_connection(channel=channel)}
        case "compare":
            if channel.state != Channel.State.SYNCED:
                raise ChannelRefused(_("The channel is not in use."))
            return reverse("job", args=[drift.start(channel=channel, by=by).pk])
        case "read":
            catalogue.start(channel=channel, by=by)
            return reverse("channel-preview", args=[channel.pk])
        case "retire-role":
            if primary.retire(channel=channel, by=by):
                return _("It is no longer needed as Primary Marketplace: stock is kept here now. The channel goes on.")
            raise ChannelRefused(_("It is not the Primary Marketplace any more."))
        case "retire":
            if request.POST.get("code") != channel.code:
                raise ChannelRefused(_("Type the channel's code, %(code)s, to retire it.") % {"code": channel.code})
            setup.retire(channel=channel, by=by)
            return _("Retired. Its listings and orders stay on record.")
        case _unknown:
            return ""
