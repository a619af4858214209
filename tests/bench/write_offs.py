"""P9 and P13: write-offs by file and one by one."""

from __future__ import annotations

import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connections, transaction
from django.db.models import Count, Sum

from inventory_ops.models import Import, OrderItem, Product, User
from inventory_ops.models import Job as BackgroundJob
from inventory_ops.operations import jobs
from lost_damaged.items import Item
from lost_damaged.models import SellerTransaction, Source, WriteOff, WriteOffRow
from lost_damaged.operations import imports, rules, write_offs
from tests.bench.copies import Copies
from tests.bench.generate import EMAIL
from tests.bench.job import Goal, Job, MissingPeer, Timing, Way, at_least, at_most, register
from tests.bench.measure import undone
from tests.bench.moving import copy_out

MOVED = (
    "product_id in (select product_id from lost_damaged_writeoff where id > %(lost_damaged_writeoff)s)"
    " and inventory_type_id = (select id from inventory_ops_inventorytype where code = 'good')"
)
# of a unit: five rows that are new, and those that say how much there is
RESULTING = {
    "lost_damaged_writeoff": "id > %(lost_damaged_writeoff)s",
    "lost_damaged_sellertransaction": "id > %(lost_damaged_sellertransaction)s",
    "lost_damaged_ledgerentry": "id > %(lost_damaged_ledgerentry)s",
    "lost_damaged_statementline": "id > %(lost_damaged_statementline)s",
    "inventory_ops_stockbalance": "id in (select balance_id from inventory_ops_inventoryevent"
    " where id > %(inventory_ops_inventoryevent)s)",
    "inventory_ops_inventoryevent": "id > %(inventory_ops_inventoryevent)s",
    "inventory_ops_eventkey": "event_id > %(inventory_ops_inventoryevent)s",
    "inventory_ops_stocktotal": MOVED,
}
SAMPLE = 500  # rows that the slow peers do, and at most a tenth
BAD = 200  # one row in so many has an unknown SKU
LONG_FILE = 1_000_000  # rows: minutes, and they stay in the database
SINGLE = 400
CLIENTS = 8


def without_limits() -> None:
    """Caps that no round of the benchmark reaches: each amount is judged all the same."""
    most = Decimal(10) ** 15
    rules.set_caps(unit=Decimal(10) ** 9, per_import=most, daily=most)


@register
class WriteOffFileJob(Job):
    name = "P9"
    title = "Write-off CSV: validated, once only, paid, double entry"

    def set_up(self) -> None:
        self.rows = self.scale.file_rows
        self.sampled = min(SAMPLE, self.rows // 10)
        self.user = User.objects.get(email=EMAIL)
        without_limits()
        self.folder = tempfile.TemporaryDirectory(prefix="ops-bench-")
        self.file = Path(self.folder.name) / "write_offs.csv"
        self.write_file()
        self.copies = Copies(Path(self.folder.name), RESULTING)

    def write_file(self) -> None:
        """New UIDs each time: the last round's are used up."""
        salt = uuid.uuid4().hex[:8]
        with self.file.open("wb") as out:
            out.write(b"SKU,UID,Status,Order Item Shop ID\n")
            for data in copy_out(
                f"""select case when n % {BAD} = 0 then 'NO-SUCH-' || n else p.sku end,
                        'U' || md5('{salt}' || n), 'written-off', null
                    from generate_series(1, {self.rows}) n
                    join inventory_ops_product p on p.id = 1 + (n * 31::bigint) % {self.scale.products}"""
            ):
                out.write(data)

    def ways(self) -> Sequence[Way]:
        share = self.sampled / self.rows
        return [
            Way("checked and booked", self.ours, most_rounds=2 if self.rows < LONG_FILE else 1, warm_up=False),
            Way("COPY of the resulting rows into the same tables", self.copies.copy, most_rounds=2, warm_up=False),
            Way("django-import-export", self.import_export, share=share, most_rounds=2, warm_up=False),
        ]

    def ours(self) -> float:
        """As a person does it: upload, check, confirm, booking, all committed. The write-offs stay forever."""
        self.write_file()
        before = self.copies.highest()
        start = time.perf_counter()
        with self.file.open("rb") as source:
            upload = UploadedFile(source, name="write_offs.csv", size=self.file.stat().st_size)
            record = imports.receive(upload=upload, by=self.user, reason="other")
        if record.state == Import.State.CHECKING:
            jobs.run(BackgroundJob.objects.get(kind="write_offs.check", params={"import": str(record.pk)}).pk)
        checked = time.perf_counter()
        record.refresh_from_db()
        booking = imports.confirm(record=record, by=self.user)
        jobs.run(booking.pk)
        booked = time.perf_counter()
        record.refresh_from_db()
        if record.rows_new != self.rows - self.rows // BAD or record.rows_failed != self.rows // BAD:
            raise RuntimeError(f"{record.rows_new} rows booked and {record.rows_failed} refused of {self.rows}.")
        self.compare(record)
        self.facts["resulting rows"] = f"{self.copies.keep(before):,}"
        self.facts["check"] = f"{checked - start:.1f} s"
        self.facts["booking"] = f"{booked - checked:.1f} s"
        return booked - start

    def compare(self, record: Import) -> None:
        """Nothing changed between check and booking: what was booked is what was estimated, to the last penny."""
        found = WriteOffRow.objects.filter(file_id=record.pk).aggregate(
            ready=Count("estimate"), estimate=Sum("estimate"), booked=Count("amount"), amount=Sum("amount")
        )
        credits = SellerTransaction.objects.filter(write_off__import_id=record.pk)
        paid = credits.aggregate(units=Count("pk"), amount=Sum("amount"))
        if not found["ready"] == found["booked"] == paid["units"] or not (
            found["estimate"] == found["amount"] == paid["amount"]
        ):
            raise RuntimeError(f"Estimated, booked and paid differ: {found}, {paid}.")
        self.facts["estimated = booked = paid"] = f"{paid['units']:,} units, {paid['amount']:,.2f}"

    def import_export(self) -> None:
        try:
            import tablib
            from import_export import resources
        except ImportError as error:
            raise MissingPeer("install django-import-export (it is in the dev group: uv sync)") from error
        fields = ("number", "merchant", "product", "uid", "uid_key", "status", "reason", "source")
        meta = type("Meta", (), {"model": WriteOff, "fields": fields, "import_id_fields": ("uid_key",)})
        resource: Any = type("WriteOffs", (resources.ModelResource,), {"Meta": meta})()
        product = Product.objects.order_by("pk").values_list("pk", "merchant_id")[: self.sampled]
        data = tablib.Dataset(headers=fields)
        for n, (pk, merchant) in enumerate(product):
            data.append((f"B{n}", merchant, pk, f"P{n}", f"P{n}", "written-off", "other", "csv"))
        with undone():
            resource.import_data(data, raise_errors=True)

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        ours = times["checked and booked"]
        limit = times["COPY of the resulting rows into the same tables"].seconds
        self.facts["rows a second"] = f"{self.rows / ours.seconds:,.0f}"
        goals = [at_most("to COPY of the resulting rows", ours.seconds / limit, 3, needs="M")]
        if ours.memory is not None:
            goals.append(at_most("memory", ours.memory, 45, "MB"))
        if peer := times.get("django-import-export"):
            goals.append(at_least("django-import-export to ours", peer.seconds / ours.seconds, 300, needs="M"))
        return goals

    def tear_down(self) -> None:
        self.copies.drop()
        self.folder.cleanup()


@register
class Single(Job):
    name = "P13"
    title = "Single write-offs, as the API books them, each committed"

    def set_up(self) -> None:
        self.user = User.objects.get(email=EMAIL)
        without_limits()
        self.many = min(SINGLE, self.scale.products // 50)
        self.products = list(Product.objects.order_by("pk")[: self.many])
        self.facts["write-offs"] = str(self.many)

    def ways(self) -> Sequence[Way]:
        return [
            Way("ours, 1 client", lambda: self.ours(clients=1)),
            Way(f"ours, {CLIENTS} clients", lambda: self.ours(clients=CLIENTS)),
            Way(f"{CLIENTS} clients, all of the same units", self.race),
            Way("naive: get, check, create, each saved, 1 client", self.naive),
        ]

    def book(self, salt: str, n: int) -> str:
        item = Item(position=1, sku=self.products[n].sku, uid=f"S{salt}{n}", shop_item_id=None)
        (outcome,) = write_offs.write_off([item], source=Source.API, by=self.user)
        return outcome.state

    def at_once(self, clients: int, work: Callable[[int], list[str]]) -> list[str]:
        """What each client, with a connection of its own, answers for its share."""

        def client(n: int) -> list[str]:
            try:
                return work(n)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(clients) as pool:
            return [state for states in pool.map(client, range(clients)) for state in states]

    def ours(self, *, clients: int) -> None:
        salt = uuid.uuid4().hex
        states = self.at_once(clients, lambda client: [self.book(salt, n) for n in range(client, self.many, clients)])
        if states != ["booked"] * self.many:
            raise RuntimeError(f"Not all were booked: {Counter(states)}")

    def race(self) -> None:
        """Every client books every unit: one of them does, the others are answered with its number."""
        salt = uuid.uuid4().hex
        states = Counter(self.at_once(CLIENTS, lambda client: [self.book(salt, n) for n in range(self.many)]))
        paid = SellerTransaction.objects.filter(write_off__uid__startswith=f"S{salt}").count()
        if states != {"booked": self.many, "repeat": self.many * (CLIENTS - 1)} or paid != self.many:
            raise RuntimeError(f"Not exactly once: {states}, {paid} paid of {self.many}")

    def naive(self) -> None:
        """Less than ours does: no factor, no amount, no double entry, no statement, no stock, no audit event."""
        salt = uuid.uuid4().hex
        for n in range(self.many):
            uid = f"N{salt}{n}".upper()
            with transaction.atomic():
                product = Product.objects.select_related("merchant", "category").get(sku=self.products[n].sku)
                if WriteOff.objects.filter(uid_key=uid).exists():
                    continue
                OrderItem.objects.filter(product=product).order_by("-ordered_at").first()
                WriteOff.objects.create(
                    number=f"N{salt[:10]}{n}",
                    merchant=product.merchant,
                    product=product,
                    uid=uid,
                    uid_key=uid,
                    source=Source.API,
                )

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        naive = times["naive: get, check, create, each saved, 1 client"].seconds
        one, many = times["ours, 1 client"].seconds, times[f"ours, {CLIENTS} clients"].seconds
        self.facts["ours, 1 client, a second"] = f"{self.many / one:,.0f}"
        self.facts[f"ours, {CLIENTS} clients, a second"] = f"{self.many / many:,.0f}"
        return [at_least(f"naive, 1 client, to ours, {CLIENTS} clients", naive / many, 4)]
