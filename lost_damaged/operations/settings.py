"""Writing the finance settings, factors and NAV accounts."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from inventory_ops.models import Merchant, User
from inventory_ops.operations import audit
from lost_damaged.models import Factor, FinanceSettings, SellerAccount


@transaction.atomic
def save(settings: FinanceSettings, *, changed: list[str], by: User) -> None:
    """Store the settings; `changed` names the fields for the audit log."""
    settings.pk = 1
    settings.save()
    data = {name: str(getattr(settings, name)) for name in changed}
    audit.record(action="finance_settings.save", by=by, summary=f"Finance settings: {', '.join(changed)}", data=data)


@transaction.atomic
def set_factor(
    *, merchant: Merchant | None, factor: Decimal, by: User, valid_from: datetime | None = None, note: str = ""
) -> Factor:
    """Let a factor hold from a moment on (default: now), of one seller or of all without one of their own."""
    made = Factor.objects.create(
        merchant=merchant,
        factor=factor,
        valid_from=valid_from or timezone.now(),
        note=note.strip(),
        created_by=by.email,
    )
    who = merchant.vendor_number if merchant else "all sellers"
    audit.record(
        action="factor.set",
        by=by,
        subject=made,
        merchant_id=merchant.pk if merchant else None,
        summary=f"Factor {factor} for {who} from {made.valid_from:%Y-%m-%d %H:%M} UTC",
    )
    return made


@transaction.atomic
def set_account(*, merchant: Merchant, vendor_no: str, by: User) -> None:
    """Give a seller its number in NAV."""
    account, _made = SellerAccount.objects.update_or_create(merchant=merchant, defaults={"vendor_no": vendor_no})
    audit.record(
        action="seller_account.set",
        by=by,
        subject=account,
        merchant_id=merchant.pk,
        summary=f"NAV vendor {vendor_no} for {merchant.vendor_number}",
    )
