"""Pages of trackers: form with preview, detail, suggestions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from inventory_ops.kit import markup, showing
from inventory_ops.kit.numbers import whole
from inventory_ops.kit.page import Page
from inventory_ops.models import InventoryType, Merchant, Product
from inventory_ops.queries import search
from inventory_ops.registries.permissions import ADMIN, MERCHANT, OPERATIONS, roles_required, viewer
from inventory_ops.views import editing
from trackers import calculation, queries
from trackers.chart import stock_series
from trackers.forms import TrackerForm
from trackers.mechanisms import MECHANISMS, values_of
from trackers.models import State, Tracker
from trackers.operations import rules
from trackers.queries import Reading

ROLES = (OPERATIONS, MERCHANT, ADMIN)
PRODUCT_HITS = 20
SUGGESTED = 50
RANGES = (30, 60, 365)


def found(request: HttpRequest, pk: int) -> Tracker:
    """A tracker that the viewer may see, else 404."""
    rows = Tracker.objects.visible_to(viewer(request)).select_related("product", "inventory_type", "merchant")
    return get_object_or_404(rows, pk=pk)


@roles_required(*ROLES)
def new(request: HttpRequest) -> HttpResponse:
    """A new tracker; the same combination updates the one there is, and says so."""
    user = viewer(request)
    if request.method == "POST":
        form = TrackerForm(request.POST, viewer=user)
        if form.is_valid():
            cleaned = form.cleaned_data
            saved = rules.save(
                product=cleaned["product"],
                inventory_type=cleaned["inventory_type"],
                mechanism=cleaned["mechanism"],
                values=form.numbers(),
                by=user,
            )
            _tell(request, saved)
            if request.POST.get("add_another"):
                return HttpResponseRedirect(reverse("tracker-new", query={"merchant": cleaned["product"].merchant_id}))
            return redirect("trackers")
    else:
        form = TrackerForm(viewer=user, initial=_initial(request, user))
    page = Page(
        title=_("New inventory tracker"),
        subtitle="",
        breadcrumbs=[(_("Trackers"), reverse("trackers")), (_("New"), None)],
        submit_label=_("Save"),
        add_another=True,
        cancel_url=reverse("trackers"),
    )
    return _form_page(request, form, page)


def _initial(request: HttpRequest, user: Any) -> dict[str, Any]:
    """What the address fills in: merchant, product, or one of the scenarios."""
    initial: dict[str, Any] = {}
    product = whole(request.GET.get("product"))
    if product is not None:
        row = Product.objects.visible_to(user).filter(pk=product).first()
        if row:
            initial |= {"product": row, "merchant": row.merchant_id}
    merchant = whole(request.GET.get("merchant"))
    if "merchant" not in initial and merchant is not None:
        initial["merchant"] = merchant
    for mechanism in MECHANISMS.values():
        if request.GET.get("preset") == mechanism.preset.name:
            initial["mechanism"] = mechanism.name
            initial |= {f"{mechanism.name}-{name}": value for name, value in mechanism.preset.values.items()}
    if request.GET.get("mechanism") in MECHANISMS:  # a rule that a page suggests, with its numbers
        mechanism = MECHANISMS[request.GET["mechanism"]]
        initial["mechanism"] = mechanism.name
        numbers = {name: request.GET.get(name) for name in (f"{mechanism.name}-{f.name}" for f in mechanism.fields)}
        initial |= {name: whole(text) for name, text in numbers.items() if whole(text) is not None}
    return initial


def _tell(request: HttpRequest, saved: rules.Saved) -> None:
    tracker = saved.tracker
    name = f"{tracker.product.sku} · {tracker.inventory_type} · {tracker.get_mechanism_display()}"
    if saved.created:
        messages.success(request, _("Tracker created: %(name)s.") % {"name": name})
    elif saved.before != tracker.parameters:
        change = f"{saved.before} → {tracker.parameters}"
        messages.success(
            request, _("Existing tracker updated: %(name)s, %(change)s.") % {"name": name, "change": change}
        )
    else:
        messages.info(request, _("Nothing changed: %(name)s was set like that already.") % {"name": name})


def _form_page(request: HttpRequest, form: TrackerForm, page: Page, **extra: Any) -> HttpResponse:
    presets = [
        {
            "title": each.preset.title,
            "text": each.preset.text,
            "url": reverse("tracker-new", query={"preset": each.preset.name}),
        }
        for each in MECHANISMS.values()
    ]
    context = {"form": form, "page": page, "presets": presets, "mechanisms": MECHANISMS.values()} | extra
    status = 422 if form.is_bound and (form.errors or extra.get("taken")) else 200
    return render(request, "trackers/form.html", context, status=status)


@roles_required(*ROLES)
@editing.one_at_a_time
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a tracker. Changing it into another's key asks first, and merges."""
    tracker = found(request, pk)
    user = viewer(request)
    taken = None
    if request.method == "POST":
        form = TrackerForm(request.POST, viewer=user, instance=tracker)
        if form.is_valid():
            cleaned = form.cleaned_data
            try:
                saved = rules.edit(
                    tracker=tracker,
                    product=cleaned["product"],
                    inventory_type=cleaned["inventory_type"],
                    mechanism=cleaned["mechanism"],
                    values=form.numbers(),
                    by=user,
                    merge=bool(request.POST.get("merge")),
                )
            except rules.RuleTaken as error:
                taken = error.other
            else:
                _tell(request, saved)
                return redirect("tracker", saved.tracker.pk)
    else:
        form = TrackerForm(viewer=user, instance=tracker)
    page = Page(
        title=_("Edit inventory tracker"),
        subtitle=str(tracker),
        breadcrumbs=[
            (_("Trackers"), reverse("trackers")),
            (tracker.product.sku, reverse("tracker", args=[pk])),
            (_("Edit"), None),
        ],
        submit_label=_("Merge the two trackers") if taken else _("Save"),
        cancel_url=reverse("tracker", args=[pk]),
    )
    return _form_page(request, form, page, tracker=tracker, taken=taken)


@roles_required(*ROLES)
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    tracker = found(request, pk)
    name = str(tracker)
    rules.delete(trackers=[tracker], by=viewer(request))
    messages.success(request, _("Tracker deleted: %(name)s.") % {"name": name})
    return redirect("trackers")


@roles_required(*ROLES)
@require_safe
def products(request: HttpRequest) -> JsonResponse:
    """Type-ahead: products of one merchant by SKU or name, as the select expects them; a note why there are none."""
    user = viewer(request)
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    merchant = whole(request.GET.get("merchant"))
    if merchant is None or not text:
        return JsonResponse({"results": []})
    rows, note = search.choices(text=text, viewer=user, most=PRODUCT_HITS, merchant_id=merchant), {}
    if not rows and (chosen := Merchant.objects.visible_to(user).filter(pk=merchant).first()):
        text, rows = search.why_none(text=text, viewer=user, merchant=chosen)
        note = {"note": text}
    return JsonResponse({"results": [{"value": row.pk, "text": f"{row.sku} · {row.name}"} for row in rows]} | note)


@roles_required(*ROLES)
@require_safe
def preview(request: HttpRequest) -> HttpResponse:
    """Today's value, threshold and health of the rule being typed, and the tracker it would update."""
    form = TrackerForm(request.GET, viewer=viewer(request))
    context: dict[str, Any] = {"reading": None, "existing": None}
    if form.is_valid():
        cleaned = form.cleaned_data
        mechanism = MECHANISMS[cleaned["mechanism"]]
        values = rules.parameters(mechanism.name, form.numbers())
        reading = queries.preview(
            product=cleaned["product"],
            inventory_type_id=cleaned["inventory_type"].pk,
            values=values | {"mechanism": mechanism.name},
            as_of=timezone.now(),
        )
        existing = (
            Tracker.objects.select_related("product", "inventory_type")
            .filter(
                product=cleaned["product"],
                inventory_type=cleaned["inventory_type"],
                mechanism=cleaned["mechanism"],
            )
            .first()
        )
        context = {
            "reading": reading,
            "existing": existing,
            "mechanism": mechanism,
            "threshold": calculation.threshold(mechanism, values, reading),
            "health": calculation.health(mechanism, values, reading),
            "bar": markup.health_bar(reading.ratio, reading.state),
            "state": State(reading.state).label,
        }
    return render(request, "trackers/_preview.html", context)


@roles_required(*ROLES)
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One tracker: where its number comes from, chart, history."""
    tracker = found(request, pk)
    now = timezone.now()
    mechanism = MECHANISMS[tracker.mechanism]
    reading = queries.reading(tracker, as_of=now)
    days = next((each for each in RANGES if request.GET.get("days") == str(each)), 60)
    series = stock_series(tracker=tracker, reading=reading, days=days)
    product = tracker.product
    page = Page(
        title=product.name,
        subtitle=" · ".join(
            [product.sku, tracker.merchant.name, str(tracker.inventory_type), str(MECHANISMS[tracker.mechanism].label)]
        ),
        breadcrumbs=[(_("Trackers"), reverse("trackers")), (product.sku, None)],
    )
    history = queries.history(tracker, days=90)
    context = {
        "page": page,
        "tracker": tracker,
        "reading": reading,
        "mechanism": mechanism,
        "threshold": calculation.threshold(mechanism, values_of(tracker), reading),
        "health": calculation.health(mechanism, values_of(tracker), reading),
        "bar": markup.health_bar(reading.ratio, reading.state),
        "state": State(reading.state).label,
        "headline": headline(tracker, reading, series.runs_out_on),
        "chart": {
            "days": series.days,
            "stock": series.stock,
            "threshold": series.threshold if mechanism.counts_stock else None,
            "runsOut": series.runs_out_on.isoformat() if series.runs_out_on else None,
            "value": max(reading.value, 0),
        },
        "table": list(zip(series.days, series.stock, strict=True))[::-1],
        "stock_label": mechanism.value_label if tracker.expiry_days is not None else _("On hand"),
        "ranges": [(each, each == days) for each in RANGES],
        "runs_out": series.runs_out_on,
        "window_start": reading.today - timedelta(days=tracker.lookback_days) if tracker.lookback_days else None,
        "window_end": reading.today - timedelta(days=1),
        "events": tracker.events.order_by("-at")[:20],
        "health_line": markup.sparkline([day.health / 100 for day in history], _("Health of the last days")),
        "now": now,
    }
    return render(request, "trackers/detail.html", context)


@dataclass(frozen=True, slots=True)
class Headline:
    tone: str
    title: str
    text: str


def headline(tracker: Tracker, reading: Reading, runs_out: Any) -> Headline:
    """The number in words, and what brings health back to 100 %."""
    missing = 0
    if reading.threshold is not None:
        missing = int((Decimal(reading.threshold) - max(reading.value, 0)).to_integral_value(ROUND_CEILING))
    match reading.state:
        case State.NO_DATA:
            return Headline("brand", _("No data yet."), _("The product is available since today: come back tomorrow."))
        case State.NO_SALES:
            text = _(
                "It is newly launched, or nothing was sold in the lookback window. Use “Stock quantity” first and "
                "switch when sales data has built up."
            )
            return Headline("brand", _("No sales in the window."), text)
        case State.STOCK_OUT:
            return Headline(
                "critical", _("Out of stock all through the window."), _("Nothing could be sold: restock it.")
            )
    mechanism = MECHANISMS[tracker.mechanism]
    values = values_of(tracker) | {"n": markup.number(reading.value)}
    if reading.state == State.HEALTHY:
        text = str(mechanism.text_on_target or _("%(n)s units count."))
        return Headline("good", _("On target."), text % values)
    tone = "warning" if reading.state == State.LOW else "critical"
    title = str(mechanism.title_below) % values
    if mechanism.text_below:
        return Headline(tone, title, str(mechanism.text_below) % values)
    parts = [ngettext("%(n)s unit left", "%(n)s units left", reading.value) % {"n": markup.number(reading.value)}]
    if reading.daily:
        parts.append(_("%(daily)s sold per day on average") % {"daily": f"{reading.daily:.1f}"})
    text = ", ".join(parts)
    if runs_out:
        text += _(": runs out about %(day)s") % {"day": showing.short_day(runs_out)}
    text += _(". Order %(n)s units or more to return to 100%%.") % {"n": markup.number(missing)}
    return Headline(tone, title, text)


@roles_required(*ROLES)
def suggest(request: HttpRequest) -> HttpResponse:
    """Products without a turnover tracker that sell, with proposed numbers, to tick and create."""
    user = viewer(request)
    merchants = Merchant.objects.visible_to(user).order_by("name")
    wanted = whole(request.POST.get("merchant") or request.GET.get("merchant"))
    merchant = merchants.filter(pk=wanted).first() if wanted is not None else None
    if merchant is None and not user.sees_all_merchants:
        merchant = user.merchant
    rows = queries.suggestions(merchant=merchant, limit=SUGGESTED, as_of=timezone.now()) if merchant else []
    if request.method == "POST" and merchant:
        ticked = set(request.POST.getlist("products"))
        good = InventoryType.objects.get(code="good")
        chosen = [row for row in rows if str(row.product.pk) in ticked]
        for row in chosen:
            rules.save(
                product=row.product,
                inventory_type=good,
                mechanism="turnover_days",
                values={"lookback_days": 30, "coverage_days": 14},
                by=user,
            )
        messages.success(
            request, ngettext("%(n)d tracker created.", "%(n)d trackers created.", len(chosen)) % {"n": len(chosen)}
        )
        return redirect("trackers")
    page = Page(_("Suggest trackers"), "", [(_("Trackers"), reverse("trackers")), (_("Suggest"), None)])
    context = {"page": page, "merchants": merchants, "merchant": merchant, "rows": rows, "empty": SafeString("")}
    return render(request, "trackers/suggest.html", context)
