"""Stock quantity: counted stock against a fixed number."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from trackers.mechanisms.base import Field, Mechanism, Preset
from trackers.mechanisms.expiry import EXPIRY

MECHANISM = Mechanism(
    name="stock_quantity",
    order=1,
    label=_("Stock quantity"),
    advice=_("A fixed safety stock, or sales that are hard to predict."),
    fields=(
        Field("quantity", _("Stock quantity (below)"), _("Stock below this number counts as insufficient.")),
        EXPIRY,
    ),
    value="s.counted",
    numerator="greatest(s.counted, 0)",
    denominator="t.quantity",
    threshold="t.quantity",
    needs_days=False,
    needs_sales=False,
    value_label=_("Counted stock"),
    summary="below %(quantity)s",
    threshold_parts=("quantity",),
    title_below=_("Stock is below its number."),
    preset=Preset(
        "expiry",
        _("Monitoring expiry-sensitive products"),
        _("Food must still have 14 days of shelf life: near-expiry stock is left out of health."),
        {"quantity": 100, "expiry_days": 14},
    ),
)
