"""The form of a rule for findings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from inventory_ops.forms.seen import MergedForm
from inventory_ops.forms.vendors import OfVendor
from inventory_ops.kit.fields import suggesting
from inventory_ops.kit.reports import registry
from inventory_ops.models import AutomationRule, User
from inventory_ops.operations.automation import RuleValues
from inventory_ops.registries.permissions import ADMIN, FINANCE, OPERATIONS

FIELDS = ("name", "report", "vendor", "brand", "assign_to", "snooze_days", "notify", "is_enabled")


def _reports() -> list[tuple[str, Any]]:
    return [(report.slug, report.title) for report in registry if report.bulk_group == "findings"]


def _people(label: Any, *roles: str, help_text: Any) -> Any:
    return forms.ModelChoiceField(
        queryset=User.objects.filter(is_active=True, role__in=roles).order_by("name", "email"),
        label=label,
        required=False,
        empty_label=gettext_lazy("Nobody"),
        help_text=help_text,
    )


class RuleForm(OfVendor, MergedForm):
    """A new rule, or one that is stored."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    report = forms.ChoiceField(label=gettext_lazy("When a finding opens of"), choices=_reports)
    vendor = forms.CharField(
        label=gettext_lazy("Vendor number"),
        required=False,
        max_length=50,
        widget=suggesting("vendor"),
        help_text=gettext_lazy("Empty: of all vendors."),
    )
    brand = forms.CharField(
        label=gettext_lazy("Brand"),
        required=False,
        max_length=200,
        widget=suggesting("brand"),
        help_text=gettext_lazy("Empty: of all brands."),
    )
    assign_to = _people(
        gettext_lazy("Assign to"),
        OPERATIONS,
        ADMIN,
        help_text=gettext_lazy("A finding that has an owner already, since it opened before, keeps it."),
    )
    snooze_days = forms.IntegerField(
        label=gettext_lazy("Snooze for days"),
        required=False,
        min_value=1,
        max_value=365,
        help_text=gettext_lazy("From its opening on. Empty: not at all."),
    )
    notify = _people(
        gettext_lazy("Notify"),
        OPERATIONS,
        FINANCE,
        ADMIN,
        help_text=gettext_lazy("In the bell and by mail, once a scan."),
    )
    is_enabled = forms.BooleanField(label=gettext_lazy("Enabled"), required=False, initial=True)

    def __init__(self, data: Any, *, rule: AutomationRule | None = None) -> None:
        initial: dict[str, Any] = {}
        if rule is not None:
            initial = {name: getattr(rule, name) for name in FIELDS if name != "vendor"}
            initial["vendor"] = rule.merchant.vendor_number if rule.merchant else ""
            for name in ("assign_to", "notify"):
                initial[name] = getattr(rule, f"{name}_id")
        super().__init__(data, initial=initial)
        self.carry(FIELDS)

    def wanted(self) -> RuleValues:
        """What was entered."""
        given = self.cleaned_data
        return RuleValues(
            name=given["name"].strip(),
            report=given["report"],
            merchant=given["vendor"],
            brand=given["brand"].strip(),
            assign_to=given["assign_to"],
            snooze_days=given["snooze_days"],
            notify=given["notify"],
            is_enabled=given["is_enabled"],
        )
