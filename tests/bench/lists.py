"""P4 to P6 and P15: list pages, their counts, and the overview."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from inventory_ops.kit.reports import Report, paging, registry, request, table
from inventory_ops.kit.reports.request import PageRequest, shown_columns
from inventory_ops.models import Product, User
from tests.bench import measure
from tests.bench.generate import EMAIL
from tests.bench.job import Goal, Job, Timing, Way, at_least, at_most, register
from tests.bench.scale import Scale

DEEP_PAGE = 200  # as deep as a person goes, and deep enough to tell
FAR = 500_000
PER_PAGE = 50
# what somebody who knows the tables would write for the first page
HAND: dict[str, str] = {
    "products-without-orders": """
        select p.id, p.sku, p.vendor_sku, p.name, s.available, m.vendor_number, m.name, p.brand_name, p.model_name,
               p.is_live, d.last_ordered_at, s.value, m.currency
        from inventory_ops_productstock s join inventory_ops_product p on p.id = s.product_id
        join inventory_ops_productdemand d on d.product_id = p.id join inventory_ops_merchant m on m.id = p.merchant_id
        where (d.last_ordered_at is null or d.last_ordered_at <= %(now)s - interval '30 days')
          and p.created_at <= %(now)s
          and not (p.created_at > %(now)s - interval '30 days' and (d.first_ordered_at is null
                   or d.first_ordered_at > %(now)s - interval '30 days'))
        order by s.value desc, p.id desc limit 51""",
    "events-ledger": """
        select e.id, e.recorded_at, m.vendor_number, p.sku, p.name, t.code, l.code, e.kind, e.quantity,
               e.quantity_after, e.reason, e.note, e.source, e.reference, e.actor
        from inventory_ops_inventoryevent e join inventory_ops_merchant m on m.id = e.merchant_id
        join inventory_ops_product p on p.id = e.product_id join inventory_ops_inventorytype t
            on t.id = e.inventory_type_id join inventory_ops_location l on l.id = e.location_id
        order by e.recorded_at desc, e.id desc limit 51""",
    "abandoned-checkouts": """
        select o.id, o.number, o.customer_email, o.total_amount, o.last_activity_at, o.promo_code, o.promo_value,
               o.comment, s.number
        from inventory_ops_order o left join inventory_ops_store s on s.id = o.store_id
        where o.status = 1 and o.last_activity_at > %(now)s - interval '12 months'
          and o.last_activity_at < %(now)s - interval '60 minutes'
        order by o.last_activity_at desc, o.id desc limit 51""",
}


def bench_user() -> User:
    user: User = User.objects.get(email=EMAIL)
    return user


def ask(report: Report, user: User | None, **changes: Any) -> PageRequest:
    """The request for a page of a list by its default, with some parts changed."""
    asked = request.read(report, QueryDict(), viewer=user)
    return replace(asked, columns=shown_columns(report, None), per_page=PER_PAGE, **changes)


def page_of(
    report: Report,
    user: User,
    params: Mapping[str, str] | None = None,
    *,
    sort: str = "",
    page: int = 1,
    after: str = "",
) -> float:
    """Seconds of the statements that read one page of a list."""
    selection = report.select(params or {}, viewer=user)
    asked = ask(report, user, sort=sort or report.default_sort, page=page, after=after)
    with measure.statements() as found:
        paging.read(selection, asked, is_long=True)
    return found.seconds


def by_every_sort(report: Report, user: User, *, late: bool = False) -> list[tuple[float, str]]:
    """Seconds of the first page in each order that is offered; `late`: in those of what is looked up."""
    return [
        (page_of(report, user, sort=sort), sort)
        for column in report.columns
        if column.sortable and column.on_page and column.late is late
        for sort in (column.key, f"-{column.key}")
    ]


@register
class FirstPages(Job):
    name = "P4"
    title = "First page of each list: by default, by every sortable column, with every filter, deep"
    slugs: tuple[str, ...] = (
        "inventory-cost-issues",
        "shipping-issues",
        "order-cost-issues",
        "products-without-orders",
        "abandoned-checkouts",
        "events-ledger",
        "stock-inquiry",
        "trackers",
    )

    def set_up(self) -> None:
        self.user = bench_user()
        self.reports = [registry.get(slug) for slug in self.slugs if slug in registry]
        self.slowest: dict[str, tuple[float, str]] = {}

    def ways(self) -> Sequence[Way]:
        ways = []
        for report in self.reports:
            ways.append(Way(f"{report.slug}: first page", partial(page_of, report, self.user)))
            if report.slug in HAND:
                ways.append(Way(f"{report.slug}: hand SQL", partial(self.by_hand, report)))
            ways.append(Way(f"{report.slug}: slowest sort", partial(self.every_sort, report), most_rounds=2))
            ways.append(Way(f"{report.slug}: slowest filter", partial(self.every_filter, report), most_rounds=2))
            if token := self.deep_token(report):
                by_key = partial(page_of, report, self.user, after=token)
                ways.append(Way(f"{report.slug}: page {DEEP_PAGE} by key", by_key))
        offset = min(FAR, self.scale.events // 2)
        self.offset_name = f"events-ledger: OFFSET {offset:,}"
        ledger = registry.get("events-ledger")
        far = offset // PER_PAGE + 1
        ways.append(Way(self.offset_name, lambda: page_of(ledger, self.user, page=far), most_rounds=2))
        ways.append(Way("products: Django admin's change list", lambda: admin_page(1), most_rounds=3))
        return ways

    def by_hand(self, report: Report) -> float:
        with connection.cursor() as cursor:
            start = time.perf_counter()
            cursor.execute(HAND[report.slug], {"now": timezone.now()})
            cursor.fetchall()
            return time.perf_counter() - start

    def deep_token(self, report: Report) -> str:
        selection = report.select({}, viewer=self.user)
        return paging.read(selection, ask(report, self.user, page=DEEP_PAGE + 1)).last_token

    def every_sort(self, report: Report) -> float:
        return self.note(f"{report.slug}: slowest sort", by_every_sort(report, self.user))

    def every_filter(self, report: Report) -> float:
        times = []
        for name, declared in report.filterset_class.base_filters.items():
            times += [
                (page_of(report, self.user, {name: value}), f"{name}={value}") for value in filter_values(declared)
            ]
        return self.note(f"{report.slug}: slowest filter", times)

    def note(self, name: str, times: list[tuple[float, str]]) -> float:
        worst = max(times)
        self.slowest[name] = worst
        self.facts[f"{name} is"] = f"{worst[1]} (of {len(times)})"
        return worst[0]

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        goals = []
        for report in self.reports:
            first = times[f"{report.slug}: first page"].seconds
            for kind in ("first page", "slowest sort", "slowest filter"):
                found = times[f"{report.slug}: {kind}"].seconds * 1000
                goals.append(at_most(f"{report.slug}: {kind}", found, 5, "ms"))
            if hand := times.get(f"{report.slug}: hand SQL"):
                goals.append(at_most(f"{report.slug}: first page to hand SQL", first / hand.seconds, 1.2))
            if deep := times.get(f"{report.slug}: page {DEEP_PAGE} by key"):
                goals.append(at_most(f"{report.slug}: page {DEEP_PAGE} to the first", deep.seconds / first, 2))
        ledger = times["events-ledger: first page"].seconds
        goals.append(at_least("OFFSET to a page by key", times[self.offset_name].seconds / ledger, 50, needs="L"))
        first = times["products-without-orders: first page"].seconds
        admin = times.get("products: Django admin's change list")
        if admin:
            goals.append(at_least("admin's change list to ours", admin.seconds / first, 20, needs="L"))
        return goals


def filter_values(declared: Any) -> list[str]:
    """Values that a filter is tried with: its choices, else something that fits its kind."""
    import django_filters

    if isinstance(declared, django_filters.ModelChoiceFilter):
        first = declared.field.queryset.first()
        name = declared.extra.get("to_field_name") or "pk"
        return [str(getattr(first, name))] if first else []
    choices = [str(value) for value, _label in getattr(declared.field, "choices", []) if value]
    if choices:
        return choices[:12]
    if isinstance(declared, django_filters.DateFilter):
        return [str(timezone.now().date())]
    if isinstance(declared, django_filters.NumberFilter):
        return ["2"]
    known = {
        "merchant__vendor_number": ["V00007"],
        "brand_name": ["Brand 7"],
        "promo_code": ["PROMO7"],
        "currency": ["GBP"],
        "since": [f"{timezone.now() - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"],
    }
    return known.get(declared.field_name, ["SKU-1", "kettle"])


def admin_page(page: int) -> float:
    """What the admin's change list reads for products: two exact counts and a page of whole rows."""
    start = time.perf_counter()
    rows = Product.objects.select_related("merchant").order_by("name", "-pk")
    rows.count()
    Product.objects.count()
    list(rows[(page - 1) * 100 : page * 100])
    return time.perf_counter() - start


@register
class WholePage(Job):
    name = "P5"
    title = "Whole list page of 50 rows, with shell and permissions"

    def set_up(self) -> None:
        self.client = Client(SERVER_NAME="localhost")
        self.client.force_login(bench_user())
        self.found: dict[str, measure.Statements] = {}
        self.address = registry.get("products-without-orders").url

    def page(self) -> float:
        with measure.statements() as found:
            start = time.perf_counter()
            response = self.client.get(self.address)
            seconds = time.perf_counter() - start
        if response.status_code != 200:
            raise RuntimeError(f"{self.address} answered {response.status_code}.")
        self.found["page"] = found
        return seconds

    def sql_of_page(self) -> float:
        return self.found["page"].seconds

    def processor(self) -> float:
        start = time.process_time()
        self.client.get(self.address)
        return time.process_time() - start

    def ways(self) -> Sequence[Way]:
        self.rows = self._rows()
        return [
            Way("whole page", self.page),
            Way("its SQL", self.sql_of_page),
            Way("its processor time", self.processor),
            Way("our rows", self.our_rows),
            Way("stock django-tables2 rows", self.stock_rows),
        ]

    def _rows(self) -> list[dict[str, Any]]:
        self.report = registry.get("products-without-orders")
        self.columns = shown_columns(self.report, None)
        selection = self.report.select({}, viewer=None)
        asked = replace(ask(self.report, None), columns=self.report.columns)
        return paging.read(selection, asked).rows

    def our_rows(self) -> None:
        subs = {key: self.report.columns_by_key[key] for key in self.report.sub_keys()}
        made = table.build(self.columns, subs, sort=self.report.default_sort)
        made.headers(lambda sort: f"?sort={sort}")
        made.body(self.rows)

    def stock_rows(self) -> None:
        import django_tables2
        from django.test import RequestFactory

        attrs: dict[str, Any] = {
            column.key: (
                django_tables2.DateTimeColumn(accessor=column.alias)
                if type(column).__name__ == "Moment"
                else django_tables2.Column(accessor=column.alias)
            )
            for column in self.columns
        }
        stock = type("Stock", (django_tables2.Table,), attrs)(self.rows)
        stock.as_html(RequestFactory().get("/"))

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        sql, page = times["its SQL"].seconds, times["whole page"].seconds
        self.facts["statements"] = str(len(self.found["page"].sql))
        return [
            Goal("queries ≤ 8", str(len(self.found["page"].sql)), len(self.found["page"].sql) <= 8),
            at_most("page less its SQL", (page - sql) * 1000, 11, "ms"),
            at_most("processor time", times["its processor time"].seconds * 1000, 20, "ms"),
            at_least(
                "stock tables2 to our rows", times["stock django-tables2 rows"].seconds / times["our rows"].seconds, 5
            ),
        ]


@register
class Counts(Job):
    name = "P6"
    title = "Counting the rows of a list"

    def set_up(self) -> None:
        self.rows = registry.get("events-ledger").select({}, viewer=bench_user()).rows

    def ways(self) -> Sequence[Way]:
        return [
            Way("capped count", self.capped),
            Way("two exact counts, as the admin does", self.exact, most_rounds=3),
        ]

    def capped(self) -> None:
        self.rows.values("pk")[:10_001].count()

    def exact(self) -> None:
        self.rows.count()
        self.rows.model.objects.count()

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        return [at_most("capped count", times["capped count"].seconds * 1000, 2, "ms")]


@register
class Overview(Job):
    name = "P15"
    title = "Dashboard"

    def __init__(self, scale: Scale) -> None:
        super().__init__(scale)
        self.queries = 0

    def set_up(self) -> None:
        self.client = Client(SERVER_NAME="localhost")
        self.client.force_login(bench_user())

    def ways(self) -> Sequence[Way]:
        return [Way("its SQL", self.sql), Way("whole page", self.page)]

    def sql(self) -> float:
        with measure.statements() as found:
            self.client.get("/")
        self.queries = len(found.sql)
        return found.seconds

    def page(self) -> None:
        self.client.get("/")

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        return [
            Goal("queries ≤ 12", str(self.queries), self.queries <= 12),
            at_most("SQL", times["its SQL"].seconds * 1000, 30, "ms"),
        ]
