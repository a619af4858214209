"""Vendors asked about findings, and their answers, in the JSON API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from inventory_ops.models import Finding, User, VendorRequest
from inventory_ops.operations import vendor_requests
from inventory_ops.operations.vendor_requests import Reply
from inventory_ops.registries.permissions import ADMIN, MERCHANT, OPERATIONS
from inventory_ops.views.api.findings import Work, described


class Asking(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


@described("ask", Asking)
class Ask(Work):
    """Send it to its vendor, by mail and bell. While the vendor has not answered it is asked once."""

    body = Asking

    def do(self, finding: Finding, values: dict[str, Any], by: User, now: datetime) -> None:
        vendor_requests.send([vendor_requests.ask(finding=finding, note=values["note"], by=by, now=now)])


class Answering(serializers.Serializer[Any]):
    answer = serializers.ChoiceField(choices=VendorRequest.Answer.choices)
    fix_by = serializers.DateField(required=False, allow_null=True, default=None, help_text="of will_fix")
    text = serializers.CharField(
        max_length=500, required=False, default="", allow_blank=True, help_text="needed with not_ours: why"
    )


@described("answer", Answering)
class Answer(Work):
    """What the vendor says to what it was asked: by its own people, or taken down for it."""

    body = Answering
    writers = (OPERATIONS, MERCHANT, ADMIN)

    def do(self, finding: Finding, values: dict[str, Any], by: User, now: datetime) -> None:
        given = Reply(values["answer"], values["fix_by"], values["text"])
        vendor_requests.reply(finding=finding, reply=given, by=by, now=now)
