"""Factors, caps and the period lock: kinds of proposals, and how an approved one comes into force.

The functions that write are for approvals, sample data and tests: people propose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory_ops.models import Merchant, Proposal
from inventory_ops.operations import audit, proposals
from lost_damaged.models import Cap, Factor, FinanceSettings
from lost_damaged.queries import settings as queries

LOADED = "Loaded with the merchants"
CAPS = ("unit_cap", "import_cap", "daily_cap")


def set_factor(
    *, merchant: Merchant | None, factor: Decimal, set_by: str, valid_from: datetime | None = None, note: str = ""
) -> Factor:
    """Let a factor hold from a moment on (default: now), of one seller or of all without one of their own."""
    return Factor.objects.create(
        merchant=merchant, factor=factor, valid_from=valid_from or timezone.now(), note=note, created_by=set_by
    )


def set_caps(
    *, currency: str = "", unit: Decimal, per_import: Decimal, daily: Decimal, valid_from: datetime | None = None
) -> Cap:
    """Let caps hold from a moment on (default: now), of one currency or of all without their own."""
    return Cap.objects.create(
        currency=currency,
        unit_cap=unit,
        import_cap=per_import,
        daily_cap=daily,
        valid_from=valid_from or timezone.now(),
    )


class FactorKind(proposals.Kind):
    """Values: `factor`."""

    name, title, of_merchants = "factor", _("Factor"), True

    def before(self, merchant: Merchant | None, subject: str) -> dict[str, str]:
        return {"factor": f"{queries.factor_of(merchant).normalize():f}"}

    def apply(self, proposal: Proposal, begins: datetime) -> int:
        return set_factor(
            merchant=proposal.merchant,
            factor=Decimal(proposal.values["factor"]),
            valid_from=begins,
            note=proposal.note,
            set_by=proposal.requested_by.email,
        ).pk

    @transaction.atomic
    def set_directly(self, values: Mapping[int, Mapping[str, str]], *, begins: datetime, set_by: str) -> int:
        own, agreed = queries.own_factors(list(values), at=begins), self.agreed(list(values))
        rows = [
            Factor(merchant_id=pk, factor=factor, valid_from=begins, note=LOADED, created_by=set_by)
            for pk, factor in ((pk, Decimal(each["factor"])) for pk, each in values.items())
            if own.get(pk) != factor and pk not in agreed
        ]
        Factor.objects.bulk_create(rows, batch_size=5000)
        if rows:
            audit.record_many(
                action="factor.load",
                by=None,
                entries=[
                    audit.Entry(
                        row,
                        f"factor of a seller: {own.get(row.merchant_id or 0, '')} → {row.factor}",
                        {"old": str(own.get(row.merchant_id or 0, "")), "new": str(row.factor), "set_by": set_by},
                        row.merchant_id,
                    )
                    for row in rows
                ],
            )
        return len(rows)

    def agreed(self, merchants: Sequence[int]) -> dict[int, dict[str, str]]:
        found = queries.own_factors(merchants, at=timezone.now(), agreed=True)
        return {pk: {"factor": f"{factor.normalize():f}"} for pk, factor in found.items()}

    def withdraw(self, proposal: Proposal) -> None:
        Factor.objects.filter(pk=proposal.made_id or 0).update(withdrawn_at=timezone.now())


class CapsKind(proposals.Kind):
    """Values: `unit_cap`, `import_cap`, `daily_cap`; the subject is a currency or ''."""

    name, title, of_merchants, log = "caps", _("Caps"), False, "finance_settings"
    labels: Mapping[str, object] = {
        "unit_cap": _("per unit"),
        "import_cap": _("per import"),
        "daily_cap": _("per person in 24 hours"),
    }

    def before(self, merchant: Merchant | None, subject: str) -> dict[str, str]:
        found = queries.caps_of(subject)
        return {name: f"{getattr(found, name).normalize():f}" for name in CAPS}

    def apply(self, proposal: Proposal, begins: datetime) -> int:
        unit, per_import, daily = (Decimal(proposal.values[name]) for name in CAPS)
        return set_caps(currency=proposal.subject, unit=unit, per_import=per_import, daily=daily, valid_from=begins).pk

    def withdraw(self, proposal: Proposal) -> None:
        Cap.objects.filter(pk=proposal.made_id or 0).update(withdrawn_at=timezone.now())


class PeriodKind(proposals.Kind):
    """Value: `locked_until`, a day or ''. Holds as soon as it is approved."""

    name, title, of_merchants, at_once, log = "period", _("Period lock"), False, True, "finance_settings"

    def before(self, merchant: Merchant | None, subject: str) -> dict[str, str]:
        return {"locked_until": str(queries.current().locked_until or "")}

    @transaction.atomic
    def apply(self, proposal: Proposal, begins: datetime) -> int:
        text = proposal.values["locked_until"]
        FinanceSettings.objects.update_or_create(
            pk=1, defaults={"locked_until": date.fromisoformat(text) if text else None}
        )
        return 1

    def withdraw(self, proposal: Proposal) -> None:
        raise NotImplementedError("It began when it was approved.")


FACTOR, CAPS_KIND, PERIOD = (proposals.register(kind()) for kind in (FactorKind, CapsKind, PeriodKind))
