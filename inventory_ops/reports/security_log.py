"""The security log: who signed in or failed to, and what happened to accounts, keys, caps and factors."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.db.models.fields.json import KT
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.reports import Report, Scope, View, columns, filters, register
from inventory_ops.models import AuditEvent
from inventory_ops.models.audit import Security, is_security
from inventory_ops.registries.permissions import ADMIN

# what other parts of the product write into the same log
OTHERS = {
    "api_key.create": _("API key made"),
    "api_key.revoke": _("API key revoked"),
    "finance_settings.save": _("Finance settings changed"),
    **{
        f"{kind}.{verb}": _("%(rule)s: %(done)s") % {"rule": rule, "done": done}
        for kind, rule in (
            ("factor", _("Write-off factor")),
            ("finance_settings", _("Caps or period lock")),
            ("price_guard", _("Price guard")),
        )
        for verb, done in (
            ("propose", _("proposed")),
            ("approve", _("approved")),
            ("reject", _("rejected")),
            ("withdraw", _("withdrawn")),
        )
    },
    "user_audit.disable_aws": _("Disabled in AWS"),
    "user_audit.enable_aws": _("Enabled in AWS"),
    "user_audit.delete_aws": _("Deleted from AWS"),
    "user_audit.disable_db": _("Disabled on the platform"),
    "user_audit.enable_db": _("Enabled on the platform"),
    "user_audit.delete_db": _("Deleted on the platform"),
    "user_audit.delete_both": _("Deleted from AWS and the platform"),
    "user_audit.request": _("Action on accounts requested"),
    "user_audit.approve": _("Action on accounts approved"),
    "user_audit.reject": _("Action on accounts rejected"),
    "user_audit.cancel": _("Action on accounts cancelled"),
    "user_audit.pause": _("Action on accounts paused"),
    "user_audit.resume": _("Action on accounts resumed"),
    "user_audit.retry": _("Action on accounts tried again"),
    "user_audit.recheck": _("Account read again"),
    "user_audit.review": _("Account reviewed"),
    "user_audit.manager": _("Manager of an account set"),
    "user_audit.certify": _("Access certified"),
    "user_audit.certification_plan": _("Certification planned"),
    "user_audit.certification_start": _("Certification started"),
    "user_audit.certification_end": _("Certification ended"),
    "user_audit.confirm_link": _("Account linked to its AWS user"),
    "user_audit.note": _("Note on an account"),
    "user_audit.protect": _("Account protected"),
    "user_audit.unprotect": _("Account no longer protected"),
}
WORDS = {**dict(Security.choices), **OTHERS}
TONES = {
    Security.SIGN_IN_FAILED: "warning",
    Security.SECOND_FACTOR_FAILED: "warning",
    Security.LOCKED_OUT: "critical",
    Security.FACTOR_REMOVED: "warning",
    Security.EMAIL_CHANGED: "warning",
    Security.ROLE_CHANGED: "warning",
}


class Filters(filters.WindowedFilterSet):
    q = filters.SearchFilter(fields=("summary", "actor"))
    event = django_filters.ChoiceFilter(
        field_name="action", choices=sorted(WORDS.items(), key=lambda each: str(each[1])), label=_("Event")
    )
    actor = django_filters.CharFilter(field_name="actor", lookup_expr="iexact", label=_("By"), max_length=254)
    address = django_filters.CharFilter(field_name="data__address", label=_("Address"), max_length=45)


@register
class SecurityLog(Report):
    slug = "security-log"
    title = _("Security log")
    short_title = _("Security log")
    section = _("System")
    purpose = _(
        "Sign-ins and failures, passwords, second factors, e-mails, roles, API keys, caps and factors. "
        "It is part of the audit log, which nobody can change."
    )
    path = "/system/security/"
    icon = "shield"
    roles = frozenset({ADMIN})
    currency = None
    merchant_path = None
    columns = (
        columns.Moment(key="at", header="At", label=_("When")),
        columns.Choice(key="event", header="Event", expression="action", words=WORDS, tones=TONES, sortable=False),
        columns.Text(key="summary", header="Summary", sortable=False),
        columns.Text(key="by", header="By", expression="actor", sortable=False, css="m-hide"),
        columns.Text(
            key="address", header="Address", expression=KT("data__address"), nullable=True, sortable=False, css="m-hide"
        ),
        columns.Text(key="request", header="Request", expression="request_id", sortable=False, visible=False),
        columns.Integer(key="number", header="Number", expression="pk", sortable=False, visible=False),
    )
    filterset_class = Filters
    search_placeholder = _("Filter by account")
    default_sort = "-at"
    views = (
        View(_("Failures"), f"event={Security.SIGN_IN_FAILED}"),
        View(_("Lock-outs"), f"event={Security.LOCKED_OUT}"),
        View(_("Roles"), f"event={Security.ROLE_CHANGED}"),
        View(_("Keys"), "event=api_key.create"),
    )
    empty_title = _("No event matches")
    empty_text = _("Clear the filters to see the whole log.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        rows = AuditEvent.objects.filter(is_security())
        if not self.allows(scope.viewer):
            return rows.none()
        if scope.window:
            rows = rows.filter(at__gt=scope.window.start, at__lte=scope.window.end)
        return rows
