"""The rule of the price guard, which is proposed and approved."""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType

from django.utils import timezone
from django.utils.translation import gettext_lazy

from inventory_ops.models import Merchant, PriceGuard, Proposal
from inventory_ops.operations import proposals
from inventory_ops.queries import price_guard
from inventory_ops.registries.permissions import OPERATIONS


def set_rule(*, merchant: Merchant | None, mode: str, set_by: str = "", valid_from: datetime) -> PriceGuard:
    """Let a rule hold from a moment on, of a merchant or of all without one. For approvals: people propose."""
    return PriceGuard.objects.create(merchant=merchant, mode=mode, valid_from=valid_from, changed_by=set_by)


class PriceGuardKind(proposals.Kind):
    """Value: `mode`, one of PriceGuard.Mode."""

    name, title, of_merchants = "price_guard", gettext_lazy("Price guard"), True
    proposers = (OPERATIONS, *proposals.ROLES)  # they see what is sold at a loss

    labels = MappingProxyType({"mode": ""})  # its values say what they are

    def word(self, name: str, value: str) -> str:
        return str(PriceGuard.Mode(value).label).partition(":")[0].lower() if value else super().word(name, value)

    def before(self, merchant: Merchant | None, subject: str) -> dict[str, str]:
        return {"mode": price_guard.rule_of(merchant_id=merchant.pk if merchant else None)}

    def apply(self, proposal: Proposal, begins: datetime) -> int:
        by = proposal.requested_by.email
        return set_rule(merchant=proposal.merchant, mode=proposal.values["mode"], set_by=by, valid_from=begins).pk

    def withdraw(self, proposal: Proposal) -> None:
        PriceGuard.objects.filter(pk=proposal.made_id or 0).update(withdrawn_at=timezone.now())


GUARD = proposals.register(PriceGuardKind())
