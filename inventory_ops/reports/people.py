"""The list of people: accounts of the product, with role, state and second factor. No secret is in it."""

from __future__ import annotations

from typing import Any

import django_filters
from allauth.mfa.models import Authenticator
from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.links import to
from inventory_ops.kit.reports import Report, Scope, columns, filters, register
from inventory_ops.kit.reports.report import Link, View
from inventory_ops.models import User
from inventory_ops.models.users import Role
from inventory_ops.registries.permissions import ADMIN
from inventory_ops.reports import common

ACTIVE, INVITED, OFF, SERVICE = "active", "no_password", "deactivated", "service"
WORDS = {
    ACTIVE: _("Active"),
    INVITED: _("No password yet"),
    OFF: _("Deactivated"),
    SERVICE: _("Service account"),
}
STATE = Case(
    When(is_active=False, then=Value(OFF)),
    When(is_service=True, then=Value(SERVICE)),
    When(password__startswith="!", then=Value(INVITED)),  # noqa: S106  (no password has this hash)
    default=Value(ACTIVE),
)
ADMINS = frozenset({ADMIN})


class Filters(filters.ReportFilterSet):
    q = filters.SearchFilter(fields=("email", "name"))
    role = django_filters.ChoiceFilter(
        choices=[each for each in Role.choices if each[0]], label=_("Role"), empty_label=_("Any")
    )
    state = django_filters.ChoiceFilter(choices=list(WORDS.items()), label=_("State"), empty_label=_("Any"))
    second_factor = filters.YesNoFilter(field_name="has_second_factor", label=_("Second factor"))
    vendor = common.vendor_filter()


@register
class People(Report):
    slug = "people"
    title = _("People")
    short_title = _("People")
    section = _("System")
    purpose = _("Who has an account, with which role. Each change is in the security log.")
    path = "/system/people/"
    icon = "users"
    roles = ADMINS
    currency = None
    merchant_path = None
    new_url = reverse_lazy("person-new")
    new_label = _("Invite a person")
    links = (Link(_("Import people"), reverse_lazy("import-new", query={"kind": "users"}), "file-upload", ADMINS),)
    columns = (
        columns.Text(
            key="email", header="E-mail", sub="name", expression="email",
            link=to("person", "pk"),
        ),
        columns.Text(key="name", header="Name", on_page=False),
        columns.Choice(key="role", header="Role", words=dict(Role.choices)),
        columns.Text(
            key="vendor", header="Vendor Number", expression="merchant__vendor_number", nullable=True, css="m-hide"
        ),
        columns.Choice(
            key="state", header="State", expression="state", words=WORDS,
            tones={ACTIVE: "good", INVITED: "warning", OFF: "neutral", SERVICE: "neutral"},
        ),
        columns.YesNo(
            key="second_factor", header="Second Factor", expression="has_second_factor", sortable=False, css="m-hide"
        ),
        columns.Moment(key="last_login", header="Last Login", nullable=True, css="m-hide"),
        columns.Moment(key="created_at", header="Created", visible=False),
    )  # fmt: skip
    filterset_class = Filters
    default_sort = "email"
    views = (
        View(_("Administrators"), "role=admin"),
        View(_("No password yet"), f"state={INVITED}"),
        View(_("Deactivated"), f"state={OFF}"),
    )
    empty_title = _("Nobody matches")
    empty_text = _("Clear the filters to see everybody, or invite a person.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        if not self.allows(scope.viewer):
            return User.objects.none()
        factors = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
        return User.objects.annotate(state=STATE, has_second_factor=Exists(factors))
