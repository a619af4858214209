"""The parameter that leaves stock out which expires too soon; shared by mechanisms that count stock."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from trackers.mechanisms.base import Field

EXPIRY = Field(
    "expiry_days",
    _("Expiry days (above)"),
    _("Optional. Only stock with more shelf life than this counts; stock without an expiry date always counts."),
    required=False,
    least=0,
    most=3660,
)
