"""Filters and figures that several reports share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import Model, Q
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory_ops.kit import markup, money, showing
from inventory_ops.kit.db.compiled import Statement
from inventory_ops.kit.db.expressions import in_one_order
from inventory_ops.kit.fields import suggesting
from inventory_ops.kit.markup import escape
from inventory_ops.kit.reports import Breakdown, Link, columns
from inventory_ops.kit.reports.filters import LONGEST_SEARCH
from inventory_ops.models import Category, Merchant, ProductMark
from inventory_ops.queries import marks, rates, search
from inventory_ops.registries.permissions import ADMIN, FINANCE, OPERATIONS

# of lists whose rows are orders, or stand for some
ORDERS_ARE_LOADED_WHOLE = gettext_lazy(
    "It shows findings about orders, not orders with all of their items. Change orders where they come from, and load "
    "`orders`."
)


SEE_GUARD = frozenset({OPERATIONS, FINANCE, ADMIN})
# of the reports that the price guard would have spared
PRICE_GUARD = (
    Link(
        gettext_lazy("Price guard"),
        reverse_lazy("price-guard"),
        "shield-check",
        SEE_GUARD,
    ),
)


class ProductSearchFilter(django_filters.CharFilter):
    """Rows of the products that a text finds (queries/search.py). `product` is the path from a row to its product."""

    def __init__(self, product: str = "product", **kwargs: Any) -> None:
        super().__init__(field_name=product, max_length=LONGEST_SEARCH, **({"label": gettext_lazy("Search")} | kwargs))
        self.product = product

    def filter(self, qs: Any, value: str) -> Any:
        text = (value or "").strip()
        return search.of_products(qs, text, product=self.product) if text else qs


class KeyedFilter(django_filters.CharFilter):
    """Rows of what has a number, in any case. `model` is looked up first: knowing its keys, the planner knows how
    many rows there are, and that there are none."""

    def __init__(self, model: type[Model], *, field: str, **kwargs: Any) -> None:
        super().__init__(field_name=field, max_length=50, **kwargs)
        self.keyed = model

    def filter(self, qs: Any, value: str) -> Any:
        if not value:
            return qs
        path, _sep, name = self.field_name.rpartition("__")
        found: Any = self.keyed._default_manager
        keys = list(found.filter(**{f"{name}__iexact": value}).values_list("pk", flat=True))
        return qs.filter(**{f"{path}__in": keys or [0]})  # no row has the key 0


def vendor_filter(field: str = "merchant__vendor_number") -> django_filters.CharFilter:
    """Exact vendor number, in any case."""
    return KeyedFilter(Merchant, field=field, label=gettext_lazy("Vendor number"), widget=suggesting("vendor"))


class _Names(django_filters.fields.ModelChoiceIterator):
    """The categories by name: nearly every list offers them, none needs more of them."""

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        yield "", self.field.empty_label
        yield from _CATEGORIES.rows()


_CATEGORIES = Statement(lambda: Category.objects.order_by("name").values_list("pk", "name"))


class _CategoryField(django_filters.fields.ModelChoiceField):
    iterator = _Names


class CategoryFilter(django_filters.ModelChoiceFilter):
    """By the category's key: the field may be a number that a live query says the category by."""

    field_class = _CategoryField

    def filter(self, qs: Any, value: Any) -> Any:
        return super().filter(qs, value.pk if isinstance(value, Category) else value)


def category_filter(field: str = "category") -> CategoryFilter:
    return CategoryFilter(
        field_name=field,
        queryset=lambda request: Category.objects.order_by("name"),
        label=gettext_lazy("Category"),
        empty_label=gettext_lazy("Any category"),
    )


def brand_filter(field: str = "brand_name") -> django_filters.CharFilter:
    return django_filters.CharFilter(
        field_name=field,
        lookup_expr="icontains",
        label=gettext_lazy("Brand"),
        max_length=100,
        widget=suggesting("brand"),
    )


BY_VENDOR = Breakdown(gettext_lazy("Vendor"), "vendor_number", "vendor", name="vendor_name")


def _categories() -> dict[int, str]:
    return dict(Category.objects.values_list("pk", "name"))


def by_category(path: str = "category_id") -> Breakdown:
    """Rows by their category, whose key stands at a path."""
    return Breakdown(gettext_lazy("Category"), path, "category", words=_categories, without=gettext_lazy("No category"))


class MarkFilter(django_filters.ChoiceFilter):
    """Products by the mark that stands on them today."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [
            *ProductMark.Kind.choices,
            (marks.MARKED, gettext_lazy("Any mark")),
            (marks.UNMARKED, gettext_lazy("Without a mark")),
        ]
        kwargs = {"label": gettext_lazy("Marked for"), "empty_label": gettext_lazy("Any")} | kwargs
        super().__init__(choices=choices, **kwargs)

    def filter(self, qs: Any, value: str) -> Any:
        return marks.marked(qs, value, on=timezone.localdate()) if value else qs


def with_mark(products: Any) -> Any:
    """Annotate the mark that stands on each product today; see `MARK_COLUMNS`."""
    today = timezone.localdate()
    return products.annotate(
        mark=marks.field_of_mark("kind", on=today),
        mark_reason=marks.field_of_mark("reason", on=today),
        mark_until=marks.field_of_mark("until", on=today),
    )


MARK_COLUMNS = (
    columns.Choice(
        key="mark",
        header="Marked For",
        label=gettext_lazy("Marked for"),
        words=dict(ProductMark.Kind.choices),
        tones={ProductMark.Kind.LIQUIDATION: "warning", ProductMark.Kind.PROMOTION: "good"},
        nullable=True,
        sortable=False,
        css="m-hide",
    ),
    columns.Text(
        key="mark_reason",
        header="Mark Reason",
        label=gettext_lazy("Reason of the mark"),
        nullable=True,
        sortable=False,
        visible=False,
    ),
    columns.Date(
        key="mark_until",
        header="Mark Until",
        label=gettext_lazy("Marked until"),
        nullable=True,
        sortable=False,
        visible=False,
    ),
)


class AmountAtLeast(django_filters.NumberFilter):
    """Rows with at least an amount in the shop's currency; where no rate is known, of the row's own."""

    def __init__(self, field: str, *, label: Any, of_merchants: bool = True) -> None:
        super().__init__(field_name=field, label=label, help_text=_in_which_currency())
        self.of_merchants = of_merchants  # are the currencies of rows those of merchants?

    def filter(self, qs: Any, value: Decimal | None) -> Any:
        if value is None:
            return qs
        known = money.rates()
        if not known.currency:
            return qs.filter(**{f"{self.field_name}__gte": value})
        qs = qs.alias(in_one_order=in_one_order(self.field_name))
        least = Q(in_one_order__gte=value)
        if not (self.of_merchants and rates.is_complete()):
            least |= Q(band__lt=0, **{f"{self.field_name}__gte": value})
        return qs.filter(least)


def _said_in() -> str:
    known = money.read_already()
    if known is None:
        return _("In the shop's currency; where no rate is known, in the row's own.")
    if not known.currency:
        return _("In the row's own currency.")
    return _("In %(currency)s; where no rate is known, in the row's own currency.") % {"currency": known.currency}


_in_which_currency = lazy(_said_in, str)


def flash_sale_cell(row: Mapping[str, Any]) -> str:
    """Percentage as a badge; dates and snapshot price below."""
    percentage = row["c_sale_percentage"]
    if percentage is None:
        return ""
    off = f"{markup.MINUS}{Decimal(percentage).normalize():f}%"
    start, end, snapshot = row["c_sale_starts_at"], row["c_sale_ends_at"], row["c_sale_snapshot_price"]
    price = f"{row.get('c_currency') or ''} {markup.money(snapshot, row.get('c_currency'))}".strip()
    when = f"{showing.short_day(start)} – {showing.short_day(end)} · {price}"
    title = _("%(start)s to %(end)s, snapshot price %(price)s") % {
        "start": showing.moment(start),
        "end": showing.moment(end),
        "price": price,
    }
    return (
        f'<span title="{escape(title)}">{markup.badge("flash", off)}</span><span class="cell-sub">{escape(when)}</span>'
    )
