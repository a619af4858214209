"""What the order page shows of written-off units: the detailed status beside the unchanged main one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from inventory_ops.models import Order, OrderItem
from inventory_ops.registries.order_marks import Mark
from lost_damaged.models import SellerTransaction, WriteOff


def marks(order: Order, items: Sequence[OrderItem]) -> Mapping[int, Sequence[Mark]]:
    """“Lost or Damaged” for every unit of the items that is written off and not reversed."""
    reversed_ids = SellerTransaction.objects.filter(type=SellerTransaction.Type.DEBIT).values("write_off_id")
    found: dict[int, list[Mark]] = {}
    of_items = WriteOff.objects.filter(order_item__in=[item.pk for item in items])
    rows = of_items.exclude(pk__in=reversed_ids).order_by("pk")
    for item_id, number in rows.values_list("order_item_id", "number"):
        found.setdefault(item_id or 0, []).append(
            Mark("warning", _("Lost or Damaged"), reverse("write-off", args=[number]))
        )
    return found
