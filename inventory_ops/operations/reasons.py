"""The list of reasons for adjustments."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from inventory_ops.models import AdjustmentReason, User
from inventory_ops.operations import audit


class ReasonRefused(Exception):
    """Nothing was changed; says why."""


@transaction.atomic
def add(*, name: str, by: User) -> AdjustmentReason:
    """Offer one more reason; its code, which files use, is made of the name. Raises ReasonRefused."""
    code = slugify(name).replace("-", "_")[:30]
    if not code:
        raise ReasonRefused(_("Use a name with letters a to z or digits: its code is made of them."))
    try:
        with transaction.atomic():
            reason = AdjustmentReason.objects.create(code=code, name=name)
    except IntegrityError:
        raise ReasonRefused(_("There is a reason with the code %(code)s already.") % {"code": code}) from None
    audit.record(action="reason.add", by=by, subject=reason, summary=name, data={"code": code})
    return reason


@transaction.atomic
def offer(*, reason: AdjustmentReason, offered: bool, by: User) -> None:
    """Offer a reason or no longer; events keep it. Raises ReasonRefused when none would be left."""
    # all rows, so that two people cannot take the last two at once
    rows = {each.pk: each for each in AdjustmentReason.objects.select_for_update().order_by("pk")}
    if not offered and not any(each.is_active for each in rows.values() if each.pk != reason.pk):
        raise ReasonRefused(_("One reason at least must be offered: adjustments need one."))
    if rows[reason.pk].is_active != offered:
        AdjustmentReason.objects.filter(pk=reason.pk).update(is_active=offered)
        audit.record(action="reason.offer" if offered else "reason.retire", by=by, subject=reason, summary=reason.name)
