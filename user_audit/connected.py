"""Is any AWS named here? Known without anything of AWS being imported: each page and scan asks."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _


def why_not_connected() -> str:
    """What is missing to reach AWS, or ""."""
    if settings.AWS_ACCOUNTS or settings.AWS_REAL or settings.AWS_ENDPOINT_URL or settings.DEMO:
        return ""
    return _("AWS is not connected. Set OPS_AWS=real and AWS_ACCOUNTS, then restart: docs/aws-permissions.md.")
