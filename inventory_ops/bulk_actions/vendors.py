"""Send findings to their vendors, and take down what they answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory_ops.bulk_actions.base import FindingAction
from inventory_ops.forms.findings import AskForm, ReplyForm
from inventory_ops.kit.bulk.action import register
from inventory_ops.models import Finding, User, VendorRequest
from inventory_ops.operations import vendor_requests
from inventory_ops.operations.vendor_requests import Reply


def waits(finding: Finding) -> bool:
    return VendorRequest.objects.filter(finding=finding, answer="").exists()


@register
class AskVendor(FindingAction):
    name = "ask"
    label = gettext_lazy("Ask the vendor")
    icon = "send"
    form_class = AskForm

    def reason_to_skip(self, row: Finding) -> str:
        if row.merchant_id is None:
            return _("It belongs to no single vendor")
        return super().reason_to_skip(row) or (_("It waits for its vendor already") if waits(row) else "")

    def apply(self, finding: Finding, *, by: User, values: dict[str, Any], version: int | None) -> None:
        vendor_requests.ask(finding=finding, note=values["note"], by=by, now=timezone.now())

    def finish(self, findings: Sequence[Finding]) -> list[str]:
        asked = VendorRequest.objects.filter(finding__in=findings, answer="").select_related("finding", "merchant")
        unreached = vendor_requests.send(asked)
        text = _("%(vendor)s has nobody here who could be notified: invite a person with the role Merchant.")
        return [text % {"vendor": name} for name in unreached]


@register
class AnswerOfVendor(FindingAction):
    name = "answer"
    label = gettext_lazy("Vendor’s answer")
    icon = "mail"
    form_class = ReplyForm

    def reason_to_skip(self, row: Finding) -> str:
        return super().reason_to_skip(row) or ("" if waits(row) else _("Its vendor was not asked"))

    def apply(self, finding: Finding, *, by: User, values: dict[str, Any], version: int | None) -> None:
        given = Reply(values["answer"], values["fix_by"], values["text"])
        vendor_requests.reply(finding=finding, reply=given, by=by, now=timezone.now())
