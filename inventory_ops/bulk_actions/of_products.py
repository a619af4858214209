"""What the actions on products share: the list of products offers them, and so do findings about products."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.utils.translation import gettext_lazy, ngettext

from inventory_ops.bulk_actions.base import SHOWN_REASONS, FindingAction
from inventory_ops.kit import markup
from inventory_ops.kit.bulk.action import BulkAction, Line
from inventory_ops.kit.reports import Report, registry
from inventory_ops.kit.reports.selection import numbers_of
from inventory_ops.models import Finding, Product, User
from inventory_ops.queries.findings import product_ids


class ProductAction(BulkAction[Product]):
    """Subclasses are registered twice: `on` products, and on findings."""

    on = "products"

    def rows(self, keys: Sequence[str], *, report: Report, viewer: User) -> list[Product]:
        wanted = numbers_of(keys)
        if report.bulk_group == "findings":
            wanted = product_ids(FindingAction().rows(keys, report=report, viewer=viewer))
        found = Product.objects.visible_to(viewer).filter(pk__in=wanted).select_related("merchant")
        return list(found.order_by("merchant__vendor_number", "sku"))

    def line(self, row: Product) -> Line:
        return Line(row.sku, _label(row))

    def counted(self, count: int) -> str:
        return ngettext("%(n)d product", "%(n)d products", count) % {"n": count}

    def suits(self, row: Finding | Product) -> bool:
        return isinstance(row, Product)  # the page of a finding leads to its product, where all of them are


class OfFound:
    """Mixin of actions on the products of findings: in a menu, and not of carts, which are not one product."""

    on = "findings"
    menu = gettext_lazy("Product")

    def offered_in(self, slug: str) -> bool:
        return getattr(registry.find(slug), "about", "") != "order"


def outcome_line(product: Product, outcome: str, warning: str = "") -> Line:
    """A row of a preview."""
    words = f"{outcome}. {warning}" if warning else outcome
    return Line(product.sku, _label(product), outcome=words)


def skipped_line(product: Product, reason: str) -> Line:
    return Line(product.sku, _label(product), reason=reason)


def _label(product: Product) -> str:
    return f"{product.name} · {product.merchant.vendor_number}"


def amount(value: Decimal | None, product: Product) -> str:
    return markup.unit_money(value, product.merchant.currency) if value is not None else "–"


def some(reasons: Iterable[str]) -> list[str]:
    """The first reasons, and how many more there are."""
    found = list(reasons)
    left = found[:SHOWN_REASONS]
    if rest := len(found) - len(left):
        left.append(
            ngettext("… and %(n)d more was left alone.", "… and %(n)d more were left alone.", rest) % {"n": rest}
        )
    return left
