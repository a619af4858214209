"""Fifty writers whose processes are killed at random: every change is booked once or not at all, and none is lost.

OPS_DRILL_SECONDS lengthens the drill (default 4).
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest
from django.db.models import Sum

from inventory_ops.models import Product, StockBalance
from inventory_ops.models.ledger import EventKind, EventSource
from inventory_ops.operations import ledger, stock, verify
from inventory_ops.operations.ledger import LedgerRefusal, Movement
from inventory_ops.operations.stock import ChangeDetails, Place
from tests import child, make

SECONDS = float(os.environ.get("OPS_DRILL_SECONDS", "4"))
PROCESSES, THREADS, PRODUCTS = 5, 10, 20

WRITER = """
import os, random, sys, threading, uuid
from inventory_ops.models import Product, User
from inventory_ops.operations import stock
from inventory_ops.operations.ledger import LedgerRefusal
from inventory_ops.operations.stock import Place, ChangeDetails

log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
products, by = list(Product.objects.order_by("pk")), User.objects.get()

def write():
    rng = random.Random()
    while True:
        product, quantity, key = rng.choice(products), rng.choice([-4, -1, 1, 2, 3]), uuid.uuid4().hex
        os.write(log, f"intent {key} {product.pk} {quantity}\\n".encode())
        try:
            details = ChangeDetails("correction", key=key)
            stock.adjust_by(place=Place(product), quantity=quantity, details=details, by=by)
        except LedgerRefusal:
            os.write(log, f"refused {key}\\n".encode())
        else:
            os.write(log, f"done {key}\\n".encode())

for _ in range(int(sys.argv[2])):
    threading.Thread(target=write).start()
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_writers_lose_nothing_and_book_nothing_twice(tmp_path: Path) -> None:
    by = make.user("operations")
    merchant = make.merchant()
    products = [make.product(f"P{n}", of=merchant) for n in range(PRODUCTS)]
    ledger.book([Movement(each.pk, EventKind.RECEIVED, 100) for each in products], source=EventSource.CSV)

    running: list[child.Process] = []
    logs: list[Path] = []

    def start() -> None:
        logs.append(tmp_path / f"{len(logs)}.log")
        running.append(child.start(WRITER, str(logs[-1]), str(THREADS)))

    rng, kills = random.Random(5), 0
    try:
        for _ in range(PROCESSES):
            start()
        while any(not (log.exists() and log.stat().st_size) for log in logs):
            time.sleep(0.05)
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            time.sleep(rng.uniform(0.2, 0.8))
            victim = running.pop(rng.randrange(len(running)))
            victim.kill()
            victim.join()
            kills += 1
            start()
    finally:
        for process in running:
            process.kill()
            process.join()

    intents: dict[str, tuple[int, int]] = {}
    ended: dict[str, str] = {}
    for log in logs:
        for line in log.read_text().splitlines() if log.exists() else []:
            match line.split():
                case ["intent", key, product, quantity]:
                    intents[key] = (int(product), int(quantity))
                case [outcome, key]:
                    ended[key] = outcome
    by_id = Product.objects.in_bulk()
    unknown = intents.keys() - ended.keys()
    for key in unknown:  # what a killed writer's client does: it sends the same form again
        product, quantity = intents[key]
        try:
            stock.adjust_by(
                place=Place(by_id[product]), quantity=quantity, details=ChangeDetails("correction", key=key), by=by
            )
        except LedgerRefusal:
            ended[key] = "refused"
    assert kills and unknown and len(ended) > 100
    assert {outcome.name: outcome.differences for outcome in verify.run() if outcome.differences} == {}
    expected = {each.pk: 100 for each in products}
    for key, (product, quantity) in intents.items():
        expected[product] += quantity if ended.get(key) != "refused" else 0
    found = StockBalance.objects.values_list("product_id").annotate(total=Sum("on_hand"))
    assert dict(found.order_by()) == expected
