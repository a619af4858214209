"""P25: what writes cost the primary: processor time, log, waits for the disk; and rows on disk. docs/capacity.md."""

from __future__ import annotations

import os
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from inventory_ops.imports.orders import SPEC as ORDERS
from inventory_ops.models import Merchant, Product, User
from inventory_ops.operations import stock
from inventory_ops.operations.imports import files
from lost_damaged.items import Item
from lost_damaged.models import Source
from lost_damaged.operations import write_offs
from tests.bench.generate import EMAIL
from tests.bench.job import Goal, Job, Timing, Way, register
from tests.bench.write_offs import without_limits

CLIENTS = (1, 4, 16)
WRITES = 320
LINES = 20_000  # of the orders file
PAGES = ("/", "/inventory/", "/inventory/events/", "/action-required/products-without-orders/")
READ = 5  # times each
TICKS = os.sysconf("SC_CLK_TCK")
# Bytes of tables with their indexes. Partitions count with their table.
SIZES = """
select sum(pg_total_relation_size(coalesce(p.relid, t.name::regclass)))::bigint
from unnest(%s::text[]) t(name) left join lateral pg_partition_tree(t.name::regclass) p on p.isleaf
"""
TABLES = {
    "order line": ["inventory_ops_orderitem", "inventory_ops_orderitemkey"],
    "ledger event": ["inventory_ops_inventoryevent"],
    "product": ["inventory_ops_product"],
    "tracker": ["trackers_tracker"],
    "stock balance": ["inventory_ops_stockbalance"],
}
LOG = """
select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint,
       (select sum(fsyncs) from pg_stat_io where object = 'wal')::bigint, (select wal_fpi from pg_stat_wal)
"""
PAGE = 8192


@dataclass(slots=True)
class Spent:
    """What a number of writes cost: seconds of PostgreSQL's and our processors, and what the server says of its log.

    A checkpoint comes before, so each page that is changed stands in the log once as a whole: `pages` counts them.
    """

    log: int = 0  # bytes, without whole pages
    syncs: int = 0  # waits for the disk
    pages: int = 0
    database: float = 0.0
    application: float = 0.0


def processor_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / TICKS


@contextmanager
def backend(spent: Spent, lock: threading.Lock) -> Iterator[None]:
    """Adds what the connection of this thread costs PostgreSQL within the block."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        pid = cursor.fetchone()[0]
    before = processor_seconds(pid)
    yield
    with connection.cursor() as cursor:
        cursor.execute("select pg_stat_force_next_flush()")
    with lock:
        spent.database += processor_seconds(pid) - before


@register
class Costs(Job):
    name = "P25"
    title = "What writes cost the primary, and rows its disk"

    def set_up(self) -> None:
        self.user = User.objects.get(email=EMAIL)
        without_limits()
        self.many = min(WRITES, self.scale.products // 20)
        self.products = list(Product.objects.order_by("-pk")[: self.many])
        self.places = [stock.Place(product, location="MAIN", lot="COSTS") for product in self.products]
        self.folder = tempfile.TemporaryDirectory(prefix="ops-bench-")
        self.spent: dict[str, Spent] = {}
        with connection.cursor() as cursor:
            for name, tables in TABLES.items():
                cursor.execute(SIZES, [tables])
                size = cursor.fetchone()[0]
                cursor.execute(f"select count(*) from {tables[0]}")
                self.facts[f"bytes on disk, {name}"] = f"{size / max(cursor.fetchone()[0], 1):,.0f}"

    def ways(self) -> Sequence[Way]:
        singles = {"adjustments": self.adjust, "write-offs": self.write_off}
        found = [
            Way(f"{what}, {clients} at once", self.measured(what, one, clients))
            for what, one in singles.items()
            for clients in CLIENTS
        ]
        found.append(Way("order lines of a file", self.load, most_rounds=2, warm_up=False))
        found.append(Way("pages", self.read))
        return found

    def measured(self, what: str, one: Callable[[int, str], None], clients: int) -> Callable[[], float]:
        def run() -> float:
            salt, lock = uuid.uuid4().hex[:12], threading.Lock()

            def client(first: int) -> None:
                try:
                    with backend(spent, lock):
                        for n in range(first, self.many, clients):
                            one(n, salt)
                finally:
                    connections.close_all()

            with self.spending(f"{what}, {clients} at once") as spent:
                threads = [threading.Thread(target=client, args=(n,)) for n in range(clients)]
                start = time.perf_counter()
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                return time.perf_counter() - start

        return run

    @contextmanager
    def spending(self, name: str) -> Iterator[Spent]:
        """Notes under a name what the block costs; its connections add what they cost PostgreSQL."""
        spent = Spent()
        self.server("checkpoint")
        before, ours = self.log(), time.process_time()
        yield spent
        spent.application = time.process_time() - ours
        log, spent.syncs, spent.pages = (now - then for now, then in zip(self.log(), before, strict=True))
        spent.log = max(log - spent.pages * PAGE, 0)
        self.spent[name] = spent

    def server(self, statement: str) -> list[tuple[int, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def log(self) -> tuple[int, ...]:
        self.server("select pg_stat_clear_snapshot()")
        return self.server(LOG)[0]

    def adjust(self, n: int, salt: str) -> None:
        """As the API and the page do it, with its event in the audit log."""
        stock.adjust_by(place=self.places[n], quantity=1, details=stock.ChangeDetails(reason="count"), by=self.user)

    def write_off(self, n: int, salt: str) -> None:
        item = Item(position=1, sku=self.products[n].sku, uid=f"C{salt}{n}", shop_item_id=None)
        (outcome,) = write_offs.write_off([item], source=Source.API, by=self.user)
        if outcome.state != "booked":
            raise RuntimeError(f"Not booked: {outcome}")

    def load(self) -> float:
        """New orders of one line each, in a file of its own each time."""
        rows = min(LINES, self.scale.items // 10)
        salt = uuid.uuid4().hex[:8]
        path = Path(self.folder.name) / f"{salt}.csv"
        now = timezone.now().isoformat(timespec="seconds")
        numbers = dict(Merchant.objects.values_list("pk", "vendor_number"))
        with path.open("w") as out:
            out.write("order_number,item_id,status,created_at,sku,vendor_number,quantity,unit_price\n")
            for n in range(rows):
                product = self.products[n % self.many]
                out.write(
                    f"{salt}-{n},{salt}-{n},3,{now},{product.sku},{numbers[product.merchant_id]},1,{product.price}\n"
                )
        with self.spending("order lines of a file") as spent, backend(spent, threading.Lock()):
            start = time.perf_counter()
            (outcome,) = files.load_files([files.File(path, ORDERS, path.name)], now=timezone.now())
            seconds = time.perf_counter() - start
        self.loaded = rows
        if outcome.counts.new != rows:
            raise RuntimeError(f"{rows} rows, {outcome.counts.new} new: {outcome.errors[:3]}")
        return seconds

    def read(self) -> None:
        client = Client(SERVER_NAME="localhost")
        client.force_login(self.user)
        for path in PAGES:  # the first visit compiles
            client.get(path)
        with self.spending("pages") as spent, backend(spent, threading.Lock()):
            for path in PAGES * READ:
                if client.get(path).status_code != 200:
                    raise RuntimeError(path)

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        for name, spent in self.spent.items():
            count = {"pages": len(PAGES) * READ, "order lines of a file": self.loaded}.get(name, self.many)
            self.facts[f"{name}: a second"] = f"{count / times[name].seconds:,.0f}"
            self.facts[f"{name}: µs of PostgreSQL's processor"] = f"{spent.database / count * 1e6:,.0f}"
            self.facts[f"{name}: µs of ours"] = f"{spent.application / count * 1e6:,.0f}"
            self.facts[f"{name}: bytes of log"] = f"{spent.log / count:,.0f}"
            self.facts[f"{name}: changed pages in a hundred"] = f"{spent.pages / count * 100:,.0f}"
            self.facts[f"{name}: waits for the disk in a thousand"] = f"{spent.syncs / count * 1000:,.0f}"
        return []

    def tear_down(self) -> None:
        self.folder.cleanup()
