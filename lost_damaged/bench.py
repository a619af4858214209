"""P9 and P13: write-offs by file and one by one."""

from __future__ import annotations

import shutil
import tempfile
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from inventory_ops.bench.generate import EMAIL
from inventory_ops.bench.job import Goal, Job, MissingPeer, Timing, Way, at_least, at_most, register
from inventory_ops.bench.moving import copy_out, raw_connection, undone
from inventory_ops.models import Import, OrderItem, Product, User
from inventory_ops.models import Job as BackgroundJob
from inventory_ops.operations import jobs
from inventory_ops.operations.imports.uploads import folder
from lost_damaged.items import Item
from lost_damaged.models import Source, WriteOff, WriteOffFile
from lost_damaged.operations import imports, write_offs

SAMPLE = 500  # rows that the slow peers do
BAD = 200  # one row in so many has an unknown SKU
SINGLE = 100


@register
class WriteOffFileJob(Job):
    name = "P9"
    title = "Write-off CSV: validated, once only, paid, double entry"

    def set_up(self) -> None:
        self.rows = self.scale.file_rows
        self.user = User.objects.get(email=EMAIL)
        self.folder = tempfile.TemporaryDirectory(prefix="ops-bench-")
        self.file = Path(self.folder.name) / "write_offs.csv"
        with self.file.open("wb") as out:
            out.write(b"SKU,UID,Status,Order Item Shop ID\n")
            for data in copy_out(
                f"""select case when n % {BAD} = 0 then 'NO-SUCH-' || n else p.sku end,
                        'U' || md5(n::text), 'written-off', null
                    from generate_series(1, {self.rows}) n
                    join inventory_ops_product p on p.id = 1 + (n * 31::bigint) % {self.scale.products}"""
            ):
                out.write(data)
        self.copied = self.file.read_bytes()
        with connection.cursor() as cursor:
            cursor.execute("drop table if exists bench_writeoff")
            cursor.execute(
                "create table bench_writeoff (sku text, uid text not null unique, status text, shop_item_id bigint)"
            )
        self.phases: dict[str, float] = {}

    def ways(self) -> Sequence[Way]:
        share = min(SAMPLE / self.rows, 1)
        return [
            Way("COPY into a table with one unique index", self.copy),
            Way("checked and booked", self.ours, most_rounds=2, warm_up=False),
            Way("django-import-export", self.import_export, share=share, most_rounds=2, warm_up=False),
        ]

    def copy(self) -> None:
        statement = "copy bench_writeoff from stdin (format csv, header)"
        with undone(), raw_connection().cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(self.copied)

    def ours(self) -> float:
        with undone():
            start = time.perf_counter()
            record = self.record()
            imports.check(record)
            checked = time.perf_counter()
            Import.objects.filter(pk=record.pk).update(state=Import.State.APPLYING)
            record.refresh_from_db()
            job = BackgroundJob.objects.create(kind="write_offs.book", title="bench", queue="imports")
            imports.book(record, jobs.Context(job))
            booked = time.perf_counter()
            record.refresh_from_db()
            if record.rows_new != self.rows - self.rows // BAD or record.rows_failed != self.rows // BAD:
                raise RuntimeError(f"{record.rows_new} rows booked and {record.rows_failed} refused of {self.rows}.")
        self.facts["check"] = f"{checked - start:.1f} s"
        self.facts["booking"] = f"{booked - checked:.1f} s"
        return booked - start

    def record(self) -> Import:
        name = f"{uuid.uuid4().hex}.csv"
        self.stored = folder() / name
        shutil.copyfile(self.file, self.stored)
        record = Import.objects.create(
            kind=imports.KIND, file_name="write_offs.csv", stored_name=name, sha256="", created_by=self.user
        )
        WriteOffFile.objects.create(record=record, encoding="utf-8", delimiter=",", header=[], reason="other")
        return record

    def import_export(self) -> None:
        try:
            import tablib
            from import_export import resources
        except ImportError as error:
            raise MissingPeer("install django-import-export (it is in the dev group: uv sync)") from error
        fields = ("number", "merchant", "product", "uid", "uid_key", "status", "reason", "source")
        meta = type("Meta", (), {"model": WriteOff, "fields": fields, "import_id_fields": ("uid_key",)})
        resource: Any = type("WriteOffs", (resources.ModelResource,), {"Meta": meta})()
        product = Product.objects.order_by("pk").values_list("pk", "merchant_id")[:SAMPLE]
        data = tablib.Dataset(headers=fields)
        for n, (pk, merchant) in enumerate(product):
            data.append((f"B{n}", merchant, pk, f"P{n}", f"P{n}", "written-off", "other", "csv"))
        with undone():
            resource.import_data(data, raise_errors=True)

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        ours = times["checked and booked"]
        copied = times["COPY into a table with one unique index"].seconds
        self.facts["rows a second"] = f"{self.rows / ours.seconds:,.0f}"
        goals = [at_least("speed of COPY", copied / ours.seconds, 0.25)]
        if ours.memory is not None:
            goals.append(at_most("memory", ours.memory, 45, "MB"))
        if peer := times.get("django-import-export"):
            goals.append(at_least("django-import-export to ours", peer.seconds / ours.seconds, 300, needs="M"))
        return goals

    def tear_down(self) -> None:
        self.folder.cleanup()
        if stored := getattr(self, "stored", None):
            stored.unlink(missing_ok=True)
        with connection.cursor() as cursor:
            cursor.execute("drop table if exists bench_writeoff")


@register
class Single(Job):
    name = "P13"
    title = "Single write-offs, one after the other, as the API books them"

    def set_up(self) -> None:
        self.user = User.objects.get(email=EMAIL)
        self.products = list(Product.objects.order_by("pk")[:SINGLE])
        self.many = min(SINGLE, self.scale.products // 50)
        self.facts["write-offs"] = str(self.many)

    def ways(self) -> Sequence[Way]:
        return [Way("ours", self.ours), Way("naive: get, check, create, each saved", self.naive)]

    def ours(self) -> None:
        with undone():
            for n in range(self.many):
                uid = f"S{n}"
                item = Item(position=1, sku=self.products[n].sku, uid=uid, shop_item_id=None)
                (outcome,) = write_offs.write_off([item], source=Source.API, by=self.user)
                if outcome.state != "booked":
                    raise RuntimeError(f"{uid} was not booked: {outcome.error}")

    def naive(self) -> None:
        with undone():
            for n in range(self.many):
                with transaction.atomic():
                    product = Product.objects.select_related("merchant", "category").get(sku=self.products[n].sku)
                    if WriteOff.objects.filter(uid_key=f"N{n}").exists():
                        continue
                    OrderItem.objects.filter(product=product).order_by("-ordered_at").first()
                    WriteOff.objects.create(
                        number=f"N{n}",
                        merchant=product.merchant,
                        product=product,
                        uid=f"N{n}",
                        uid_key=f"N{n}",
                        source=Source.API,
                    )

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        self.facts["ours, a second"] = f"{self.many / times['ours'].seconds:,.0f}"
        return [
            at_least("naive to ours", times["naive: get, check, create, each saved"].seconds / times["ours"].seconds, 1)
        ]
