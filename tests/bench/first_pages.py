"""P23: the first page of a web process, after a start and after a deploy."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from statistics import median

from django.urls import reverse

from inventory_ops.kit.reports import registry
from inventory_ops.models import Order, Product
from tests.bench.crowd import Address, Crowd
from tests.bench.job import Goal, Timing, Way, at_most, register
from tests.bench.ready import READY

START, DEPLOY = "after a start", "after a deploy"
WARM = 20  # requests after the first, whose median it is compared with
LONGEST = 90.0  # seconds until a process is ready


def addresses() -> dict[str, Address]:
    """A list, a report with findings, the ledger, the Overview, single records and a form."""
    product, order = Product.objects.order_by("pk")[0], Order.objects.order_by("pk")[0]
    return {
        "a list": (registry.get("products-without-orders").url, {}),
        "the Overview": (reverse("overview"), {}),
        "the ledger": (registry.get("events-ledger").url, {}),
        "a product": (reverse("product", args=[product.pk]), {}),
        "an order": (order.get_absolute_url(), {}),
        "a form": (reverse("tracker-new"), {}),
        "the search": (f"{reverse('search')}?q=kettle", {"HX-Request": "true"}),
    }


@register
class FirstOfProcess(Crowd):
    name = "P23"
    title = "First page of a new web process, against a warm one of the same"
    options = ("--workers", "1", "--max-requests", "0", "--config", "python:tests.bench.ready")

    def set_up(self) -> None:
        found = addresses()
        self.named = dict(list(found.items())[:1]) if self.scale.name == "XS" else found
        self.sign_in(list(self.named.values()))
        self.warm: dict[str, list[float]] = {}

    def tear_down(self) -> None:
        """Each way stops the server that it started."""

    def ways(self) -> Sequence[Way]:
        return [
            Way(f"{name}, {when}", partial(self.first, name, when), warm_up=False, most_rounds=5)
            for when in (START, DEPLOY)
            for name in self.named
        ]

    def first(self, name: str, when: str) -> float:
        """Seconds of the first page, of a process that did nothing before it. After a deploy nothing is compiled:
        neither our modules nor those of packages have bytecode. Connections are not open in either case."""
        with tempfile.TemporaryDirectory(prefix="ops-bench-") as empty:
            self.start(PYTHONUNBUFFERED="1", **({"PYTHONPYCACHEPREFIX": empty} if when == DEPLOY else {}))
            try:
                self.until_ready()
                with closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as link:
                    seconds = self.get(link, self.named[name])
                    warm = [self.get(link, self.named[name]) for _request in range(WARM)]
            finally:
                self.stop()
        self.warm.setdefault(f"{name}, {when}", []).append(median(warm))
        return seconds

    def until_ready(self) -> None:
        until = time.monotonic() + LONGEST
        while time.monotonic() < until and self.server.poll() is None:
            if READY in os.pread(self.said.fileno(), 1_000_000, 0).decode():  # the server writes on where it was
                return
            time.sleep(0.05)
        raise RuntimeError("The web server did not start.")

    def goals(self, times: Mapping[str, Timing]) -> Sequence[Goal]:
        goals = []
        for name, warm in self.warm.items():
            self.facts[f"{name}: a warm one"] = f"{median(warm) * 1000:.1f} ms"
            goals.append(at_most(f"{name}: first to a warm one", times[name].seconds / median(warm), 2))
        return goals
