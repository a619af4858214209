"""P10 to P12: what comes in, what goes out, and what is adjusted."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from inventory_ops.imports.orders import SPEC as ORDERS
from inventory_ops.imports.products import SPEC as PRODUCTS
from inventory_ops.imports.stock import SPEC as STOCK
from inventory_ops.kit.imports import ImportSpec
from inventory_ops.kit.reports import Report, Selection, exports, registry
from inventory_ops.models import InventoryEvent, Product, StockBalance, User
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import ledger, stock
from inventory_ops.operations.imports import files
from tests.bench.copies import Copies
from tests.bench.generate import EMAIL
from tests.bench.job import Goal, Job, MissingPeer, Timing, Way, at_least, at_most, register
from tests.bench.measure import raw_connection, undone

FIRST_NEW_ITEM = 1_000_000_000
SAMPLE = 2_000  # rows that the slow peers do, and at most a tenth
SHEET = 100_000  # rows
ADJUSTMENTS = 200


def copy_out(query: str) -> Iterator[bytes]:
    with raw_connection().cursor() as cursor, cursor.copy(f"copy ({query}) to stdout (format csv)") as copy:
        for data in copy:
            yield bytes(data)


class _FileLoad(Job):
    """A file that is loaded and undone."""

    spec: ClassVar[ImportSpec]
    new_rows: ClassVar[Mapping[str, str]]
    lines: ClassVar[str]  # a query of the file's rows; `%(rows)s` of them
    head: ClassVar[str]
    as_many_as: ClassVar[str] = "products"  # of the scale, at the most

    def set_up(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="ops-bench-")
        self.file = Path(self.folder.name) / "file.csv"
        self.rows = min(self.scale.file_rows, getattr(self.scale, self.as_many_as))
        with self.file.open("wb") as out:
            out.write(f"{self.head}\n".encode())
            for data in copy_out(self.lines.replace("%(rows)s", str(self.rows))):
                out.write(data)
        self.copies = Copies(Path(self.folder.name), self.new_rows)

    def ways(self) -> Sequence[Way]:
        return [
            Way("manage.py load", self.load, most_rounds=2, warm_up=False),
            Way("COPY of the resulting rows into the same tables", self.copies.copy, most_rounds=2, warm_up=False),
        ]

    def load(self) -> float:
        before = self.copies.highest()
        seconds = 0.0
        with undone():
            start = time.perf_counter()
            (outcome,) = files.load_files([files.File(self.file, self.spec, "file.csv")], now=timezone.now())
            seconds = time.perf_counter() - start
            self.facts["resulting rows"] = f"{self.copies.keep(before):,}"
        if not self.is_whole(outcome):
            raise RuntimeError(f"{outcome.rows} of {self.rows} read, {outcome.counts.new} new: {outcome.errors[:3]}")
        return seconds

    def is_whole(self, outcome: Any) -> bool:
        return not outcome.errors and outcome.rows == self.rows

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        ours = times["manage.py load"].seconds
        self.facts["rows a second"] = f"{self.rows / ours:,.0f}"
        limit = times["COPY of the resulting rows into the same tables"].seconds
        return [at_most("to COPY of the resulting rows", ours / limit, 2.5, needs="M")]

    def tear_down(self) -> None:
        self.copies.drop()
        self.folder.cleanup()


@register
class OrdersLoad(_FileLoad):
    name = "P10"
    title = "Orders file: staged, validated, with indexes and statistics"
    spec = ORDERS
    as_many_as = "items"
    head = (
        "order_number,item_id,status,store_number,customer_email,created_at,updated_at,sku,vendor_number,quantity,"
        "unit_price,unit_cost,quantity_shipped"
    )
    lines = f"""select 'X' || i.order_id || m.currency, {FIRST_NEW_ITEM} + i.id, 3, 'S1', 'someone@example.org',
            to_char(o.placed_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), to_char(o.placed_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
            p.sku, m.vendor_number, i.quantity, i.unit_price, i.unit_cost, i.quantity_shipped
        from (select i.* from inventory_ops_orderitem i where i.status = 3 order by i.id desc limit %(rows)s) i
        join inventory_ops_order o on o.id = i.order_id join inventory_ops_product p on p.id = i.product_id
        join inventory_ops_merchant m on m.id = i.merchant_id"""
    new_rows = {
        "inventory_ops_order": "id > %(inventory_ops_order)s",
        "inventory_ops_orderitem": "id > %(inventory_ops_orderitem)s",
        "inventory_ops_orderitemkey": "id > %(inventory_ops_orderitem)s",
    }

    def is_whole(self, outcome: Any) -> bool:
        return super().is_whole(outcome) and outcome.counts.new == outcome.rows


@register
class ProductsLoad(_FileLoad):
    name = "P19"
    title = "Products file: new products"
    spec = PRODUCTS
    head = "sku,vendor_number,name,brand_name,price,cost"
    lines = """select 'NEW-' || p.id, m.vendor_number, p.name, p.brand_name, p.price, p.cost
        from inventory_ops_product p join inventory_ops_merchant m on m.id = p.merchant_id
        order by p.id limit %(rows)s"""
    new_rows = {
        "inventory_ops_product": "id > %(inventory_ops_product)s",
        "inventory_ops_productstock": "product_id > %(inventory_ops_product)s",
        "inventory_ops_productdemand": "product_id > %(inventory_ops_product)s",
        "trackers_productfirst": "product_id > %(inventory_ops_product)s",
    }


@register
class StockLoad(_FileLoad):
    name = "P20"
    title = "Stock file: new lots"
    spec = STOCK
    head = "sku,vendor_number,quantity,lot,location"
    lines = """select p.sku, m.vendor_number, 7, 'BENCH', 'MAIN'
        from inventory_ops_product p join inventory_ops_merchant m on m.id = p.merchant_id
        order by p.id limit %(rows)s"""
    new_rows = {
        "inventory_ops_stockbalance": "id > %(inventory_ops_stockbalance)s",
        "inventory_ops_inventoryevent": "id > %(inventory_ops_inventoryevent)s",
        "inventory_ops_stocktotal": "product_id in (select product_id from inventory_ops_stockbalance"
        " where id > %(inventory_ops_stockbalance)s)",
        "inventory_ops_productstock": "product_id in (select product_id from inventory_ops_stockbalance"
        " where id > %(inventory_ops_stockbalance)s)",
    }


@register
class Export(Job):
    name = "P11"
    title = "CSV and XLSX export of the Events Ledger"

    def set_up(self) -> None:
        self.client = Client(SERVER_NAME="localhost")
        self.client.force_login(User.objects.get(email=EMAIL))
        share = min(self.scale.file_rows / self.scale.events, 1)
        first = timezone.now() - timedelta(days=720 * share)
        self.report: Report = registry.get("events-ledger")
        self.query = {"date_from": str(first.date())}
        self.selection = self.report.select(self.query, viewer=None)
        self.rows = self.selection.rows.count()
        self.sampled = min(SAMPLE, max(self.rows // 10, 1))
        self.in_a_sheet = min(self.rows, SHEET)
        self.first_byte = 0.0
        self.facts["rows"] = f"{self.rows:,}"

    def ways(self) -> Sequence[Way]:
        share, sheet = self.sampled / self.rows, self.in_a_sheet / self.rows
        return [
            Way("COPY of the same columns", self.copy),
            Way("ours over HTTP", self.ours),
            Way("its first byte", lambda: self.first_byte),
            Way("XLSX", self.xlsx, share=sheet, most_rounds=2, warm_up=False),
            Way("XLSX by openpyxl, write only", self.openpyxl, share=sheet, most_rounds=2, warm_up=False),
            Way("django-tables2 export", self.tables2, share=share, most_rounds=2, warm_up=False),
            Way("django-import-export", self.import_export, share=share, most_rounds=2, warm_up=False),
        ]

    def copy(self) -> None:
        first = self.query["date_from"]
        query = f"""select e.recorded_at, e.occurred_at, m.vendor_number, p.sku, t.code, l.code, e.kind, e.quantity,
            e.quantity_after, e.reason, e.note, e.source, e.reference, e.actor, p.name, e.id, e.reverses_id
            from inventory_ops_inventoryevent e join inventory_ops_merchant m on m.id = e.merchant_id
            join inventory_ops_product p on p.id = e.product_id join inventory_ops_inventorytype t
            on t.id = e.inventory_type_id join inventory_ops_location l on l.id = e.location_id
            where e.recorded_at >= '{first}' order by e.recorded_at desc, e.id desc"""
        for _data in copy_out(query):
            pass

    def ours(self) -> None:
        start = time.perf_counter()
        response = self.client.get(self.report.url, {**self.query, "_export": "csv"})
        chunks = iter(response.streaming_content)  # type: ignore[attr-defined]
        next(chunks)
        next(chunks, b"")  # the first is the header
        self.first_byte = time.perf_counter() - start
        for _chunk in chunks:
            pass

    def of_a_sheet(self) -> Selection:
        last = self.selection.rows.order_by("-pk").values_list("pk", flat=True)[self.in_a_sheet - 1]
        return replace(self.selection, rows=self.selection.rows.filter(pk__gte=last))

    def xlsx(self) -> None:
        with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
            exports.write_xlsx(self.of_a_sheet(), Path(file.name))

    def openpyxl(self) -> None:
        """The same texts and numbers, without formats."""
        from openpyxl import Workbook

        book = Workbook(write_only=True)
        sheet = book.create_sheet()
        sheet.append([column.header for column in self.report.exported_columns])
        numeric = exports.are_numbers(self.report)
        for row in exports.text_rows(self.of_a_sheet()):
            cells = zip(row, numeric, strict=True)
            sheet.append([float(text) if text and is_number else text for text, is_number in cells])
        with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
            book.save(file.name)

    def sample(self) -> Any:
        return self.selection.rows.order_by("-recorded_at", "-pk")[: self.sampled]

    def tables2(self) -> None:
        import django_tables2

        try:
            from django_tables2.export.export import TableExport
        except ImportError as error:
            raise MissingPeer("install tablib (it is in the dev group: uv sync)") from error
        names = [column.alias for column in self.report.exported_columns]
        rows = self.report.page_values(self.sample(), self.report.exported_columns, viewer=None)
        made = type("Stock", (django_tables2.Table,), {name: django_tables2.Column() for name in names})(rows)
        _ = TableExport("csv", made).export()

    def import_export(self) -> None:
        try:
            from import_export import resources
        except ImportError as error:
            raise MissingPeer("install django-import-export (it is in the dev group: uv sync)") from error
        fields = ("recorded_at", "merchant__vendor_number", "product__sku", "inventory_type__code", "location__code")
        meta = type("Meta", (), {"model": InventoryEvent, "fields": (*fields, "kind", "quantity", "quantity_after")})
        resource = type("Events", (resources.ModelResource,), {"Meta": meta})()
        _ = resource.export(queryset=self.sample()).csv

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        ours = times["ours over HTTP"]
        goals = [
            at_least("speed of COPY", times["COPY of the same columns"].seconds / ours.seconds, 0.85),
            at_most("first byte", times["its first byte"].seconds * 1000, 25, "ms"),
        ]
        if ours.memory is not None:
            goals.append(at_most("memory", ours.memory, 5, "MB"))
        xlsx = times["XLSX"]
        goals.append(at_least("openpyxl to our XLSX", times["XLSX by openpyxl, write only"].seconds / xlsx.seconds, 3))
        if xlsx.memory is not None:
            goals.append(at_most("memory of XLSX", xlsx.memory, 20, "MB"))
        for name, least in (("django-tables2 export", 200), ("django-import-export", 70)):
            if name in times:
                goals.append(at_least(f"{name} to ours", times[name].seconds / ours.seconds, least, needs="M"))
        return goals


@register
class Adjustment(Job):
    name = "P12"
    title = "Ledger adjustments, one after the other"

    def set_up(self) -> None:
        self.user = User.objects.get(email=EMAIL)
        # balances of their own, whose events this job books itself: version and counters start at nothing
        self.products = list(Product.objects.order_by("-pk")[:20])
        self.places = [stock.Place(product, location="MAIN", lot="BENCH") for product in self.products]
        self.details = stock.ChangeDetails(reason="count")
        for place in self.places:
            stock.adjust_by(place=place, quantity=1000, details=self.details, by=self.user)
        self.balances = list(StockBalance.objects.filter(lot="BENCH").values_list("pk", flat=True))
        self.many = min(ADJUSTMENTS, self.scale.products // 50)
        self.facts["adjustments"] = str(self.many)

    def ways(self) -> Sequence[Way]:
        return [
            Way("one UPDATE and one INSERT by hand", lambda: self.repeat(self.by_hand)),
            Way("ours", lambda: self.repeat(self.ours)),
            Way("ours, by the way of many movements", lambda: self.repeat(self.booked)),
            Way("a page's adjustment, with its audit event", lambda: self.repeat(self.page)),
            Way("select_for_update and save", lambda: self.repeat(self.locked)),
        ]

    def repeat(self, one: Callable[[int], None]) -> None:
        """All adjustments, each in a transaction of its own, as users make them."""
        for n in range(self.many):
            one(n)

    def ours(self, n: int) -> None:
        balance = self.balances[n % len(self.balances)]
        ledger.adjust(balance_id=balance, quantity=1, source=EventSource.PAGE, actor=EMAIL, reason="count")

    def booked(self, n: int) -> None:
        product = self.products[n % len(self.products)].pk
        movement = ledger.Movement(product, EventKind.ADJUSTED, 1, lot="BENCH", reason="count")
        ledger.book([movement], source=EventSource.PAGE, actor=EMAIL)

    def page(self, n: int) -> None:
        stock.adjust_by(place=self.places[n % len(self.places)], quantity=1, details=self.details, by=self.user)

    def by_hand(self, n: int) -> None:
        product = self.products[n % len(self.products)].pk
        with connection.cursor() as cursor:
            cursor.execute(
                """with moved as (
                       update inventory_ops_stockbalance set on_hand = on_hand + 1, version = version + 1
                       where product_id = %s and lot = 'BENCH' and on_hand + 1 >= 0 returning *)
                   insert into inventory_ops_inventoryevent (occurred_at, merchant_id, product_id, balance_id,
                       inventory_type_id, location_id, kind, quantity, quantity_after, sequence, reason, source, digest)
                   select now(), merchant_id, product_id, id, inventory_type_id, location_id, 'adjusted', 1, on_hand,
                       version, 'count', 'page', '' from moved""",
                [product],
            )

    def locked(self, n: int) -> None:
        pk = self.balances[n % len(self.balances)]
        with transaction.atomic():
            balance = StockBalance.objects.select_for_update().get(pk=pk)
            balance.on_hand += 1
            balance.version += 1
            balance.save(update_fields=["on_hand", "version"])
            InventoryEvent.objects.create(
                occurred_at=timezone.now(),
                merchant_id=balance.merchant_id,
                product_id=balance.product_id,
                balance=balance,
                inventory_type_id=balance.inventory_type_id,
                location_id=balance.location_id,
                kind="adjusted",
                quantity=1,
                quantity_after=balance.on_hand,
                sequence=balance.version,
                reason="count",
                source="page",
                digest=b"",
            )

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        ours = times["ours"].seconds
        self.facts["ours, a second"] = f"{self.many / ours:,.0f}"
        return [at_least("select_for_update to ours", times["select_for_update and save"].seconds / ours, 4)]
