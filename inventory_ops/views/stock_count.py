"""Stock count: many SKUs on one sheet, filled by a scanner, a pasted list or by hand, booked all or none."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from inventory_ops.forms.stock import LARGEST
from inventory_ops.forms.stock_count import MOST_LINES, CountForm, Line, Sheet
from inventory_ops.kit.numbers import whole
from inventory_ops.kit.page import Page
from inventory_ops.models import Product, StockBalance, User
from inventory_ops.operations import stock
from inventory_ops.operations.ledger import LedgerRefusal
from inventory_ops.operations.stock import Place, StockMoved
from inventory_ops.queries import search
from inventory_ops.registries.permissions import roles_required, viewer
from inventory_ops.views.stock import WRITERS

HITS = 10


@roles_required(*WRITERS)
@require_http_methods(["GET", "HEAD", "POST"])
def count(request: HttpRequest) -> HttpResponse:
    """The sheet. Its lines travel with the form: adding one changes nothing in stock, booking takes all that were
    counted."""
    if request.method != "POST":
        form = CountForm(initial={"inventory_type": "good", "location": "MAIN"})
        return _show(request, form, Sheet())
    by, form = viewer(request), CountForm(request.POST)
    try:
        sheet = Sheet.of(request.POST, viewer=by)
    except ValueError:
        messages.error(request, _("The sheet could not be read. Start it again; nothing was booked."))
        return HttpResponseRedirect(request.path)
    index = request.POST.get("remove", "")
    if index in map(str, range(len(sheet.lines))):
        del sheet.lines[int(index)]
        return _show(request, form, sheet)
    if "book" in request.POST:
        return _book(request, form, sheet, by)
    where = (request.POST.get("inventory_type", ""), request.POST.get("location", ""))
    if "list" in request.POST:
        return _show(request, form, sheet, errors=_take_list(request.POST.get("pasted", ""), sheet, where, by))
    return _scan(request, form, sheet, where, by)


def _scan(request: HttpRequest, form: CountForm, sheet: Sheet, where: tuple[str, str], by: User) -> HttpResponse:
    """Add what was scanned or picked; a SKU that is on the sheet already counts one more, if scans count."""
    visible = Product.objects.visible_to(by).select_related("merchant")
    text = request.POST.get("scan", "").replace("\x00", "").strip()[:100]
    picked = whole(request.POST.get("pick"))
    if picked is not None:
        found = list(visible.filter(pk=picked))
    else:
        found = list(visible.filter(sku=text)[: HITS + 1]) if text else []
    if len(found) != 1:
        hits = found or (search.choices(text=text, viewer=by, most=HITS) if text else [])
        errors = [] if hits or not text else [_("No product has “%(text)s” in its SKU or name.") % {"text": text}]
        return _show(request, form, sheet, hits=hits, errors=errors, scan=text if hits else "")
    try:
        line = _put(sheet, found[0], where)[0]
    except ValueError as full:
        return _show(request, form, sheet, errors=[str(full)])
    counted = whole(line.counted or "0", high=LARGEST)
    if request.POST.get("each") and counted is not None:
        line.counted = str(counted + 1)
    return _show(request, form, sheet)


def _put(sheet: Sheet, product: Product, where: tuple[str, str]) -> list[Line]:
    """The product's lines of the sheet, added where they are missing: one a lot, or one for stock not booked yet."""
    type_, location = where
    balances = StockBalance.objects.filter(
        product=product, inventory_type__code=type_, location__code=location
    ).select_related("product__merchant", "inventory_type", "location")
    lines = [Line(Place.of(each), each.on_hand) for each in balances.order_by("-expires_on", "-lot", "-pk")]
    lines = lines or [Line(Place(product, type_, location), 0)]
    known = [sheet.find(line.place) for line in lines]
    for line, old in zip(lines, known, strict=True):
        if old is None:
            sheet.add(line)
    return [old or line for line, old in zip(lines, known, strict=True)]


def _take_list(text: str, sheet: Sheet, where: tuple[str, str], by: User) -> list[str]:
    """Lines “SKU, units” of a spreadsheet or a scanner's memory; answers what could not be taken, line by line."""
    rows = [(number, row.strip()) for number, row in enumerate(text.replace("\x00", "").splitlines(), 1) if row.strip()]
    if len(rows) > MOST_LINES:
        return [_("The list has %(n)s lines; a sheet takes %(most)s.") % {"n": len(rows), "most": MOST_LINES}]
    errors = []
    for number, row in rows:
        problem = _take_row(row, sheet, where, by)
        if problem:
            errors.append(_("Line %(n)s: %(problem)s") % {"n": number, "problem": problem})
    return errors


def _take_row(row: str, sheet: Sheet, where: tuple[str, str], by: User) -> str:
    sku, _separator, units = (part.strip() for part in re.sub("[;\t]", ",", row, count=1).partition(","))
    if whole(units, high=LARGEST) is None:
        return _("“%(row)s” is not a SKU and the units counted, such as LAMP-1,12.") % {"row": row[:60]}
    found = list(Product.objects.visible_to(by).filter(sku=sku).select_related("merchant")[:2])
    if not found:
        return _("There is no SKU “%(sku)s”.") % {"sku": sku[:60]}
    if len(found) > 1:
        return _("Several vendors have the SKU “%(sku)s”: scan it above and choose.") % {"sku": sku[:60]}
    try:
        lines = _put(sheet, found[0], where)
    except ValueError as full:
        return str(full)
    if len(lines) > 1:
        return _("%(sku)s lies in %(n)s lots: type the count of each below.") % {"sku": sku[:60], "n": len(lines)}
    lines[0].counted = units
    return ""


def _book(request: HttpRequest, form: CountForm, sheet: Sheet, by: User) -> HttpResponse:
    counts = sheet.counts()
    if sheet.is_wrong or not form.is_valid():
        return _show(request, form, sheet, status=422)
    if not counts:
        nothing = _("Nothing was counted yet: type the units beside a product.")
        return _show(request, form, sheet, errors=[nothing], status=422)
    try:
        changed = stock.count(counts, details=form.details(), by=by)
    except StockMoved as conflict:
        moved = {each.place: each for each in conflict.moved}
        for line in sheet.lines:
            line.moved = moved.get(line.place)
            if line.moved:
                line.seen = line.moved.on_hand
        return _show(request, form, sheet, status=409)
    except LedgerRefusal as refused:
        return _show(request, form, sheet, errors=[str(refused)], status=422)
    if changed.repeated:
        messages.info(request, _("This form was sent before: it was booked once."))
    else:
        text = ngettext(
            "%(n)s balance counted; %(events)s differed and was booked.",
            "%(n)s balances counted; %(events)s differed and were booked.",
            len(counts),
        )
        messages.success(request, text % {"n": len(counts), "events": changed.events})
    return HttpResponseRedirect(request.path)


def _show(
    request: HttpRequest,
    form: CountForm,
    sheet: Sheet,
    *,
    hits: list[Product] | None = None,
    errors: list[str] | None = None,
    scan: str = "",
    status: int = 200,
) -> HttpResponse:
    title = _("Stock count")
    context: dict[str, Any] = {
        "page": Page(
            title=title,
            subtitle=_("Nothing is booked before you say so."),
            breadcrumbs=[(_("Stock inquiry"), reverse("stock-inquiry")), (title, None)],
        ),
        "form": form,
        "sheet": sheet,
        "hits": hits or [],
        "errors": errors or [],
        "scan": scan,
        "moved": [line for line in sheet.lines if line.moved],
        "each": request.POST.get("each", "1" if request.method != "POST" else ""),
        "pasted": request.POST.get("pasted", "") if errors and "list" in request.POST else "",
        "chosen": {
            "type": request.POST.get("inventory_type", "good"),
            "location": request.POST.get("location", "MAIN"),
        },
    }
    return render(request, "inventory_ops/stock_count.html", context, status=status)
