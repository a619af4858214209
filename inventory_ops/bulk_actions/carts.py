"""Get in touch with the customers of carts that were left, and take their e-mails for a mail tool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.forms import Form
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inventory_ops.bulk_actions.base import FindingAction
from inventory_ops.forms.carts import CSV, ContactForm, EmailsForm
from inventory_ops.kit.bulk.action import Line, Outcome, Plan, register
from inventory_ops.models import CartContact, Destination, Finding, Order, User
from inventory_ops.models.orders import OrderStatus
from inventory_ops.operations import carts, findings, remarketing
from inventory_ops.queries.remarketing import REASONS, in_words, sort_out

CARTS = frozenset({carts.REPORT})


@register
class Contact(FindingAction):
    name = "contacted"
    label = gettext_lazy("Contacted")
    icon = "checklist"
    hint = gettext_lazy("For what was said by telephone, chat or mail outside of here. It stands with the cart.")
    form_class = ContactForm
    only = CARTS

    def title(self, count: int) -> str:
        return _("Contacted: %(findings)s") % {"findings": self.counted(count)}

    def line(self, row: Finding) -> Line:
        known = CartContact.objects.filter(order=row.row_id).select_related("by").order_by("-at").first()
        return Line(row.label, _("Last: %(who)s, %(how)s") % {"who": known.by, "how": known.get_how_display()}
                    if known else _("Not contacted yet"))  # fmt: skip

    def reason_to_skip(self, row: Finding) -> str:
        cart = Order.objects.filter(pk=row.row_id, status=OrderStatus.CART).exists()
        return super().reason_to_skip(row) or ("" if cart else str(REASONS["bought"]))

    def apply(self, finding: Finding, *, by: User, values: dict[str, Any], version: int | None) -> None:
        cart = Order.objects.filter(pk=finding.row_id or 0).first()
        if cart is None:
            raise findings.InvalidChange(_("The cart “%(name)s” is gone.") % {"name": finding.label})
        try:
            carts.contact(
                order=cart, how=values["how"], note=values["note"], by=by, now=timezone.now(), version=version
            )
        except carts.NotContacted as error:
            raise findings.InvalidChange(str(error)) from error


@dataclass(frozen=True, slots=True)
class CartPlan(Plan[Finding]):
    """`others` are the carts that are left out: the log counts why."""

    others: list[int] = field(default_factory=list)


@register
class Emails(FindingAction):
    name = "emails"
    label = gettext_lazy("E-mails for a mail tool")
    icon = "mail"
    hint = gettext_lazy(
        "Only customers who agreed to mails are in it, each address once. The security log keeps who took how many."
    )
    form_class = EmailsForm
    only = CARTS
    most = remarketing.MOST

    def suits(self, row: Finding) -> bool:
        return False  # of a selection; one cart has its contact

    def form(self, data: Any, *, viewer: User) -> Form:
        return EmailsForm(data, viewer=viewer)

    def title(self, count: int) -> str:
        return f"{self.label}: {self.counted(count)}"

    def counted(self, count: int) -> str:
        return ngettext("%(n)d cart", "%(n)d carts", count) % {"n": count}

    def plan(self, rows: Sequence[Finding]) -> Plan[Finding]:
        _will, left = sort_out(row.row_id or 0 for row in rows)
        skipped = [Line(row.label, reason=str(REASONS[left[row.row_id]])) for row in rows if row.row_id in left]
        return CartPlan([row for row in rows if row.row_id not in left], skipped, list(left))

    def carry_out(self, plan: Plan[Finding], *, by: User, values: dict[str, Any], seen: Mapping[str, str]) -> Outcome:
        others = plan.others if isinstance(plan, CartPlan) else []
        return self._hand_over([*(row.row_id or 0 for row in plan.will), *others], by=by, values=values)

    def run(self, rows: Sequence[Finding], *, by: User, values: dict[str, Any], seen: Mapping[str, str]) -> Outcome:
        return self._hand_over([row.row_id or 0 for row in rows], by=by, values=values)

    @staticmethod
    def _hand_over(ids: Sequence[int], *, by: User, values: dict[str, Any]) -> Outcome:
        now = timezone.now()
        try:
            if values["to"] == CSV:
                job, handed = remarketing.as_file(ids=ids, contacted=values["contacted"], by=by, now=now)
                url = reverse("job", args=[job.pk])
            else:
                hook = Destination.objects.get(pk=values["to"], user=by)
                handed = remarketing.to_webhook(
                    ids=ids, destination=hook, contacted=values["contacted"], by=by, now=now
                )
                url = ""
        except remarketing.NobodyToWriteTo as error:
            return Outcome(left=[str(error)])
        said = ngettext("%(n)d address handed over.", "%(n)d addresses handed over.", len(handed.carts))
        left = [_("Left out: %(why)s.") % {"why": in_words(handed.left)}] if handed.left else []
        return Outcome(said % {"n": len(handed.carts)}, left, url)
