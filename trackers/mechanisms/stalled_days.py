"""Stalled days: units shipped in a window against a number."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from trackers.mechanisms.base import Field, Mechanism, Preset

MECHANISM = Mechanism(
    name="stalled_days",
    order=3,
    label=_("Stalled days"),
    advice=_("Finds stock that has stopped moving."),
    fields=(
        Field(
            "lookback_days",
            _("Lookback days"),
            _("Shipments below the quantity within this many complete days count as stalled."),
            most=3660,
        ),
        Field("quantity", _("Quantity"), _("Shipments below this number count as stalled.")),
    ),
    value="w.shipped",
    numerator="w.shipped",
    denominator="t.quantity",
    threshold="t.quantity",
    needs_days=True,
    needs_sales=False,
    counts_stock=False,
    value_label=_("Units shipped"),
    value_hint=_("shipment volume, not the stock level"),
    value_unit=_("units shipped"),
    summary="fewer than %(quantity)s in %(lookback_days)s days",
    threshold_parts=("quantity",),
    title_below=_("This stock is stalled."),
    text_on_target=_("%(n)s units shipped in %(lookback_days)s days."),
    text_below=_("%(n)s units shipped in %(lookback_days)s days, fewer than %(quantity)s."),
    text_short=_("%(n)s shipped in %(lookback_days)s days"),
    preset=Preset(
        "stalled",
        _("Finding stalled products"),
        _("You want to find products that shipped fewer than 5 units in 90 days."),
        {"lookback_days": 90, "quantity": 5},
    ),
)
