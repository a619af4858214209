"""Preview of a catalogue, and files for channels without an API."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from inventory_ops.adapters.protocol import ChannelError
from inventory_ops.forms.channels import FileForm
from inventory_ops.kit.imports import FileRefused
from inventory_ops.kit.numbers import whole
from inventory_ops.models import ChannelImport, ChannelImportRow
from inventory_ops.operations.channels import catalogue, files
from inventory_ops.operations.channels.primary import ChannelRefused
from inventory_ops.registries.permissions import roles_required, viewer
from inventory_ops.views.channels.page import MANAGERS, ChannelPage, crumbs, find

VERDICT_TONES = {
    "new": "brand",
    "matched": "good",
    "conflict": "critical",
    "untracked": "neutral",
    "linked": "neutral",
    "unknown": "neutral",
    "duplicate": "critical",
    "bad": "critical",
}


@roles_required(*MANAGERS)
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The catalogue that was read, and what applying it would do; a POST applies or discards it."""
    channel = find(request, pk)
    reading = channel.imports.select_related("job", "channel__merchant").order_by("-pk").first()
    if reading is None:
        return redirect("channel", pk)
    if request.method == "POST":
        return _decide(request, reading)
    counts = catalogue.counts(reading)
    chosen = request.GET.get("show", "")
    rows = reading.rows.select_related("product").order_by("sku", "pk")
    if chosen == "zero":
        rows = rows.filter(quantity=0, verdict__in=catalogue.TAKEN)
    elif chosen in VERDICT_TONES:
        rows = rows.filter(verdict=chosen)
    title = _("Import of %(name)s") % {"name": channel.name}
    applied = counts.get("new", 0) + counts.get("matched", 0) + counts.get("conflict", 0) + counts.get("untracked", 0)
    context = {
        "page": ChannelPage(
            title=title,
            subtitle=_("Its quantities become the stock here.")
            if reading.takes_quantities
            else _("What it lists is linked with the products here; no quantity is taken from it."),
            breadcrumbs=crumbs((channel.name, reverse("channel", args=[pk])), (_("Import"), None)),
        ),
        "channel": channel,
        "reading": reading,
        "job": reading.job,
        "counts": counts,
        "applied": applied,
        "tabs": [("", _("All"), sum(counts.values()) - counts["zero"])]
        + [(name, label, counts.get(name, 0)) for name, label in _tabs() if counts.get(name)],
        "show": chosen,
        "rows": [(row, VERDICT_TONES.get(row.verdict, "neutral")) for row in rows[:200]],
        "poll": reading.state in (ChannelImport.State.READING, ChannelImport.State.APPLYING),
    }
    return render(request, "inventory_ops/channels/preview.html", context)


def _tabs() -> list[tuple[str, str]]:
    labels = dict(ChannelImportRow.Verdict.choices) | {"zero": _("Zero")}
    order = ("new", "matched", "conflict", "zero", "duplicate", "untracked", "unknown", "bad", "linked")
    return [(name, str(labels[name])) for name in order]


def _decide(request: HttpRequest, reading: ChannelImport) -> HttpResponse:
    address = reverse("channel-preview", args=[reading.channel_id])
    if request.POST.get("action") == "discard":
        catalogue.discard(reading=reading, by=viewer(request))
        messages.info(request, _("Discarded: nothing was changed."))
        return redirect("channel", reading.channel_id)
    if request.POST.get("reading") != str(reading.pk):
        messages.error(request, _("The catalogue was read again meanwhile. Look at the new preview."))
        return HttpResponseRedirect(address)
    seen = {
        key.removeprefix("seen-"): number
        for key, text in request.POST.items()
        if key.startswith("seen-") and (number := whole(text)) is not None
    }
    try:
        catalogue.confirm(reading=reading, seen=seen, by=viewer(request))
    except ChannelRefused as refused:
        messages.error(request, str(refused))
    except catalogue.PreviewChanged:
        messages.warning(request, _("Stock or products changed since you looked. Check the preview again."))
    return HttpResponseRedirect(address)


@roles_required(*MANAGERS)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    """A file for a channel that takes files."""
    channel = find(request, pk)
    form = FileForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            what, file = form.cleaned_data["what"], form.cleaned_data["file"]
            try:
                rows = files.accept(channel=channel, what=what, file=file, by=viewer(request))
            except FileRefused as refused:
                for error in refused.errors[:20]:
                    where = _("line %(n)s") % {"n": error.line} if error.line else ""
                    said = " · ".join(part for part in (where, error.column, error.value[:60]) if part)
                    form.add_error("file", f"{said}: {error.message}" if said else error.message)
            except (ChannelRefused, ChannelError) as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, ngettext("%(n)s row taken.", "%(n)s rows taken.", rows) % {"n": rows})
                return redirect("channel", pk)
    page = ChannelPage(
        title=_("Upload a file"),
        subtitle=channel.name,
        breadcrumbs=crumbs((channel.name, reverse("channel", args=[pk])), (_("Upload"), None)),
        submit_label=_("Check and take"),
        cancel_url=reverse("channel", args=[pk]),
    )
    return render(request, "inventory_ops/form.html", {"page": page, "form": form}, status=status)
