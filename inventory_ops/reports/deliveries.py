"""The log of what was sent to people's mailboxes, webhooks and chats."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.links import to
from inventory_ops.kit.reports import Report, Scope, columns, filters, register
from inventory_ops.models import Delivery, Destination


class Filters(filters.ReportFilterSet):
    q = filters.SearchFilter(fields=("title", "name"))
    state = django_filters.ChoiceFilter(choices=Delivery.State.choices, label=_("State"), empty_label=_("Any"))
    kind = django_filters.ChoiceFilter(choices=Destination.Kind.choices[1:], label=_("Kind"), empty_label=_("Any"))


@register
class Deliveries(Report):
    slug = "deliveries"
    title = _("Deliveries")
    short_title = _("Deliveries")
    section = _("Notifications")
    purpose = _("Messages to mailboxes, webhooks and chats, and the outcome.")
    path = "/notifications/deliveries/"
    icon = "send"
    currency = None
    merchant_path = None
    columns = (
        columns.Text(key="title", header="Title", sub="name", link=to("delivery", "pk")),
        columns.Text(key="name", header="Destination", on_page=False),
        columns.Choice(key="kind", header="Kind", words=dict(Destination.Kind.choices), css="m-hide"),
        columns.Choice(
            key="state",
            header="State",
            words=dict(Delivery.State.choices),
            tones={"pending": "warning", "sent": "good", "failed": "critical"},
            css="m-right",
        ),
        columns.Integer(key="attempts", header="Tries", css="m-hide"),
        columns.Text(key="error", header="Error", css="m-hide", sortable=False),
        columns.Moment(key="created_at", header="Created"),
        columns.Moment(key="sent_at", header="Sent", nullable=True, css="m-hide"),
        columns.Text(key="by", header="User", expression="user__email", visible=False, css="m-hide"),
    )
    filterset_class = Filters
    default_sort = "-created_at"
    empty_title = _("Nothing was sent yet")
    empty_text = _("Messages appear here as soon as something is sent to a mailbox, webhook or chat.")

    def rows(self, scope: Scope) -> QuerySet[Any]:
        return Delivery.objects.visible_to(scope.viewer)
