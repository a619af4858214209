"""Turnover days: counted stock against average daily sales × coverage days."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from trackers.mechanisms.base import Field, Mechanism, Preset
from trackers.mechanisms.expiry import EXPIRY

MECHANISM = Mechanism(
    name="turnover_days",
    order=2,
    label=_("Turnover days"),
    advice=_("Stable, predictable sales: the threshold follows sales velocity."),
    fields=(
        Field(
            "lookback_days",
            _("Sales lookback days"),
            _("Average daily sales are computed over this window of complete days."),
            most=3660,
        ),
        Field("coverage_days", _("Target coverage days"), _("How long the stock should last."), most=3660),
        EXPIRY,
    ),
    value="s.counted",
    # counted ÷ (sold ÷ days × coverage), without a division
    numerator="greatest(s.counted, 0) * f.actual_days",
    denominator="w.sold * t.coverage_days",
    threshold="w.sold::numeric * t.coverage_days / nullif(f.actual_days, 0)",
    needs_days=True,
    needs_sales=True,
    value_label=_("Counted stock"),
    summary="%(lookback_days)s / %(coverage_days)s days",
    threshold_parts=("sold", "÷", "actual_days", "×", "coverage_days"),
    title_below=_("Stock will not last %(coverage_days)s days."),
    preset=Preset(
        "replenish",
        _("Dynamic replenishment alert for a hot seller"),
        _("You want an alert when stock cannot last 7 days at the pace of the last 30."),
        {"lookback_days": 30, "coverage_days": 7},
    ),
)
