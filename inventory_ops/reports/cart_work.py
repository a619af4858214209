"""What was done about a cart that was left, and what came of it: columns of the list of carts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import F, OuterRef, Subquery, TextField, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext_lazy as _

from inventory_ops.kit.reports import columns
from inventory_ops.kit.viewer import Viewer
from inventory_ops.models import CartContact
from inventory_ops.queries.recovery import STATE, State

TONES = {State.CONTACTED: "warning", State.RECOVERED: "good"}
_LATE: dict[str, Any] = {"nullable": True, "late": True, "sortable": False}
KEYS = ("contacted_at", "contacted_by", "contacted_how", "contact_note")
_PERSON = Coalesce(NullIf("by__name", Value("")), "by__email", output_field=TextField())
_VALUES = ("at", _PERSON, "how", "note")


def _last(expression: Any) -> Subquery:
    rows = CartContact.objects.filter(order=OuterRef("pk")).order_by("-at", "-pk")
    return Subquery(rows.values(given=expression)[:1])


COLUMNS = (
    columns.Choice(
        key="recovery",
        header="Recovery",
        expression=STATE,
        sortable=False,
        words=dict(State.choices),
        tones=TONES,
        css="m-hide",
    ),
    columns.Moment(
        key="contacted_at", header="Contacted At", label=_("Contacted"), source=_last(F("at")), visible=False, **_LATE
    ),
    columns.Text(
        key="contacted_by",
        header="Contacted By",
        label=_("Contacted by"),
        source=_last(_PERSON),
        staff=True,
        visible=False,
        **_LATE,
    ),
    columns.Choice(
        key="contacted_how",
        header="Contacted How",
        label=_("How"),
        source=_last(F("how")),
        words=dict(CartContact.How.choices),
        visible=False,
        **_LATE,
    ),
    columns.Text(
        key="contact_note",
        header="Contact Note",
        label=_("Note of the contact"),
        source=_last(F("note")),
        staff=True,
        visible=False,
        **_LATE,
    ),
    columns.Moment(
        key="recovered_at", header="Recovered At", label=_("Bought"), nullable=True, sortable=False, visible=False
    ),
    columns.Text(
        key="recovery_url",
        header="Recovery Link",
        sortable=False,
        staff=True,
        on_page=False,
    ),
    columns.YesNo(
        key="consent",
        header="Consent To Mails",
        label=_("Consent to mails"),
        expression="marketing_consent",
        nullable=True,
        sortable=False,
        visible=False,
    ),
)


def look_up(rows: Sequence[dict[str, Any]], viewer: Viewer | None) -> None:
    """The last contact of each cart, in one query; who it was and what was said is for staff to know."""
    found = CartContact.objects.filter(order__in=[row["pk"] for row in rows])
    latest = found.order_by("order_id", "-at", "-pk").distinct("order_id")
    by_cart = {order: given for order, *given in latest.values_list("order_id", *_VALUES)}
    hides = viewer is not None and not viewer.sees_all_merchants
    for row in rows:
        given = dict(zip(KEYS, by_cart.get(row["pk"], (None,) * len(KEYS)), strict=True))
        if hides:
            given |= {"contacted_by": None, "contact_note": None}
        row |= {f"c_{key}": value for key, value in given.items()}
