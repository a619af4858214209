"""Writing the finance settings and NAV accounts; factors, caps and the period lock are in `rules`."""

from __future__ import annotations

from django.db import transaction

from inventory_ops.models import Merchant, User
from inventory_ops.operations import audit
from lost_damaged.models import FinanceSettings, SellerAccount


@transaction.atomic
def save(settings: FinanceSettings, *, changed: list[str], by: User) -> None:
    """Store the settings; `changed` names the fields for the audit log."""
    settings.pk = 1
    settings.save()
    data = {name: str(getattr(settings, name)) for name in changed}
    audit.record(action="finance_settings.save", by=by, summary=f"Finance settings: {', '.join(changed)}", data=data)


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
